"""The state file: whose stack it is, and never somebody else's process."""

import json
import os
import subprocess
import sys
from dataclasses import replace

import pytest

from consumer.errors import UserError
from consumer.stack.folder_lock import FolderLock
from consumer.stack.owner import find, last_failure, stop
from consumer.stack.state import own_state, read_state, remove_state, running_state, write_state


def test_the_state_is_read_as_it_was_written(tmp_path):
    """Addresses come from the ports."""
    state = replace(own_state(ephemeral=True), is_ready=True, ports={"kafka": 1, "neo4j": 2}, folder="f")
    write_state(tmp_path, state)
    assert read_state(tmp_path) == state
    assert running_state(tmp_path) == state
    assert state.kafka_bootstrap == "127.0.0.1:1"
    assert state.neo4j_uri == "bolt://127.0.0.1:2"


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"pid": 1, "unknown": 2}'])
def test_a_broken_state_file_is_no_stack(tmp_path, text):
    """Written by another version, or cut off: nothing runs as far as we know."""
    (tmp_path / "stack.json").write_text(text)
    assert find(tmp_path) is None
    assert last_failure(tmp_path) is None


def test_a_process_that_is_gone_is_no_stack(tmp_path):
    """The state of a killed owner is stale; `status` says so."""
    state = own_state(ephemeral=False)
    owner = subprocess.Popen([sys.executable, "-c", ""])
    owner.wait()
    write_state(tmp_path, replace(state, pid=owner.pid))
    assert find(tmp_path) is None
    assert last_failure(tmp_path) == f"its process {owner.pid} was killed"


def test_a_reused_process_id_is_never_taken_for_the_owner(tmp_path):
    """Same id, another start: it is not found, and `stop` sends it nothing."""
    other = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(1000)"])
    try:
        stale = replace(own_state(ephemeral=False), pid=other.pid, process_started_at=1.0)
        write_state(tmp_path, stale)
        assert find(tmp_path) is None
        stop(stale, tmp_path, grace_s=1)
        assert other.poll() is None
        assert read_state(tmp_path) is None
    finally:
        other.kill()
        other.wait()


def test_why_a_stack_ended_is_kept(tmp_path):
    """A failure is told by the next `status`."""
    write_state(tmp_path, replace(own_state(ephemeral=False), process_started_at=1.0, error="Kafka ended"))
    assert last_failure(tmp_path) == "Kafka ended"
    remove_state(tmp_path)
    remove_state(tmp_path)
    assert last_failure(tmp_path) is None


def test_a_data_folder_has_one_stack(tmp_path):
    """The second is told what to do; after the first lets go, the next may."""
    first = FolderLock.take(tmp_path / "data")
    with pytest.raises(UserError, match=r"another stack runs on the data folder .* `episodes down`"):
        FolderLock.take(tmp_path / "data")
    first.release()
    FolderLock.take(tmp_path / "data").release()


def test_a_data_folder_that_cannot_be_written_is_told(tmp_path):
    """A file in the way, as an example."""
    (tmp_path / "file").write_text("")
    with pytest.raises(UserError, match="cannot write to"):
        FolderLock.take(tmp_path / "file" / "data")


def test_the_lock_of_a_killed_process_is_free(tmp_path):
    """The system takes it back, so it is never stale."""
    code = "import os, sys; from pathlib import Path; from consumer.stack.folder_lock import FolderLock\n"
    code += "lock = FolderLock.take(Path(sys.argv[1])); os.kill(os.getpid(), 9)"
    subprocess.run([sys.executable, "-c", code, str(tmp_path)], check=False)  # noqa: S603 - our own code
    FolderLock.take(tmp_path).release()


def test_the_state_is_plain_json(tmp_path):
    """Scripts may read it."""
    write_state(tmp_path, own_state(ephemeral=False))
    assert json.loads((tmp_path / "stack.json").read_text())["pid"] == os.getpid()
