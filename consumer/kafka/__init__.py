"""See docs/architecture.md for what kafka holds."""
