"""The broker's configuration and the format of its storage."""

import sys
import uuid

from consumer.settings import StackSettings
from consumer.stack import kafka_service
from consumer.stack.options import Launch, Program


def launch(folder, java, **more):
    """A launch whose `java` only writes its arguments down."""
    return Launch(folder, 9092, Program(java, (), ()), StackSettings(), **more)


def test_a_cluster_id_that_begins_with_a_hyphen_is_no_option(tmp_path, monkeypatch):
    """One random id in 64 begins so, and Kafka's tool then said that the id was missing."""
    monkeypatch.setattr(uuid, "uuid4", lambda: uuid.UUID(bytes=b"\xf8" * 16))
    said = tmp_path / "said"
    java = tmp_path / "java"
    java.write_text(f'#!{sys.executable}\nimport sys\nopen({str(said)!r}, "w").write("\\n".join(sys.argv))\n')
    java.chmod(0o755)
    kafka_service.prepare(launch(tmp_path, java))
    told = [line for line in said.read_text().splitlines() if "-Pj4" in line]
    assert told == ["--cluster-id=-Pj4-Pj4-Pj4-Pj4-Pj4-A"]


def test_lines_of_the_configuration_can_be_overridden(tmp_path):
    """The chaos suite opens a second listener; all else stays as it is for everybody."""
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "meta.properties").touch()
    ours = {"advertised.listeners": "PLAINTEXT://127.0.0.1:7", "more": "1"}
    kafka_service.prepare(launch(tmp_path, tmp_path / "java", overrides=ours))
    lines = (tmp_path / "server.properties").read_text().splitlines()
    assert "advertised.listeners=PLAINTEXT://127.0.0.1:7" in lines
    assert "more=1" in lines
    assert "auto.create.topics.enable=false" in lines
