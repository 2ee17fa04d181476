"""An OpenAI-compatible provider on loopback, with latency, faults and limits on demand.

Answers chat completions by the test grammar and embeddings by hashed words, so that the whole product runs without
a model and its right graph is known; graphiti-core's questions too, for comparison. In process:
`async with Simulator(Profile(...)) as sim: sim.base_url`. As a process of its own:
`python -m consumer.testing.simulator --port 0 --latency-ms 20 --json`; it prints its address and ends when its
standard input closes or on SIGTERM. Its behaviour can be changed while it runs: `sim.profile = …` or
`PUT /admin/profile` with the fields to change.
"""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Self

from aiohttp import web

from consumer.clock import Clock, SystemClock
from consumer.testing.sentences import parse
from consumer.testing.simulator_answers import Book, answer_for, completion, prompt_chars, questions_in
from consumer.testing.simulator_embeddings import embeddings
from consumer.testing.simulator_graphiti import graphiti_answer
from consumer.testing.simulator_profile import Decision, Fault, Profile, RateWindow
from consumer.testing.simulator_wire import error, json_of, respond

HOST = "127.0.0.1"
MODELS = ("sim-chat", "sim-embedding")
_MAX_BODY_BYTES = 64_000_000
_MAX_INPUTS = 2_048


@dataclass(slots=True)
class Stats:
    """What the simulator has seen since it started, or since `reset`.

    `chat_latency_s`: seconds from the head of each question to its answer, sending not counted, as a provider would
    tell them: the waiting that the profile says, and the simulator's own work.
    """

    chat_calls: int = 0
    chat_questions: int = 0
    embedding_calls: int = 0
    embedded_texts: int = 0
    prompt_chars: int = 0
    answer_chars: int = 0
    chat_latency_s: float = 0.0
    in_flight: int = 0
    max_concurrency: int = 0
    faults: Counter[str] = field(default_factory=Counter)

    def as_dict(self) -> dict[str, Any]:
        """Return the figures as plain JSON values."""
        return {
            "chat_calls": self.chat_calls,
            "chat_questions": self.chat_questions,
            "embedding_calls": self.embedding_calls,
            "embedded_texts": self.embedded_texts,
            "prompt_chars": self.prompt_chars,
            "answer_chars": self.answer_chars,
            "chat_latency_s": self.chat_latency_s,
            "in_flight": self.in_flight,
            "max_concurrency": self.max_concurrency,
            "faults": dict(self.faults),
        }


class _CutError(Exception):
    """The call ends with an error response instead of an answer."""

    def __init__(self, response: web.Response) -> None:
        super().__init__(str(response.status))
        self.response = response


class Simulator:
    """The provider as an async context manager. Reachable on 127.0.0.1 only."""

    def __init__(
        self, profile: Profile | None = None, *, port: int = 0, clock: Clock | None = None, book: Book = parse
    ) -> None:
        """Store the behaviour, and who reads contents; `port` 0 takes a free one. Nothing is started."""
        self._profile = profile or Profile()
        self._book = book
        self.stats = Stats()
        self._port = port
        self._clock = clock or SystemClock()
        self._window = RateWindow(self._profile.requests_per_min, self._profile.window_s)
        self._asked: Counter[str] = Counter()
        self._runner: web.AppRunner | None = None
        self._closing = asyncio.Event()

    @property
    def profile(self) -> Profile:
        """How it behaves; another profile holds from the next call on."""
        return self._profile

    @profile.setter
    def profile(self, profile: Profile) -> None:
        before = self._profile
        if (profile.requests_per_min, profile.window_s) != (before.requests_per_min, before.window_s):
            self._window = RateWindow(profile.requests_per_min, profile.window_s)
        self._profile = profile

    @property
    def base_url(self) -> str:
        """The address to give to a client, with `/v1`."""
        return f"http://{HOST}:{self._port}/v1"

    async def __aenter__(self) -> Self:
        """Listen; `base_url` is valid from now on."""
        app = web.Application(client_max_size=_MAX_BODY_BYTES)
        app.add_routes(
            [
                web.post("/v1/chat/completions", self._chat),
                web.post("/v1/embeddings", self._embeddings),
                web.get("/v1/models", self._models),
                web.get("/stats", self._stats),
                web.post("/stats/reset", self._reset),
                web.get("/admin/profile", self._tell_profile),
                web.put("/admin/profile", self._change_profile),
                web.get("/admin/stats", self._stats),
            ]
        )
        # A caller that gives up ends its call here too: what hangs does not pile up.
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.5, handler_cancellation=True)
        await self._runner.setup()
        site = web.TCPSite(self._runner, HOST, self._port)
        await site.start()
        self._port = int(self._runner.addresses[0][1])
        return self

    async def __aexit__(self, *exc_info: object) -> None:
        """Stop listening; calls that hang are let go."""
        self._closing.set()
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    async def _chat(self, request: web.Request) -> web.StreamResponse:
        began = self._clock.monotonic()
        body = await json_of(request)
        messages = body.get("messages")
        if not isinstance(messages, list) or not messages:
            return error(400, "messages must be a non-empty list", "invalid_request_error", param="messages")
        self.stats.chat_calls += 1
        self.stats.chat_questions += questions_in(messages)
        chars = prompt_chars(messages)
        self.stats.prompt_chars += chars
        asked = json.dumps(messages, sort_keys=True)
        try:
            decision = await self._behave("chat", asked)
        except _CutError as cut:
            self.stats.chat_latency_s += self._clock.monotonic() - began
            return cut.response
        answer = graphiti_answer(body) or answer_for(messages, decision.fault, self._book)
        self.stats.answer_chars += len(answer)
        model = str(body.get("model", MODELS[0]))
        payload = completion(model, answer, chars, decision.fault, self.stats.chat_calls)
        self.stats.chat_latency_s += self._clock.monotonic() - began
        return await self._respond(request, payload, decision)

    async def _embeddings(self, request: web.Request) -> web.StreamResponse:
        body = await json_of(request)
        given = body.get("input")
        texts = [given] if isinstance(given, str) else given
        if not isinstance(texts, list) or not texts or len(texts) > _MAX_INPUTS or not all(texts):
            return error(400, "input must be 1 to 2048 non-empty strings", "invalid_request_error", param="input")
        self.stats.embedding_calls += 1
        self.stats.embedded_texts += len(texts)
        try:
            decision = await self._behave("embeddings", json.dumps(texts))
        except _CutError as cut:
            return cut.response
        payload = embeddings(
            str(body.get("model", MODELS[1])),
            [str(text) for text in texts],
            int(body.get("dimensions") or self.profile.dimension),
            self.profile,
            decision,
            as_base64=body.get("encoding_format") == "base64",
        )
        return await self._respond(request, payload, decision)

    async def _respond(self, request: web.Request, payload: dict[str, Any], decision: Decision) -> web.StreamResponse:
        return await respond(
            request, payload, decision, self.profile, headers=self._limit_headers(), closing=self._closing
        )

    async def _behave(self, kind: Any, asked: str) -> Decision:
        """Wait and fail as the profile says.

        Raises:
            _CutError: with the response that takes the answer's place.
        """
        wait_s = self._window.admit(self._clock.monotonic())
        if wait_s is not None:
            self.stats.faults["rate-limit"] += 1
            raise _CutError(self._throttled(wait_s))
        before = self._asked[asked]
        self._asked[asked] += 1
        decision = self.profile.decide(kind, asked, before)
        if decision.fault is not Fault.NONE:
            self.stats.faults[decision.fault.value] += 1
        self.stats.in_flight += 1
        self.stats.max_concurrency = max(self.stats.max_concurrency, self.stats.in_flight)
        try:
            if decision.fault is Fault.TIMEOUT:
                await self._closing.wait()
                raise _CutError(error(503, "closing", "server_error"))
            if decision.latency_s > 0:
                await self._clock.sleep(decision.latency_s)
        finally:
            self.stats.in_flight -= 1
        if decision.fault is Fault.THROTTLED:
            raise _CutError(self._throttled(self.profile.retry_after_s))
        if decision.fault is Fault.SERVER_ERROR:
            raise _CutError(error(500, "simulated server error", "server_error"))
        return decision

    def _throttled(self, wait_s: float) -> web.Response:
        headers = {**self._limit_headers(), "Retry-After": f"{wait_s:g}"}
        return error(429, "rate limit reached", "requests", code="rate_limit_exceeded", headers=headers)

    def _limit_headers(self) -> dict[str, str]:
        limit = self._window.limit or 10_000
        return {
            "x-ratelimit-limit-requests": str(limit),
            "x-ratelimit-remaining-requests": str(self._window.remaining),
            "x-ratelimit-reset-requests": f"{self._window.reset_s(self._clock.monotonic()):.3f}s",
            "x-ratelimit-limit-tokens": "10000000",
            "x-ratelimit-remaining-tokens": "10000000",
            "x-ratelimit-reset-tokens": "0s",
        }

    async def _models(self, _: web.Request) -> web.Response:
        data = [{"id": model, "object": "model", "created": 0, "owned_by": "simulator"} for model in MODELS]
        return web.json_response({"object": "list", "data": data})

    async def _stats(self, _: web.Request) -> web.Response:
        return web.json_response(self.stats.as_dict())

    async def _tell_profile(self, _: web.Request) -> web.Response:
        return web.json_response(asdict(self.profile))

    async def _change_profile(self, request: web.Request) -> web.Response:
        """Change the named fields of the profile from the next call on."""
        try:
            self.profile = replace(self.profile, **await json_of(request))
        except TypeError as wrong:
            return error(400, f"no field of a profile: {wrong}", "invalid_request_error")
        return await self._tell_profile(request)

    async def _reset(self, _: web.Request) -> web.Response:
        """Begin to count again, and forget what was asked before."""
        self.stats, self._asked = Stats(in_flight=self.stats.in_flight), Counter()
        return web.json_response({})


if __name__ == "__main__":
    from consumer.testing.simulator_process import main

    main()
