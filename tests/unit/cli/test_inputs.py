"""Files, folders and compressed files are read in order and in constant memory."""

import gzip
import io
import tracemalloc

import pytest

from consumer.cli import inputs
from consumer.cli.drafts import Bad, Draft, EventDefaults
from consumer.cli.inputs import Format, find_inputs, read_chunks
from consumer.errors import UserError
from consumer.settings import PipelineSettings

DEFAULTS = EventDefaults(limits=PipelineSettings(max_value_bytes=1_000), group="g")
LINE = b'{"content":"%d"}\n'


def items(paths, defaults=DEFAULTS, wanted=Format.AUTO):
    """Return everything that the inputs hold."""
    chunks = read_chunks(find_inputs([str(path) for path in paths], wanted), defaults)
    return [item for chunk in chunks for item in chunk.items]


def test_folder_is_read_recursively_in_order(tmp_path):
    """Sorted by path; hidden and unknown files are passed over."""
    for name in ("b/two.txt", "a.md", "b/one.jsonl", ".hidden.txt", ".git/x.txt", "picture.png", "c.txt.gz"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(b"x")
    labels = [each.label.removeprefix(str(tmp_path)) for each in find_inputs([str(tmp_path)], Format.AUTO)]
    assert labels == ["/a.md", "/b/one.jsonl", "/b/two.txt", "/c.txt.gz"]


@pytest.mark.parametrize("name", ["nope.jsonl", "x.bin", "empty"])
def test_unusable_name_is_a_usage_error(tmp_path, name):
    """Missing, of unknown kind, or an empty folder: exit code 2 and the name."""
    (tmp_path / "x.bin").write_bytes(b"x")
    (tmp_path / "empty").mkdir()
    with pytest.raises(UserError, match=name) as caught:
        find_inputs([str(tmp_path / name)], Format.AUTO)
    assert caught.value.exit_code == 2


def test_format_option_overrides_the_name(tmp_path):
    """A file of unknown kind is read as told."""
    path = tmp_path / "x.bin"
    path.write_bytes(LINE % 1 + LINE % 2)
    assert len(items([path], wanted=Format.JSONL)) == 2
    assert len(items([path], wanted=Format.TEXT)) == 1


def test_lines_over_chunk_borders_stay_whole(tmp_path):
    """Lines are cut at line breaks, never at the read size; blank lines count but are no events."""
    text = "é" * 300
    lines = [f'{{"content":"{text}{number}"}}' for number in range(1_000)]
    path = tmp_path / "a.jsonl"
    path.write_bytes("\n\n".join(lines).encode())
    found = items([path])
    assert [item.value.decode() for item in found] == [line[:-1] + ',"group_id":"g"}' for line in lines]


def test_bad_lines_are_numbered_in_their_file(tmp_path):
    """The number is the line's, blank lines counted."""
    path = tmp_path / "a.jsonl"
    path.write_bytes(b'\n{"content":"x"}\n\n{bad\n{"content":"y"}')
    assert [(type(item), getattr(item, "line", None)) for item in items([path])] == [
        (Draft, None),
        (Bad, 4),
        (Draft, None),
    ]


@pytest.mark.parametrize("length", [1_100, 200_000, 1_000_000])
def test_overlong_line_is_told_once_and_passed_over(tmp_path, length):
    """A line over the limit costs no memory and the next line is read."""
    path = tmp_path / "a.jsonl"
    path.write_bytes(LINE % 1 + b'{"content":"' + b"x" * length + b'"}\n' + LINE % 3)
    found = items([path])
    assert [type(item) for item in found] == [Draft, Bad, Draft]
    assert found[1].line == 2
    assert "longer than 1000 bytes" in found[1].problem


def test_overlong_last_line_is_told(tmp_path):
    """Also when the file ends within it."""
    path = tmp_path / "a.jsonl"
    path.write_bytes(LINE % 1 + b"x" * 300_000)
    assert [type(item) for item in items([path])] == [Draft, Bad]


def test_overlong_text_is_told_without_reading_it_all(tmp_path):
    """A text over the limit is one bad item."""
    path = tmp_path / "a.txt"
    path.write_bytes(b"x" * 5_000_000)
    (bad,) = items([path])
    assert isinstance(bad, Bad)
    assert "split it" in bad.problem


def test_compressed_file_reads_like_a_plain_one(tmp_path):
    """Also when it is cut short: what is whole is read, the rest is told."""
    plain, packed, cut = (tmp_path / name for name in ("a.jsonl", "b.jsonl.gz", "c.jsonl.gz"))
    data = b"".join(LINE % number for number in range(5_000))
    plain.write_bytes(data)
    packed.write_bytes(gzip.compress(data))
    cut.write_bytes(gzip.compress(data)[:-100])
    assert items([plain]) == items([packed])
    found = items([cut])
    assert isinstance(found[-1], Bad)
    assert "cannot be read" in found[-1].problem
    assert len(found) > 2_000


def test_unreadable_file_is_a_bad_item_and_the_next_is_read(tmp_path):
    """A file that is no gzip does not end the run."""
    (tmp_path / "a.txt.gz").write_bytes(b"plain")
    (tmp_path / "b.txt").write_bytes(b"text")
    assert [type(item) for item in items([tmp_path])] == [Bad, Draft]


def test_numbers_run_over_all_inputs(tmp_path):
    """{n} counts events from 1 over all files."""
    for name in ("a.txt", "b.txt"):
        (tmp_path / name).write_bytes(name.encode())
    defaults = EventDefaults(limits=PipelineSettings(max_value_bytes=1_000), group="g", name="part {n}")
    assert [b'"part %d"' % n in item.value for n, item in enumerate(items([tmp_path], defaults), 1)] == [True, True]


def test_memory_does_not_grow_with_the_file(tmp_path):
    """A 6 MB file is read within 2 MB."""
    path = tmp_path / "big.jsonl"
    line = b'{"group_id":"a","content":"' + b"x" * 900 + b'"}\n'
    with path.open("wb") as file:
        for _ in range(60):
            file.write(line * 100)
    found = find_inputs([str(path)], Format.AUTO)
    tracemalloc.start()
    try:
        count = sum(len(chunk.items) for chunk in read_chunks(found, DEFAULTS))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert count == 6_000
    assert peak < 2_000_000


def test_small_reads_give_the_same_lines(monkeypatch):
    """A pipe may deliver byte by byte."""
    data = io.BytesIO(b'{"content":"a"}\n\n{"content":"b"}')
    monkeypatch.setattr(inputs.os, "read", lambda _fd, _size: data.read(1))
    found = items(["-"])
    assert [item.value for item in found] == [b'{"content":"a","group_id":"g"}', b'{"content":"b","group_id":"g"}']
