"""The dashboards: one module a board, a list of what it shows."""
