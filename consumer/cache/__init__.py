"""See docs/architecture.md for what cache holds."""
