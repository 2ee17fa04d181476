"""Shipped fakes, a test language whose right graph is known, and an OpenAI-compatible simulator.

`fakes` stands in for the ports, `grammar` generates logs and says what graph they must become, `episodes` makes
episodes of events, `simulator` (extra `bench`) is the model provider. Nothing of the product imports this package.
"""
