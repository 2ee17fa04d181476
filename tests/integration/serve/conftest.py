"""A story in the real graph, told through the real log by a real pod, and the API in front of it."""

import socket
import uuid
from contextlib import AsyncExitStack

import aiohttp
import pytest
from plugins.end_to_end import drained, pods

from consumer.app.memory import open_memory
from consumer.serve.server import ApiServer

TOKEN = "a-token-of-sixteen-and-more"


def fact(subject, relation, target, since, exclusive="none"):
    """A fact whose sentence is its triple in words."""
    return {
        "subject": {"name": subject, "type": "Person"},
        "relation": relation,
        "object": target,
        "fact": f"{subject} {relation.lower().replace('_', ' ')} {target['name']}",
        "valid_at": f"{since}T00:00:00Z",
        "exclusive": exclusive,
    }


def city(name):
    return {"name": name, "type": "Location"}


def firm(name):
    return {"name": name, "type": "Organization", "summary": f"{name}, a maker of weather instruments"}


def story(group):
    """Maya moves twice; Tomás changes his employer; both know each other."""
    told = [
        ("Chat, March 2022", "2022-03-04", "Maya: First week at Northwind done! Lisbon is lovely.", [
            fact("Maya Lindqvist", "LIVES_IN", city("Lisbon"), "2022-02-15", "subject"),
            fact("Maya Lindqvist", "WORKS_AT", firm("Northwind"), "2022-03-01"),
            fact("Tomás Ferreira", "WORKS_AT", firm("Northwind"), "2019-06-01", "subject"),
            fact("Maya Lindqvist", "KNOWS", {"name": "Tomás Ferreira", "type": "Person"}, "2022-03-01"),
        ]),
        ("Chat, January 2023", "2023-01-09", "Maya: I moved to Porto over the holidays. The river, the fog!", [
            fact("Maya Lindqvist", "LIVES_IN", city("Porto"), "2022-12-28", "subject"),
        ]),
        ("Chat, October 2023", "2023-10-02", "Tomás: I signed with Globex. <script>alert(1)</script>", [
            fact("Tomás Ferreira", "WORKS_AT", firm("Globex"), "2023-10-09", "subject"),
        ]),
        ("Chat, February 2025", "2025-02-05", "Maya: Bought a flat in Bergen. Moving in March.", [
            fact("Maya Lindqvist", "LIVES_IN", city("Bergen"), "2025-03-01", "subject"),
        ]),
    ]  # fmt: skip
    return [
        {
            "group_id": group,
            "event_id": f"s{number}",
            "name": name,
            "source": "message",
            "content": content,
            "reference_time": f"{day}T09:00:00Z",
            "facts": facts,
        }
        for number, (name, day, content, facts) in enumerate(told, start=1)
    ]


class Told:
    """The log, its group, the server's address, and a short way to ask."""

    def __init__(self, log, group, address, session):
        self.log, self.group, self.address, self._session = log, group, address, session

    async def ask(self, method, path, *, status=200, **rest):
        """The body of the answer, which must have this status."""
        async with self._session.request(
            method, self.address + path, headers={"Authorization": f"Bearer {TOKEN}"}, **rest
        ) as answer:
            body = await answer.json(content_type=None)
            assert answer.status == status, body
            return body

    async def settle(self):
        """Wait until the pod has written what is in the log."""
        await drained(self.log, 240)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.fixture
async def told(make_log):
    """The story, served with a token; the pod goes on reading, and its state is told."""
    port = free_port()
    log = await make_log(
        health={"port": port},
        serve={
            "port": 0,
            "token": TOKEN,
            "pods": [f"http://127.0.0.1:{port}"],
            "pod_timeout_s": 5,
            "request_timeout_s": 120,  # the machine may be busy with other tests
        },
    )
    group = f"serve-{uuid.uuid4().hex[:8]}"
    await log.publish(story(group))
    async with AsyncExitStack() as closing:
        await closing.enter_async_context(pods(log, 1))
        await drained(log, 240)
        memory = await closing.enter_async_context(open_memory(log.settings))
        server = await closing.enter_async_context(ApiServer(memory))
        session = await closing.enter_async_context(aiohttp.ClientSession())
        yield Told(log, group, server.address, session)
