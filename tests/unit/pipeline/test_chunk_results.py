"""The answers of finished chunks, bounded in bytes."""

from consumer.model.knowledge import Knowledge, Mention
from consumer.pipeline.chunk_results import ChunkResults

SAID = Knowledge((Mention("Ann"),))


def test_answers_are_kept_by_episode_and_chunk_until_dropped():
    """What is dropped gives its bytes back."""
    results = ChunkResults(100_000)
    results.keep("a", 0, SAID)
    results.keep("a", 2, SAID)
    results.keep("b", 0, Knowledge())
    assert results.get("a") == {0: SAID, 2: SAID}
    assert results.get("c") == {}
    results.drop("a")
    results.drop("b")
    assert results.get("a") == {}
    assert results.taken_bytes == 0


def test_m1_the_episode_used_least_recently_leaves_first():
    """The bound holds after every answer, also for one that is too large by itself."""
    results = ChunkResults(2_000)
    for number in range(30):
        results.keep(f"episode-{number % 3}", number, SAID)
        assert results.taken_bytes <= 2_000
    assert results.get("episode-2")
    results.keep("huge", 0, Knowledge((Mention("x" * 10_000),)))
    assert results.get("huge") == {}
    assert results.taken_bytes == 0
