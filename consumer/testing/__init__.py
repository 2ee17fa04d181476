"""See docs/architecture.md for what testing holds."""
