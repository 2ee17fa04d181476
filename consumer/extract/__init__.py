"""See docs/architecture.md for what extract holds."""
