"""What of a batch is new."""

from plugins.graph import Narrator, fact

from consumer.graph.batch import StoredEpisode, claims_of, triage
from consumer.graph.places import GroupRemovals, Place, place_of, place_text, position_of, position_text
from consumer.graph.resolve import NameBook
from consumer.model.knowledge import Mention

N = Narrator("g")


def stored(item, *, is_removed=False):
    return {item.episode.uuid: StoredEpisode(item.episode.uuid, is_removed)}


def test_twice_in_a_batch_is_once():
    """The first counts, the second is present."""
    result = triage([N.said(1), N.said(1)], {}, {})
    assert (len(result.added), len(result.present)) == (1, 1)


def test_there_or_removed_is_present():
    """Neither is written again."""
    for is_removed in (False, True):
        result = triage([N.said(1)], stored(N.said(1), is_removed=is_removed), {})
        assert (len(result.added), len(result.present)) == (0, 1)
        assert result.changes_nothing


def test_removed_within_the_batch():
    """Added, removed and added again in one batch: remembered, not written."""
    result = triage([N.said(1), N.removed(1, at=2), N.said(1)], {}, {})
    assert (list(result.added), list(result.removed), len(result.remembered)) == ([], [], 1)
    assert not result.changes_nothing


def test_a_removal_of_what_is_there():
    """It goes, and is remembered."""
    result = triage([N.removed(1, at=2)], stored(N.said(1)), {})
    assert list(result.removed) == list(result.remembered) == [N.said(1).episode.uuid]


def remembered(number, at):
    """What is stored of an episode whose removal stood at `at`."""
    uuid = N.said(number).episode.uuid
    return {uuid: StoredEpisode(uuid, is_removed=True, position=N.at(at))}


def test_a_removal_twice_is_once():
    """Delivered again it changes nothing."""
    result = triage([N.removed(1, at=2)], remembered(1, at=2), {})
    assert result.changes_nothing
    assert result.removals == 1


def test_of_several_removals_the_last_in_the_log_is_remembered():
    """So that a group's removal that arrives late and stands between them forgets none that counts."""
    result = triage([N.removed(1, at=9), N.removed(1, at=4)], remembered(1, at=2), {})
    assert [item.position for item in result.remembered.values()] == [N.at(9)]
    assert not result.removed


def test_a_removal_from_before_the_groups_removal_changes_nothing():
    """What it names was told anew since; a replay from the start must not take it out."""
    result = triage([N.removed(4, at=2)], stored(N.said(4)), {"g": GroupRemovals((N.at(3),))})
    assert result.changes_nothing
    assert result.removals == 1


def test_before_the_groups_removal():
    """Up to the removal's position nothing is written, after it everything."""
    result = triage([N.said(1), N.said(2), N.said(3)], {}, {"g": GroupRemovals((N.at(2),))})
    assert [item.episode.event_id for item in result.added.values()] == ["e3"]


def test_claims_leave_blank_names_out():
    """A mention or an assertion with a blank name says nothing."""
    item = N.said(1, fact("Ada", "LIKES", " "), fact("Ada", "LIKES", "Tea"), mentions=[Mention("ada")])
    claims = claims_of(item, NameBook(10))
    assert len(claims.rows) == 1
    assert len(claims.entities) == 2


def test_positions_as_text_sort_as_positions():
    """The text of a position orders as the position does, and comes back."""
    positions = [N.at(n) for n in (0, 3, 20, 999)]
    assert sorted(map(position_text, positions)) == [position_text(p) for p in positions]
    assert [position_of(position_text(p)) for p in positions] == positions
    place = Place(positions[1], 7, "e/1")
    assert place_of(place_text(place)) == place
