"""See docs/architecture.md for what stack holds."""
