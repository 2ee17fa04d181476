"""Building a group's communities: read, divide, tell, embed, write.

Dividing and telling run in a thread, so that an event loop is never held. A group that is written meanwhile is no
matter; one that loses something meanwhile is read anew (`consumer.graph.communities`).
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import TYPE_CHECKING

from consumer.clock import Clock, SystemClock
from consumer.communities.detect import Rules
from consumer.communities.planning import Before, Division, Draft, draft
from consumer.communities.telling import TELLER, Telling, text_print, told
from consumer.errors import EpisodeFault, UserError
from consumer.graph.communities import CommunityState, GroupCommunities, Outcome
from consumer.model.community import Build, Community, Prints, Wanted
from consumer.model.episode import Vector
from consumer.ports import Embedder
from consumer.settings import CommunitySettings

if TYPE_CHECKING:
    from consumer.communities.chat import ChatTeller, Forecast
    from consumer.graph import Database

ATTEMPTS = 5
"""How often a group that loses something during a build is read anew."""
EMBEDDED_AT_ONCE = 200
UNANSWERED = "unanswered"


class Step(StrEnum):
    """What a build is doing."""

    READ = "reading"
    DIVIDE = "dividing"
    TELL = "telling"
    EMBED = "embedding"
    WRITE = "writing"


Progress = Callable[[str, Step, int, int], None]
"""Hears group, step, how much of it is done, of how much (0: not known)."""


@dataclass(frozen=True, slots=True)
class GroupReport:
    """What a build did to one group. `divided`: entities that were divided anew; `seconds` by step."""

    group_id: str
    outcome: str
    communities: int = 0
    members: int = 0
    entities: int = 0
    facts: int = 0
    divided: int = 0
    told: int = 0
    embedded: int = 0
    without_vector: int = 0
    unanswered: int = 0
    attempts: int = 1
    seconds: Mapping[str, float] = field(default_factory=dict)


@dataclass(slots=True)
class _Run:
    """One attempt on one group, as far as it has come."""

    group_id: str
    state: CommunityState
    division: Division
    facts: int
    tellings: dict[str, Telling] = field(default_factory=dict)
    prints: dict[str, Prints] = field(default_factory=dict)
    vectors: dict[str, Vector | None] = field(default_factory=dict)
    told: int = 0
    unanswered: int = 0


class CommunityBuilder:
    """Builds the communities of groups, one group after the other."""

    def __init__(
        self,
        database: Database,
        settings: CommunitySettings,
        embedder_of: Callable[[str], Embedder | None],
        teller: ChatTeller | None = None,
        *,
        on_progress: Progress = lambda _group, _step, _done, _of: None,
        clock: Clock | None = None,
    ) -> None:
        """Take the database, who embeds in the space of a model, and a chat model if that is to tell; all stay open."""
        self._database = database
        self._settings = settings
        self._rules = rules_of(settings)
        self._embedder_of = embedder_of
        self._teller = teller
        self._on_progress = on_progress
        self._clock = clock or SystemClock()

    @property
    def rules(self) -> str:
        """What communities are built by: how they are divided and who tells them."""
        return f"{self._rules.name} {self._teller.name if self._teller else TELLER}"

    async def build(self, group_id: str, *, full: bool = False) -> GroupReport:
        """Return when the group's communities are those of its facts. Cancelled, it leaves the old ones or the new.

        Without `full` a group that has not changed is left alone, and of one that has, what is not touched.

        Raises:
            UserError: the group is too large, Leiden is not there, or the group loses something at every attempt.
            WorldFault: the database, the embedder or the chat model is down; the same call again is safe.
        """
        graph = GroupCommunities(self._database, group_id)
        for attempt in range(1, ATTEMPTS + 1):
            seconds: dict[str, float] = {}
            state = await graph.state()
            if not full and state.is_current(self.rules):
                return _report(group_id, Outcome.SAME, state.stored.communities.values())
            run = await self._divide(graph, group_id, state, seconds, full=full)
            if not run.division.drafts and not state.stored.communities:
                return GroupReport(group_id, Outcome.SAME, entities=run.division.entities, facts=run.facts)
            with self._timed(seconds, Step.TELL):
                await self._tell(graph, run, full=full)
            with self._timed(seconds, Step.EMBED):
                await self._embed(run)
            self._on_progress(group_id, Step.WRITE, 0, 0)
            with self._timed(seconds, Step.WRITE):
                wanted = self._wanted(run)
                outcome = await graph.write(wanted)
            if outcome is not Outcome.MOVED_ON:
                return replace(
                    _report(group_id, outcome, wanted.communities),
                    entities=run.division.entities,
                    facts=run.facts,
                    divided=run.division.divided,
                    told=run.told,
                    embedded=sum(vector is not None for vector in run.vectors.values()),
                    without_vector=sum(vector is None for vector in run.vectors.values()),
                    unanswered=run.unanswered,
                    attempts=attempt,
                    seconds=seconds,
                )
        raise UserError(
            f"group {group_id!r} lost something at each of {ATTEMPTS} attempts: run the same command again when its "
            "removals are over"
        )

    async def forecast(self, group_ids: Sequence[str], *, full: bool = False) -> tuple[int, Forecast]:
        """Return how many communities a chat model would be asked about, and what that takes; changes nothing.

        Raises:
            UserError, WorldFault: as of `build`.
        """
        from consumer.communities.chat import Question, forecast  # noqa: PLC0415 - only where a model is asked

        questions: list[Question] = []
        for group_id in group_ids:
            graph = GroupCommunities(self._database, group_id)
            state = await graph.state()
            if full or not state.is_current(self.rules):
                run = await self._divide(graph, group_id, state, {}, full=full)
                sentences = await graph.sentences(_quoted(run.division.drafts))
                open_drafts = await asyncio.to_thread(self._open, run, sentences, full=full)
                questions += [Question(each.material, sentences) for each in open_drafts]
        return len(questions), await asyncio.to_thread(forecast, questions)

    async def _divide(
        self, graph: GroupCommunities, group_id: str, state: CommunityState, seconds: dict[str, float], *, full: bool
    ) -> _Run:
        self._on_progress(group_id, Step.READ, 0, 0)
        with self._timed(seconds, Step.READ):
            found = await graph.graph(self._settings.max_facts)
        if len(found.facts) > self._settings.max_facts:
            raise UserError(
                f"group {group_id!r} has more than {self._settings.max_facts} current facts: raise "
                "EPISODES_COMMUNITIES__MAX_FACTS where there is memory for it"
            )
        self._on_progress(group_id, Step.DIVIDE, 0, len(found.facts))
        before = None
        if not full and state.build is not None and state.build.rules.split(" ")[0] == self._rules.name:
            before = Before(tuple(state.stored.communities.values()), state.build.prints)
        with self._timed(seconds, Step.DIVIDE):
            division = await asyncio.to_thread(draft, group_id, found, self._rules, before)
        return _Run(group_id, state, division, len(found.facts))

    async def _tell(self, graph: GroupCommunities, run: _Run, *, full: bool) -> None:
        """Give each draft a name and a summary: what stands where it is told of the same, by rule, or by the model."""
        sentences = await graph.sentences(_quoted(run.division.drafts))
        open_drafts = await asyncio.to_thread(self._open, run, sentences, full=full)
        run.told = len(open_drafts)
        self._on_progress(run.group_id, Step.TELL, 0, len(open_drafts))
        answers: list[Telling | None] = [None] * len(open_drafts)
        if self._teller is not None and open_drafts:
            from consumer.communities.chat import Question  # noqa: PLC0415 - only where a model is asked

            answers = await self._teller.tell(
                [Question(each.material, sentences) for each in open_drafts],
                lambda done: self._on_progress(run.group_id, Step.TELL, done, len(open_drafts)),
            )
        is_asked = self._teller is not None
        await asyncio.to_thread(_by_rule, run, open_drafts, answers, sentences, is_asked=is_asked)

    def _open(self, run: _Run, sentences: Mapping[str, str], *, full: bool) -> list[Draft]:
        """Return the drafts that must be told anew; the others are given what stands."""
        teller = self._teller.name if self._teller else TELLER
        build, stored = run.state.build, run.state.stored.communities
        found = []
        for each in run.division.drafts:
            text = text_print(each.material, sentences, teller)
            run.prints[each.uuid] = Prints(each.shape, text)
            known = build.prints.get(each.uuid) if build is not None and not full else None
            if known is not None and known.text == text and each.uuid in stored:
                run.tellings[each.uuid] = Telling(stored[each.uuid].name, stored[each.uuid].summary)
            else:
                found.append(each)
        return found

    async def _embed(self, run: _Run) -> None:
        """Make vectors of names that have none, in the space of the group's own model."""
        model, stored = run.state.model, run.state.stored
        names = {
            telling.name
            for uuid, telling in run.tellings.items()
            if uuid not in stored.with_vector or stored.communities[uuid].name != telling.name
        }
        embedder = self._embedder_of(model) if model is not None and names else None
        run.vectors = dict.fromkeys(sorted(names))
        if embedder is None:
            return
        texts = sorted(names)
        for start in range(0, len(texts), EMBEDDED_AT_ONCE):
            self._on_progress(run.group_id, Step.EMBED, start, len(texts))
            run.vectors |= await _embedded(embedder, texts[start : start + EMBEDDED_AT_ONCE])

    def _wanted(self, run: _Run) -> Wanted:
        communities = tuple(
            Community(
                each.uuid,
                each.level,
                run.tellings[each.uuid].name,
                run.tellings[each.uuid].summary,
                each.material.told_ms,
                each.members,
            )
            for each in run.division.drafts
        )
        rules = f"{self.rules} {UNANSWERED}" if run.unanswered else self.rules
        build = Build(run.state.version, rules, run.prints)
        return Wanted(communities, build, run.state.model, run.vectors)

    @contextmanager
    def _timed(self, seconds: dict[str, float], step: Step) -> Iterator[None]:
        since = self._clock.monotonic()
        yield
        seconds[step] = self._clock.monotonic() - since


def rules_of(settings: CommunitySettings) -> Rules:
    """Return the rules by which the settings want groups divided."""
    return Rules(
        settings.resolution, settings.min_size, settings.levels, settings.seed, settings.rounds, settings.sweeps
    )


def _by_rule(
    run: _Run,
    drafts: Sequence[Draft],
    answers: Sequence[Telling | None],
    sentences: Mapping[str, str],
    *,
    is_asked: bool,
) -> None:
    """Take the answers; where there is none, tell by rule."""
    for each, answer in zip(drafts, answers, strict=True):
        run.tellings[each.uuid] = answer or told(each.material, sentences)
        if is_asked and answer is None:  # the next build asks again
            run.prints[each.uuid] = Prints(each.shape, UNANSWERED)
            run.unanswered += 1


def _quoted(drafts: Iterable[Draft]) -> list[str]:
    return sorted({uuid for each in drafts for uuid in each.material.facts})


def _report(group_id: str, outcome: Outcome, communities: Iterable[Community]) -> GroupReport:
    found = list(communities)
    return GroupReport(group_id, outcome, len(found), sum(len(each.members) for each in found if each.level == 0))


async def _embedded(embedder: Embedder, texts: Sequence[str]) -> dict[str, Vector | None]:
    """Return the vector of each text; None where the model gives none."""
    try:
        rows = await embedder.embed(list(texts))
    except EpisodeFault:
        if len(texts) == 1:
            return {texts[0]: None}
        found: dict[str, Vector | None] = {}
        for text in texts:
            found |= await _embedded(embedder, [text])
        return found
    return {text: row if row.any() else None for text, row in zip(texts, rows, strict=True)}
