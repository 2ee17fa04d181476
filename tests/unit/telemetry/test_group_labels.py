"""Groups in metrics are few."""

from hypothesis import given
from hypothesis import strategies as st

from consumer.settings import TelemetrySettings
from consumer.telemetry.group_labels import OTHER, GroupLabels, group_label
from consumer.telemetry.setup import configure

groups = st.lists(st.sampled_from(["a", "b", "c", "d", OTHER]), max_size=30)


@given(groups, st.integers(1, 3))
def test_g1_g2_labels_are_bounded_and_stay(told, most):
    """The first few groups have their own, for good; whoever comes later is `other`."""
    labels = GroupLabels(most)
    found = [(group, labels.of(group)) for group in told]
    assert len({label for _, label in found} - {OTHER}) <= most
    first = dict(reversed(found))
    assert all(label == first[group] for group, label in found)
    assert all(label in {group, OTHER} for group, label in found)


def test_groups_are_told_when_settings_say_so():
    """Off by default, and off again with the next process's settings."""
    with configure(TelemetrySettings(group_labels=1)):
        assert [group_label(group) for group in "aab"] == ["a", "a", OTHER]
    with configure(TelemetrySettings()):
        assert group_label("a") is None
