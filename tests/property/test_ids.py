"""Ids are UUIDs of version 5, put together by hand: equal to the standard library's for any key."""

import uuid

from hypothesis import given
from hypothesis import strategies as st

from consumer.model.ids import NAMESPACE, deterministic_uuid


@given(st.text(max_size=20), st.text(max_size=10), st.lists(st.text(max_size=20), max_size=3))
def test_an_id_is_the_standard_librarys(group_id, kind, key):
    """RFC 9562: the hash of namespace and name, with version and variant in their places."""
    name = "\x1f".join((group_id, kind, *key))
    assert deterministic_uuid(group_id, kind, *key) == str(uuid.uuid5(NAMESPACE, name))
