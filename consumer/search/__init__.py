"""See docs/architecture.md for what search holds."""
