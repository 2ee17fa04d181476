"""Probes say yes to the right answer only."""

import socket
import struct
import threading
from contextlib import contextmanager

import pytest

from consumer.stack.probes import free_ports, is_free, kafka_answers, neo4j_answers


@contextmanager
def server(*answers, chunk=1 << 16):
    """Serve one connection: each answer follows something received, in pieces of `chunk` bytes; gives the port."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(10)

        def serve():
            connection, _ = listener.accept()
            with connection:
                for answer in answers:
                    connection.recv(4096)
                    for start in range(0, len(answer), chunk):
                        connection.sendall(answer[start : start + chunk])

        thread = threading.Thread(target=serve)
        thread.start()
        yield listener.getsockname()[1]
        thread.join(10)


def metadata(brokers):
    """Return a Metadata answer that names so many brokers."""
    body = struct.pack(">iii", 5, 0, brokers) + b"\0" * 20
    return struct.pack(">i", len(body)) + body


@pytest.mark.parametrize("chunk", [1, 1000])
def test_kafka_is_up_when_metadata_names_a_broker(chunk):
    """However the answer is cut into pieces."""
    with server(metadata(1), chunk=chunk) as port:
        assert kafka_answers(port)


@pytest.mark.parametrize(
    "answer", [metadata(0), b"", b"HTTP/1.1 400 Bad Request\r\n\r\n", struct.pack(">i", 4) + b"1234"]
)
def test_kafka_is_not_up_otherwise(answer):
    """No broker yet, a closed connection, another protocol, a short answer."""
    with server(answer) as port:
        assert not kafka_answers(port, 1)


def bolt(*messages):
    """Return Bolt messages, each in a chunk of its own."""
    return b"".join(struct.pack(">H", len(message)) + message + b"\0\0" for message in messages)


_VERSION = bytes.fromhex("00000005")
_SUCCESS, _FAILURE, _RECORD = b"\xb1\x70\xa0", b"\xb1\x7f\xa0", b"\xb1\x71\x91\x01"


def test_neo4j_is_up_when_a_query_succeeds():
    """Handshake, HELLO, RUN and PULL; a keep-alive and the record come in between."""
    pull = b"\0\0" + bolt(_RECORD, _SUCCESS)
    with server(_VERSION, bolt(_SUCCESS), bolt(_SUCCESS), pull) as port:
        assert neo4j_answers(port)


@pytest.mark.parametrize(
    "answers",
    [
        [b"\0\0\0\0"],
        [b"HTTP"],
        [b""],
        [_VERSION, bolt(_FAILURE)],
        [_VERSION, bolt(_SUCCESS), bolt(_FAILURE)],
    ],
    ids=["no-common-version", "other-protocol", "closed", "refuses-login", "database-not-available"],
)
def test_neo4j_is_not_up_otherwise(answers):
    """The handshake alone does not count."""
    with server(*answers) as port:
        assert not neo4j_answers(port, 1)


@pytest.mark.parametrize("probe", [kafka_answers, neo4j_answers])
def test_nothing_listens_is_not_up(probe):
    """A refused connection is no error."""
    assert not probe(free_ports(1)[0], 1)


def test_free_ports_differ_and_can_be_taken():
    """Ports of one call are all different; a taken one is not free."""
    ports = free_ports(5)
    assert len(set(ports)) == 5
    assert is_free(ports[0])
    with socket.create_server(("127.0.0.1", ports[0])):
        assert not is_free(ports[0])
