"""What the simulated model says to graphiti-core: the grammar's reading of each of its prompts, release 0.31. Pure.

A question is recognised by the name of the schema that it wants its answer in, and answered from the text inside, so
that its graph can become the one that the grammar says. Where its rules leave a choice, the answer is the one that
lets it come nearest to that:

S1 an end has no way into its invalidation rule, which wants a start on both sides; so it is told as a fact of its own
   (`NO_LONGER_…`, starting on the day of the end) that contradicts the fact it ends
S2 every rival is named as contradicted, whichever is the later one: which of two facts yields, its dates decide
S3 of several duplicates the one with the latest start comes first, since it takes the first

Its own evaluation prompts (`eval.…`) are not answered.
"""

from __future__ import annotations

import ast
import json
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from consumer.model.instants import EPOCH, iso
from consumer.model.knowledge import Assertion, Exclusive, Polarity
from consumer.testing.sentences import MARRIED_TO, parse

ENDED = "NO_LONGER_"
"""How the relation of a fact begins that tells the end of another (S1)."""

_SUMMARY_CHARS = 900
_ATTRIBUTES = "attribute extraction specialist"


def graphiti_answer(body: Mapping[str, Any]) -> str | None:
    """Return the answer to the chat request of graphiti-core `body`; None when it is none."""
    wanted = (body.get("response_format") or {}).get("json_schema") or {}
    messages = body.get("messages") or [{}]
    user = str(messages[-1].get("content", ""))
    answer = _ANSWERS.get(str(wanted.get("name")))
    if answer is not None:
        return json.dumps(answer(user), ensure_ascii=False)
    if _ATTRIBUTES in str(messages[0].get("content", "")):
        # Its user's own types have fields that the language knows nothing of.
        return json.dumps(dict.fromkeys((wanted.get("schema") or {}).get("properties", {})))
    return None


def _entities(prompt: str) -> dict[str, Any]:
    """Return the names in a message, a text or a record."""
    content, source = next(
        (found, source)
        for tag, source in (("CURRENT MESSAGE", "message"), ("TEXT", "text"), ("JSON", "json"))
        if (found := _section(prompt, tag)) is not None
    )
    return {"extracted_entities": _names(content, source)}


def _edges(prompt: str) -> dict[str, Any]:
    content = _section(prompt, "CURRENT_MESSAGE") or ""
    reference = datetime.fromisoformat((_section(prompt, "REFERENCE_TIME") or "").split("#")[0].strip())
    return {"edges": [_edge(said) | _dates(said, reference) for said in parse(content, reference).assertions]}


def _names_and_edges(prompt: str) -> dict[str, Any]:
    """Return names and facts of one episode without dates, which are asked for apart."""
    content = _section(prompt, "CURRENT MESSAGES") or ""
    return {
        "extracted_entities": _names(content, None),
        "edges": [_edge(said) for said in parse(content, EPOCH).assertions],
    }


def _timestamps(prompt: str) -> dict[str, str | None]:
    return _dates_of(_section(prompt, "FACT") or "", _section(prompt, "REFERENCE TIME") or "")


def _timestamps_batch(prompt: str) -> dict[str, Any]:
    facts = json.loads(_section(prompt, "FACTS") or "[]")
    return {"timestamps": [_dates_of(each["fact"], each["reference_time"]) for each in facts]}


def _node_resolutions(prompt: str) -> dict[str, Any]:
    existing = json.loads(_section(prompt, "EXISTING ENTITIES") or "[]")
    asked = json.loads(_section(prompt, "ENTITIES") or "[]")
    return {"entity_resolutions": [_resolved(each["id"], each["name"], existing) for each in asked]}


def _node_resolution(prompt: str) -> dict[str, Any]:
    existing = json.loads(_section(prompt, "EXISTING ENTITIES") or "[]")
    return _resolved(0, json.loads(_section(prompt, "NEW ENTITY") or "{}")["name"], existing)


def _edge_resolution(prompt: str) -> dict[str, list[int]]:
    """Return which facts say the same and which cannot be true beside the new one; facts are known by their words."""
    new = _fact(_section(prompt, "NEW FACT") or "")
    existing = [(each["idx"], _fact(each["fact"])) for each in _literal(prompt, "EXISTING FACTS")]
    others = [(each["idx"], _fact(each["fact"])) for each in _literal(prompt, "FACT INVALIDATION CANDIDATES")]
    if new is None:
        return {"duplicate_facts": [], "contradicted_facts": []}
    same = [(number, said) for number, said in existing if said is not None and _is_same(said, new)]
    same.sort(key=lambda each: _start(each[1]) or EPOCH, reverse=True)
    contradicted = [number for number, said in existing + others if said is not None and _contradict(said, new)]
    return {"duplicate_facts": [number for number, _ in same], "contradicted_facts": contradicted}


def _entity_summaries(prompt: str) -> dict[str, Any]:
    """Return of each entity what is known and what the messages say of it, if anything."""
    told = _section(prompt, "MESSAGES") or _section(prompt, "EPISODES") or ""
    texts = [text for line in told.splitlines() for text in _texts(json.loads(line))]
    sentences = list(dict.fromkeys(f"{one}." for text in texts for one in text.rstrip(".").split(". ")))
    summaries = []
    for each in json.loads(_section(prompt, "ENTITIES") or "[]"):
        said = " ".join([each.get("summary") or "", *(one for one in sentences if each["name"] in one)]).strip()
        if said:
            summaries.append({"name": each["name"], "summary": said[:_SUMMARY_CHARS]})
    return {"summaries": summaries}


def _summary(prompt: str) -> dict[str, str]:
    """Return what is to be summed up, cut short."""
    _, marker, pair = prompt.partition("Summaries:")
    texts = _texts(json.loads(pair)) if marker else [_section(prompt, "MESSAGES") or ""]
    return {"summary": " ".join(texts)[:_SUMMARY_CHARS]}


def _description(prompt: str) -> dict[str, str]:
    summed_up = json.loads(prompt.rpartition("Summary:")[2])
    return {"description": str(summed_up).partition(". ")[0][:_SUMMARY_CHARS]}


_ANSWERS: Mapping[str, Callable[[str], Any]] = {
    "ExtractedEntities": _entities,
    "ExtractedEdges": _edges,
    "CombinedExtraction": _names_and_edges,
    "EdgeTimestamps": _timestamps,
    "BatchEdgeTimestamps": _timestamps_batch,
    "NodeResolutions": _node_resolutions,
    "NodeDuplicate": _node_resolution,
    "EdgeDuplicate": _edge_resolution,
    "SummarizedEntities": _entity_summaries,
    "Summary": _summary,
    "SummaryDescription": _description,
    "SagaSummary": _summary,
}
"""By the name of the wanted schema."""


def _section(prompt: str, tag: str) -> str | None:
    """Return what stands between `<tag>` and `</tag>`, None without it."""
    _, opened, rest = prompt.partition(f"<{tag}>")
    inside, closed, _ = rest.partition(f"</{tag}>")
    return inside.strip() if opened and closed else None


def _literal(prompt: str, tag: str) -> list[dict[str, Any]]:
    """Return a list that was printed as Python prints it."""
    found: list[dict[str, Any]] = ast.literal_eval(_section(prompt, tag) or "[]")
    return found


def _texts(value: Any) -> list[str]:
    """Return the one text, or those of a list of earlier messages or summaries."""
    if isinstance(value, str):
        return [value]
    return [str(each.get("content") or each.get("summary") or "") for each in value]


def _names(content: str, source: str | None) -> list[dict[str, Any]]:
    mentions = parse(content, EPOCH, source=source).mentions
    return [{"name": one.name, "entity_type_id": 0, "episode_indices": [0]} for one in mentions]


def _edge(said: Assertion) -> dict[str, Any]:
    return {
        "source_entity_name": said.subject,
        "target_entity_name": said.object,
        "relation_type": f"{ENDED}{said.relation}" if said.polarity is Polarity.ENDS else said.relation,
        "fact": said.sentence,
        "episode_indices": [0],
    }


def _dates(said: Assertion, reference: datetime) -> dict[str, str | None]:
    """Return when a fact began and ended; without a day in it, it begins when it was said."""
    ended = None if said.polarity is Polarity.ENDS else said.invalid_at
    return {"valid_at": iso(_start(said) or reference), "invalid_at": None if ended is None else iso(ended)}


def _dates_of(sentence: str, reference_time: str) -> dict[str, str | None]:
    reference = datetime.fromisoformat(reference_time)
    said = _fact(sentence, reference)
    return {"valid_at": None, "invalid_at": None} if said is None else _dates(said, reference)


def _fact(sentence: str, reference: datetime = EPOCH) -> Assertion | None:
    """Return what the sentence of a fact says; days are those of the zone of `reference`."""
    zoned = reference if reference.tzinfo else reference.replace(tzinfo=UTC)
    return next(iter(parse(sentence, zoned, source="text").assertions), None)


def _start(said: Assertion) -> datetime | None:
    """Return when the fact of a statement begins: that something is over begins with its end (S1)."""
    return said.invalid_at if said.polarity is Polarity.ENDS else said.valid_at


def _resolved(number: int, name: str, existing: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return the entity of a name: one name is one entity."""
    candidate = next((each["candidate_id"] for each in existing if each["name"] == name), -1)
    return {"id": number, "name": name, "duplicate_candidate_id": candidate}


def _is_same(one: Assertion, other: Assertion) -> bool:
    """Whether two statements tell one fact: what can be over may begin again on another day."""
    if _triple(one) != _triple(other) or one.polarity is not other.polarity:
        return False
    starts = {_start(one), _start(other)}
    return one.exclusive is Exclusive.NONE or len(starts) == 1 or None in starts


def _contradict(one: Assertion, other: Assertion) -> bool:
    """Whether two statements cannot be true of the same time."""
    if one.relation != other.relation:
        return False
    if one.polarity is not other.polarity:
        return _triple(one) == _triple(other)
    if one.polarity is Polarity.ENDS or _triple(one) == _triple(other):
        return False
    if one.relation == MARRIED_TO.name:
        return not {one.subject, one.object}.isdisjoint({other.subject, other.object})
    same_subject = one.subject == other.subject and one.exclusive.on_subject
    return same_subject or (one.object == other.object and one.exclusive.on_object)


def _triple(said: Assertion) -> tuple[str, ...]:
    """Return subject, relation and object; of what holds both ways, the same either way round."""
    if said.relation == MARRIED_TO.name:
        return said.relation, *sorted((said.subject, said.object))
    return said.relation, said.subject, said.object
