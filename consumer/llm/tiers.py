"""The models by tier: what each has of its own, and what tells of a question which tier it was put to.

`consumer.llm.routing` decides; `consumer.app.build_models` builds.
"""

from __future__ import annotations

from dataclasses import replace

from consumer.llm.exchange import ChatAnswer, ChatModel, ChatRequest
from consumer.llm.wrapped import WrappedChat
from consumer.settings import LlmSettings, Tier
from consumer.telemetry import names
from consumer.telemetry.calls import count
from consumer.telemetry.labels import labelled

_MAY_BE_NONE = frozenset({"temperature", "reasoning_effort"})
"""Where null says something: it is left out of the request. Elsewhere it says what leaving it out does."""


def tier_settings(settings: LlmSettings, tier: Tier) -> LlmSettings:
    """Return the settings of the models of `tier`: those of the section, and what the tier has of its own."""
    own = settings.tiers.get(tier)
    if own is None:
        return settings
    told = own.model_dump(exclude_unset=True).items()
    return settings.model_copy(
        update={name: value for name, value in told if value is not None or name in _MAY_BE_NONE}
    )


class TierChat(WrappedChat):
    """Wraps the model of a tier, which other tiers may share, and is one.

    A limit of output tokens is told in proportion: who asks for twice as many as the section has gets twice as many
    as the tier has.
    """

    def __init__(self, chat: ChatModel, tier: Tier, settings: LlmSettings) -> None:
        """Take the model; closing it twice has to be harmless."""
        super().__init__(chat)
        self._tier = tier
        self._output_share = tier_settings(settings, tier).max_output_tokens / settings.max_output_tokens

    async def complete(self, request: ChatRequest) -> ChatAnswer:
        """Return the model's answer; the question is counted, and its call's span says the tier.

        Raises:
            EpisodeFault: see `ChatModel.complete`.
            WorldFault: see `ChatModel.complete`.
            UserError: see `ChatModel.complete`.
        """
        if request.max_output_tokens is not None and self._output_share != 1:
            share = max(1, round(request.max_output_tokens * self._output_share))
            request = replace(request, max_output_tokens=share)
        count(names.LLM_ROUTED, {names.LLM_TIER: self._tier.value})
        with labelled({names.LLM_TIER: self._tier.value}):
            return await self._inner.complete(request)
