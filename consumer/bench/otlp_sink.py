"""An OTLP collector that takes everything and keeps nothing, as a process of its own: `python -m` it.

Prints its address as JSON and runs until its standard input ends.
"""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiohttp import web

_MOST_BYTES = 64_000_000


@asynccontextmanager
async def collector() -> AsyncIterator[str]:
    """Run one in a process of its own until the block ends; yields its base address."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "consumer.bench.otlp_sink", stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE
    )
    if process.stdin is None or process.stdout is None:
        raise RuntimeError("the collector has no pipes")
    try:
        yield str(json.loads(await process.stdout.readline())["address"])
    finally:
        process.stdin.close()
        await process.wait()


async def _take(request: web.Request) -> web.Response:
    await request.read()
    return web.Response()


async def serve() -> None:
    """Serve on a free port of this machine until standard input ends."""
    application = web.Application(client_max_size=_MOST_BYTES)
    application.router.add_post("/v1/{signal}", _take)
    runner = web.AppRunner(application, access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    host, port = runner.addresses[0][:2]
    sys.stdout.write(json.dumps({"address": f"http://{host}:{port}"}) + "\n")
    sys.stdout.flush()
    await asyncio.to_thread(sys.stdin.read)
    await runner.cleanup()


if __name__ == "__main__":
    asyncio.run(serve())
