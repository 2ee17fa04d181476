"""The proxy of the fault tests, before a real echo server."""

import asyncio
import contextlib
import time

import pytest

from consumer.testing.tcp_proxy import BOLT_COMMIT, TcpProxy


class Echo:
    """Answers each chunk with itself and an end of input with `bye`; remembers what it was told."""

    def __init__(self):
        self.heard = b""
        self.is_reading = True

    async def __aenter__(self):
        self.server = await asyncio.start_server(self.serve, "127.0.0.1", 0)
        self.address = f"127.0.0.1:{self.server.sockets[0].getsockname()[1]}"
        return self

    async def __aexit__(self, *exc_info):
        self.server.close()

    async def serve(self, reader, writer):
        with contextlib.suppress(ConnectionError):
            while self.is_reading and (chunk := await reader.read(65_536)):
                self.heard += chunk
                writer.write(chunk)
                await writer.drain()
            while not self.is_reading:
                await asyncio.sleep(0.01)
            writer.write(b"bye")
        writer.close()


@pytest.fixture
async def echo():
    """An echo server on loopback."""
    async with Echo() as server:
        yield server


@pytest.fixture
async def proxy(echo):
    """A proxy before the echo server."""
    async with TcpProxy(echo.address) as between:
        yield between


async def dial(proxy):
    """A connection through the proxy."""
    host, port = proxy.address.split(":")
    return await asyncio.open_connection(host, int(port))


async def ask(connection, words=b"hello", wait_s=60.0):
    """Send `words`; return the answer of that length."""
    reader, writer = connection
    writer.write(words)
    return await asyncio.wait_for(reader.readexactly(len(words)), wait_s)


async def test_it_forwards_both_ways_and_counts(proxy):
    """What is sent comes back, however large; connections are counted while they are open."""
    first, second = await dial(proxy), await dial(proxy)
    assert await ask(first) == b"hello"
    assert await ask(second, b"x" * 1_000_000) == b"x" * 1_000_000
    assert (proxy.connections, proxy.accepted) == (2, 2)
    first[1].close()
    await asyncio.wait_for(first[1].wait_closed(), 60)
    while proxy.connections > 1:
        await asyncio.sleep(0.01)


async def test_a_half_closed_connection_still_gets_its_answer(proxy):
    """An end of input travels to the server, and what the server says then travels back."""
    reader, writer = await dial(proxy)
    writer.write(b"last words")
    writer.write_eof()
    assert await asyncio.wait_for(reader.read(), 60) == b"last wordsbye"


async def test_a_server_that_does_not_read_is_felt_by_the_sender(proxy, echo):
    """Buffers are bounded: a sender of much more than they hold has to wait."""
    echo.is_reading = False
    _, writer = await dial(proxy)
    writer.write(b"x" * 50_000_000)
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(writer.drain(), 0.5)
    writer.transport.abort()


async def test_delay_holds_each_way(proxy):
    """A question and its answer take the delay twice; `restore` lets go of what is held."""
    connection = await dial(proxy)
    proxy.delay(0.1)
    began = time.monotonic()
    assert await ask(connection) == b"hello"
    assert 0.2 <= time.monotonic() - began < 30
    proxy.delay(60)
    held = asyncio.ensure_future(ask(connection, b"held"))
    await asyncio.sleep(0.05)
    proxy.restore()
    assert await held == b"held"


async def test_throttle_lets_bytes_trickle(proxy):
    """A tenth of a second's bytes come early, the last one when the rate allows it."""
    reader, writer = connection = await dial(proxy)
    await ask(connection)
    proxy.throttle(20_000)
    shares = []
    while not shares or (shares[-1] > 0.8 and len(shares) < 5):  # a machine with others to serve may hold us up once
        began = time.monotonic()
        writer.write(b"x" * 10_000)
        await reader.readexactly(1)
        first_s = time.monotonic() - began
        await reader.readexactly(9_999)
        took_s = time.monotonic() - began
        assert 0.5 <= took_s < 30
        shares.append(first_s / took_s)
    assert shares[-1] <= 0.8, shares


async def test_blackhole_swallows_until_restored(proxy, echo):
    """Old and new connections fall silent without an error; what was sent meanwhile arrives after `restore`."""
    old = await dial(proxy)
    assert await ask(old) == b"hello"
    proxy.blackhole()
    new = await dial(proxy)
    waiting = [asyncio.ensure_future(ask(c, w)) for c, w in ((old, b"one"), (new, b"two"))]
    done, _ = await asyncio.wait(waiting, timeout=0.3)
    assert not done
    assert echo.heard == b"hello"
    proxy.restore()
    assert await asyncio.gather(*waiting) == [b"one", b"two"]


async def test_refuse_resets_old_and_new(proxy):
    """Both see a reset; after `restore` a new connection works."""
    old = await dial(proxy)
    await ask(old)
    proxy.refuse()
    with pytest.raises(ConnectionError):
        await asyncio.wait_for(old[0].read(1), 60)
    with pytest.raises((ConnectionError, asyncio.IncompleteReadError)):
        await ask(await dial(proxy))
    proxy.restore()
    assert await ask(await dial(proxy)) == b"hello"


async def test_cut_resets_what_is_open_only(proxy):
    """The open connection is reset, also out of a blackhole; the next one works."""
    old = await dial(proxy)
    await ask(old)
    proxy.blackhole()
    proxy.cut()
    with pytest.raises(ConnectionError):
        await asyncio.wait_for(old[0].read(1), 60)
    proxy.restore()
    assert await ask(await dial(proxy)) == b"hello"


@pytest.mark.parametrize("pieces", [[b"..commit.."], [b"..com", b"mit.."]])
async def test_cut_before_answer_lets_the_server_act(proxy, echo, pieces):
    """The server has the request, in however many pieces; the client has a reset and no byte of the answer."""
    connection = reader, writer = await dial(proxy)
    assert await ask(connection) == b"hello"
    proxy.cut_before_answer(b"commit", times=1)
    assert await ask(connection, b"begin") == b"begin"
    for piece in pieces[:-1]:
        assert await ask(connection, piece) == piece
    writer.write(pieces[-1])
    with pytest.raises(ConnectionError):
        await asyncio.wait_for(reader.read(1), 60)
    assert echo.heard.endswith(b"..commit..")
    while not proxy.cuts:
        await asyncio.sleep(0.01)
    again = await dial(proxy)
    assert await ask(again, b"commit") == b"commit"
    assert proxy.cuts == 1


async def test_retarget_leads_to_the_restarted_server(proxy):
    """The old connection is reset; a new one reaches the new address."""
    old = await dial(proxy)
    await ask(old)
    async with Echo() as other:
        await proxy.retarget(other.address)
        with pytest.raises(ConnectionError):
            await asyncio.wait_for(old[0].read(1), 60)
        assert await ask(await dial(proxy), b"there") == b"there"
        assert other.heard == b"there"


async def test_an_upstream_that_is_down_is_a_reset(proxy, echo):
    """A client of a proxy whose server is gone gets an error at once."""
    await proxy.retarget("127.0.0.1:1")
    with pytest.raises((ConnectionError, asyncio.IncompleteReadError)):
        await ask(await dial(proxy))


async def test_leaving_ends_what_is_open(echo):
    """No connection and no task outlives the proxy, blackholed ones included."""
    async with TcpProxy(echo.address) as proxy:
        old = await dial(proxy)
        await ask(old)
        proxy.blackhole()
        await dial(proxy)
        await asyncio.sleep(0.05)
    with pytest.raises(ConnectionError):
        await asyncio.wait_for(old[0].read(1), 60)
    assert proxy.connections == 0


def test_bolt_commit_is_a_whole_chunk():
    """Length, structure 0x12 without fields, end of message: it can't be mistaken for a longer message."""
    assert bytes([0, 2, 0xB0, 0x12, 0, 0]) == BOLT_COMMIT
