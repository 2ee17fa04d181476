"""See docs/architecture.md for what cli holds."""
