"""Whether a service answers: one request of its own protocol by hand, never a line of its log.

By hand because only `consumer.kafka` and `consumer.graph` may use the clients, and a probe needs a few bytes.
Each probe blocks for at most its timeout and says False for everything but a right answer.
"""

from __future__ import annotations

import socket
import struct
from collections.abc import Callable

_LOOPBACK = "127.0.0.1"
_CONNECT_S = 1.0
_MAX_ANSWER = 1 << 20

Probe = Callable[[int, float], bool]
"""Takes a port on the loopback interface and a timeout in seconds."""


def kafka_answers(port: int, timeout_s: float = 5.0) -> bool:
    """Say whether Metadata (version 5) names a live broker.

    A KRaft broker answers it only once it is unfenced, that is, when it can be used.
    Source: the Kafka protocol guide, `Metadata Request (Version: 5)`.
    """
    body = struct.pack(">hhih", 3, 5, 1, 5) + b"stack" + struct.pack(">i?", 0, False)
    try:
        with _connect(port, timeout_s) as connection:
            connection.sendall(struct.pack(">i", len(body)) + body)
            (size,) = struct.unpack(">i", _read(connection, 4))
            if not 12 <= size <= _MAX_ANSWER:  # noqa: PLR2004 - correlation id, throttle time, number of brokers
                return False
            _, _, brokers = struct.unpack(">iii", _read(connection, size)[:12])
    except (OSError, struct.error):
        return False
    return bool(brokers > 0)


def neo4j_answers(port: int, timeout_s: float = 20.0) -> bool:
    """Say whether Bolt (5.0, else 4.4) runs `RETURN 1` in the default database without authentication.

    The handshake alone is not enough: it succeeds seconds before the database is available.
    Source: the Bolt protocol documentation, handshake and messages HELLO, RUN, PULL.
    """
    try:
        with _connect(port, timeout_s) as connection:
            connection.sendall(bytes.fromhex("6060b017 00000005 00000404 00000000 00000000"))
            if _read(connection, 4) == b"\0\0\0\0":
                return False
            hello = b"\xb1\x01\xa2" + _text("user_agent") + _text("episodes/1") + _text("scheme") + _text("none")
            run = b"\xb3\x10" + _text("RETURN 1") + b"\xa0\xa0"
            pull = b"\xb1\x3f\xa1" + _text("n") + b"\xff"
            return all(_succeeds(connection, message) for message in (hello, run, pull))
    except (OSError, struct.error):
        return False


def is_free(port: int) -> bool:
    """Say whether nothing listens on `port` of the loopback interface."""
    with socket.socket() as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((_LOOPBACK, port))
        except OSError:
            return False
        return True


def free_ports(count: int) -> list[int]:
    """Return `count` different ports that were free a moment ago."""
    listeners = [socket.socket() for _ in range(count)]
    try:
        for listener in listeners:
            listener.bind((_LOOPBACK, 0))
        return [int(listener.getsockname()[1]) for listener in listeners]
    finally:
        for listener in listeners:
            listener.close()


def _connect(port: int, timeout_s: float) -> socket.socket:
    connection = socket.create_connection((_LOOPBACK, port), timeout=min(_CONNECT_S, timeout_s))
    connection.settimeout(timeout_s)
    return connection


def _read(connection: socket.socket, size: int) -> bytes:
    data = bytearray()
    while len(data) < size:
        block = connection.recv(size - len(data))
        if not block:
            raise ConnectionError("closed before the answer was whole")
        data += block
    return bytes(data)


def _text(value: str) -> bytes:
    """Return a PackStream string of fewer than 16 bytes."""
    return bytes([0x80 + len(value)]) + value.encode()


def _succeeds(connection: socket.socket, message: bytes) -> bool:
    """Send one Bolt message and say whether SUCCESS is what comes in the end."""
    connection.sendall(struct.pack(">H", len(message)) + message + b"\0\0")
    while True:
        answer = b""
        while size := struct.unpack(">H", _read(connection, 2))[0]:
            answer += _read(connection, size)
        if answer[1:2] == b"\x71":  # RECORD: more follows
            continue
        if answer:  # an empty chunk keeps the connection alive
            return answer[1:2] == b"\x70"
