"""Benchmarks: what is measured, how it is scored, and how a report reads."""
