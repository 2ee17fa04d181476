"""The part of the prompt that tells a declared vocabulary. Pure, but for loading its wording once.

It follows the fixed text, so that the prefix is byte-equal over all calls, and over all calls of one ontology up to
the episode.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from importlib.resources import files

from consumer.model.knowledge import Exclusive
from consumer.ontology import EntityType, Ontology, RelationType

ONTOLOGY_PROMPT_VERSION = "vocabulary-1"
"""Version of the wording and layout; part of the extractor's name when there are ontologies."""

_FILE = "ontology.v1.md"
_TYPES_RULES = {True: 'Anything else is "Entity".', False: "Only when none fits, another word."}
_RELATIONS_RULES = {True: "Leave out every other fact.", False: "Only when none fits, another one."}


def ontology_text(ontology: Ontology) -> str:
    """Return what the model is told of `ontology`."""
    rules = _wording().format(
        name=ontology.name,
        types_rule=_TYPES_RULES[ontology.strict],
        relations_rule=_RELATIONS_RULES[ontology.strict],
    )
    types = [_entity_line(name, one) for name, one in ontology.entity_types.items()]
    relations = [_relation_line(name, one) for name, one in ontology.relation_types.items()]
    return "\n".join([rules.rstrip("\n"), "Entity types", *types, "Relations", *relations, ""])


def _entity_line(name: str, one: EntityType) -> str:
    kind = f" (a {one.parent})" if one.parent else ""
    attributes = "; ".join(
        f"{key} {spec.type}" + (f" = {_one_line(spec.description)}" if spec.description else "")
        for key, spec in one.attributes.items()
    )
    return f"- {name}{kind}" + _after(": ", one.description) + (f" [{attributes}]" if attributes else "")


def _relation_line(name: str, one: RelationType) -> str:
    ends = f" [{_types(one.subject)} -> {_types(one.object)}]"
    exclusive = "" if one.exclusive in {None, Exclusive.NONE} else f' exclusive "{one.exclusive}"'
    both_ways = " both ways" if one.symmetric else ""
    return f"- {name}{ends}{exclusive}{both_ways}" + _after(": ", one.description)


def _types(allowed: Iterable[str]) -> str:
    return "|".join(allowed) or "any"


def _after(separator: str, text: str) -> str:
    return separator + _one_line(text) if text else ""


def _one_line(text: str) -> str:
    return " ".join(text.split())


@cache
def _wording() -> str:
    return files("consumer.extract.prompts").joinpath(_FILE).read_text(encoding="utf-8")
