"""Models behind an OpenAI-compatible endpoint: chat and embeddings; the only package that touches openai.

Importing `chat`, `embeddings` or `faults` loads the openai package, which takes a second or two: a composition root
that may not need them imports them late. `exchange` is the interface alone.
"""
