"""Lock files: what they say, and what they must not."""

import pytest

from consumer.errors import UserError
from consumer.settings import StackSettings
from consumer.stack.jars import COMMITTED_LOCK, Jar, Lock, Service, endpoint, read_locks, write_locks


def test_a_jar_is_found_where_maven_keeps_it():
    """A coordinate becomes the path in a repository, with and without a classifier."""
    assert str(Jar("org.neo4j.app:neo4j-server:1.0").path) == "org/neo4j/app/neo4j-server/1.0/neo4j-server-1.0.jar"
    assert str(Jar("io.netty:epoll:4.2:linux-x86_64").path) == "io/netty/epoll/4.2/epoll-4.2-linux-x86_64.jar"


def test_a_lock_is_read_as_it_was_written(tmp_path):
    """Nothing is lost between writing and reading; the order of the class path stays."""
    lock = Lock(Service.KAFKA, "1", [Jar("g:b:1", "aa", 3), Jar("g:a:1:mac", "bb", 4)])
    write_locks(tmp_path / "folder" / "lock.json", [lock])
    assert read_locks(tmp_path / "folder" / "lock.json") == [lock]
    assert lock.size_bytes == 7


def test_a_missing_lock_file_holds_nothing(tmp_path):
    """No file is no lock, not an error."""
    assert read_locks(tmp_path / "none.json") == []


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"locks": [{"service": "redis"}]}', '{"locks": [1]}'])
def test_a_broken_lock_file_is_named_in_one_line(tmp_path, text):
    """The user is told which file to remove."""
    file = tmp_path / "lock.json"
    file.write_text(text)
    with pytest.raises(UserError, match=r"lock\.json is not a lock file.*remove it"):
        read_locks(file)


def test_the_committed_lock_is_that_of_the_default_versions():
    """Who changes a default version writes the lock anew (python -m consumer.stack.relock)."""
    settings = StackSettings()
    locks = {lock.service: lock for lock in read_locks(COMMITTED_LOCK)}
    assert locks[Service.KAFKA].version == settings.kafka_version
    assert locks[Service.NEO4J].version == settings.neo4j_version
    for service, lock in locks.items():
        roots = endpoint(service, lock.version).split("+")
        assert set(roots) <= {jar.coordinate for jar in lock.jars}
        assert all(len(jar.sha256 or "") == 64 and jar.size_bytes for jar in lock.jars)


def test_the_committed_lock_names_no_host():
    """Where jars come from is decided at run time."""
    assert "://" not in COMMITTED_LOCK.read_text()
