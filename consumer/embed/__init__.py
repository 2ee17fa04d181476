"""Embedders: `openai` (any OpenAI-compatible endpoint), `local` (no key), and the cache that wraps either.

Importing this package loads no engine; each engine is a module of its own.
"""
