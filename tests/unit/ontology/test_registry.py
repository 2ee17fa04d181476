"""Which ontology an episode goes by, and what a name that nobody registered leads to."""

from dataclasses import replace

import pytest

from consumer.errors import EpisodeFault, UserError
from consumer.model.knowledge import Exclusive
from consumer.ontology import Ontologies, Ontology
from consumer.settings import OntologySettings
from consumer.testing.episodes import episode_of

WORK = Ontology.model_validate({"name": "work", "relation_types": {"WORKS_AT": {"exclusive": "subject"}}})
FACT = {"subject": "Ada", "relation": "works at", "object": "Acme"}
EPISODE = episode_of({"group_id": "g", "event_id": "e", "ontology": "work", "facts": [FACT]})


def test_an_episode_goes_by_the_one_it_names_else_the_default():
    """Without either it goes by none."""
    other = Ontology(name="other")
    both = Ontologies([WORK, other], default="other")
    assert both.of(EPISODE) is WORK
    assert both.of(replace(EPISODE, ontology=None)) is other
    assert Ontologies([WORK]).of(replace(EPISODE, ontology=None)) is None


def test_an_unknown_name_is_the_episodes_fault():
    """The verdict tells which are known, or how to register one."""
    with pytest.raises(EpisodeFault, match=r"unknown-ontology.*known: work"):
        Ontologies([WORK]).of(replace(EPISODE, ontology="play"))
    with pytest.raises(EpisodeFault, match="EPISODES_ONTOLOGY__DIR"):
        Ontologies().given(EPISODE)


def test_given_facts_are_exclusive_as_their_relation_is():
    """The event need not say what the ontology does."""
    assert EPISODE.given.assertions[0].exclusive is Exclusive.NONE
    assert Ontologies([WORK]).given(EPISODE).assertions[0].exclusive is Exclusive.SUBJECT
    assert Ontologies().given(replace(EPISODE, ontology=None)) is EPISODE.given


def test_a_default_that_is_not_there_is_refused_at_the_start(tmp_path):
    """One line, which names the variable."""
    with pytest.raises(UserError, match="EPISODES_ONTOLOGY__DEFAULT=play"):
        Ontologies.load(OntologySettings(dir=tmp_path, default="play"))


def test_the_digest_follows_every_change():
    """Caches of answers know by it that an ontology changed; without any there is none."""
    changed = WORK.model_copy(update={"strict": True})
    digests = {Ontologies().digest, Ontologies([WORK]).digest, Ontologies([changed]).digest}
    assert len(digests) == 3
    assert "" in digests
    assert Ontologies([WORK]).digest == Ontologies([WORK]).digest
