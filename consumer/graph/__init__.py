"""See docs/architecture.md for what graph holds."""
