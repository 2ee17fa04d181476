"""See docs/architecture.md for what telemetry holds."""
