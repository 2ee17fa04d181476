"""What the process's model calls used so far, for `/statz`: kept also while no metrics are.

One holder for the process, as for the instruments: whoever has an account of a model adds to it.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass


@dataclass(slots=True)
class ModelUse:
    """Totals since the start. LLM tokens; cached ones are part of input. Calls without a price cost nothing here."""

    calls: int = 0
    input_tokens: int = 0
    cached_tokens: int = 0
    output_tokens: int = 0
    cost_usd: float = 0.0
    unpriced_calls: int = 0

    def add(self, input_tokens: int, cached_tokens: int, output_tokens: int, cost_usd: float | None) -> None:
        """Count one call; `cost_usd` is None when nobody knows its price."""
        self.calls += 1
        self.input_tokens += input_tokens
        self.cached_tokens += cached_tokens
        self.output_tokens += output_tokens
        if cost_usd is None:
            self.unpriced_calls += 1
        else:
            self.cost_usd += cost_usd


_USE: dict[str, ModelUse] = {}


def use_of(operation: str) -> ModelUse:
    """Return the totals of an operation (chat, embeddings), to be added to."""
    return _USE.setdefault(operation, ModelUse())


def model_use() -> dict[str, dict[str, float]]:
    """Return the totals by operation, ready for JSON."""
    return {operation: asdict(use) for operation, use in sorted(_USE.items())}
