"""See docs/architecture.md for what pipeline holds."""
