"""See docs/architecture.md for what app holds."""
