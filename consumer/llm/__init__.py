"""See docs/architecture.md for what llm holds."""
