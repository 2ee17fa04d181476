"""The memory that Neo4j needs grows with what it holds, and its parts fit into the whole."""

from hypothesis import given
from hypothesis import strategies as st

from consumer.graph.memory import MAX_HEAP_MB, MIN_CACHE_MB, MIN_HEAP_MB, DataSize, memory_advice

COUNT = st.integers(0, 100_000_000)
SIZES = st.builds(
    DataSize, COUNT, COUNT, COUNT, st.sampled_from([0, 384, 1024, 3072]), text_bytes=st.integers(0, 9_000)
)


@given(SIZES)
def test_parts_fit_into_the_machine(size):
    """Transactions into the heap, one of them into all, everything into the machine, the heap within its bounds."""
    advice = memory_advice(size)
    assert MIN_HEAP_MB <= advice.heap_mb <= MAX_HEAP_MB
    assert advice.page_cache_mb >= MIN_CACHE_MB
    assert advice.transaction_max_mb < advice.transactions_total_mb < advice.heap_mb
    assert advice.machine_mb >= advice.heap_mb + advice.page_cache_mb + advice.index_memory_mb + 1_024


@given(SIZES, st.sampled_from(["entities", "facts", "episodes"]), st.integers(1, 1_000_000))
def test_more_data_never_need_less(size, name, more):
    """Of any kind."""
    larger = DataSize(**{**{f: getattr(size, f) for f in size.__slots__}, name: getattr(size, name) + more})
    before, after = memory_advice(size), memory_advice(larger)
    assert after.machine_mb >= before.machine_mb
    assert after.disk_mb >= before.disk_mb


def test_vectors_are_most_of_it():
    """What people underestimate: the same graph without and with vectors of 1,536 numbers."""
    without = memory_advice(DataSize(1_000_000, 2_000_000, 1_000_000, 0))
    with_vectors = memory_advice(DataSize(1_000_000, 2_000_000, 1_000_000, 1_536))
    assert without.stored_vectors_mb == 0
    assert with_vectors.disk_mb > 4 * without.disk_mb


def test_the_manuals_example():
    """10 million vectors of 768 numbers make an index of 33.5 GB (of 1,048,576,000 bytes), says Neo4j."""
    advice = memory_advice(DataSize(10_000_000, 0, 0, 768))
    assert round(advice.vector_indexes_mb / 1_048.576, 1) == 33.6
