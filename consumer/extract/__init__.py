"""Extractors: `openai` (any OpenAI-compatible endpoint) and `local` (no key), with the prompts and the answer format.

Importing this package loads no engine; each engine is a module of its own.
"""
