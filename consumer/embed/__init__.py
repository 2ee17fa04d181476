"""See docs/architecture.md for what embed holds."""
