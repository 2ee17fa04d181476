"""Static membership: whose name it is.

A static member that was replaced by another of its name hears only "unknown member" from the heartbeats of this
client, which then joins again and throws the other one out in turn, for ever. So before it joins again we look who
has the name now.
"""

from __future__ import annotations

from aiokafka import AIOKafkaConsumer
from aiokafka.admin import AIOKafkaAdminClient

from consumer.errors import UserError
from consumer.kafka.connection import CLIENT_ID, client_options, connect
from consumer.kafka.faults import translated
from consumer.settings import KafkaSettings


def client_id(settings: KafkaSettings) -> str:
    """Return the client id of a pod: a static member's holds its name, by which the others can be told apart."""
    return CLIENT_ID if settings.group_instance_id is None else f"{CLIENT_ID}-{settings.group_instance_id}"


def member_id(client: AIOKafkaConsumer | None) -> str:
    """Return the name of `client` in its group as the broker gave it; empty before it joined."""
    coordinator = None if client is None else client._coordinator  # noqa: SLF001 - told nowhere else
    return "" if coordinator is None else str(coordinator.member_id)


def has_lost_its_place(client: AIOKafkaConsumer) -> bool:
    """Whether the broker knows `client` no longer: its session ended, or another took its name."""
    return not member_id(client)


async def require_own_name(settings: KafkaSettings) -> None:
    """Return when no other member of the group has our static name now.

    Raises:
        UserError: one has.
        WorldFault: the broker does not answer.
    """
    group = settings.consumer_group
    admin = AIOKafkaAdminClient(**client_options(settings))
    try:
        await connect(admin, settings)
        with translated(f"members of group {group}"):
            answers = await admin.describe_consumer_groups([group])
    finally:
        await admin.close()
    names = [member[1] for answer in answers for entry in answer.groups for member in entry[5]]
    if client_id(settings) in names:
        raise UserError(
            f"another member of {group!r} has taken the name {settings.group_instance_id!r}; give each pod its own "
            "EPISODES_KAFKA__GROUP_INSTANCE_ID"
        )
