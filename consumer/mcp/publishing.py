"""The tools that add and remove, under the names and arguments of Graphiti's server: each publishes an event.

What is added goes to the log, so it is durable at once and in the graph when a consumer has come to it. A single fact
can't be deleted, for it is what its episodes say. Arguments that steer Graphiti's own extraction are not used, and the
answer says so.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from consumer.app.memory import Memory, NotThere
from consumer.errors import UserError
from consumer.mcp import answers
from consumer.mcp.arguments import content_of, groups, instant, source_of
from consumer.model.instants import iso

PUBLISHING = ("add_memory", "add_triplet", "delete_episode", "delete_entity_edge", "clear_graph")
DESTRUCTIVE = frozenset({"delete_episode", "delete_entity_edge", "clear_graph"})


class PublishingTools:
    """Tools that add and remove: each publishes an event."""

    def __init__(self, memory: Memory) -> None:
        self._memory = memory
        self._settings = memory.settings.mcp

    async def add_memory(
        self,
        *,
        name: Annotated[str, Field(description="Short title.")],
        episode_body: Annotated[str, Field(description="What to remember; for source 'json' a JSON text.")],
        group_id: Annotated[str | None, Field(description="The server's default group when left out.")] = None,
        source: Annotated[str, Field(description="text, message (`speaker: text`) or json.")] = "text",
        source_description: str = "",
        uuid: Annotated[
            str | None, Field(description="Names the memory: added twice under one name it is there once.")
        ] = None,
        reference_time: Annotated[
            str | None, Field(description="When it was said or happened, ISO 8601; now when left out.")
        ] = None,
        excluded_entity_types: Annotated[list[str] | None, Field(description="Not used: see the answer.")] = None,
        custom_extraction_instructions: Annotated[str | None, Field(description="Not used: see the answer.")] = None,
        previous_episode_uuids: Annotated[list[str] | None, Field(description="Not used: see the answer.")] = None,
        update_communities: Annotated[bool, Field(description="Not used: see the answer.")] = False,
        saga: Annotated[str | None, Field(description="Name of the series that it belongs to.")] = None,
        saga_previous_episode_uuid: Annotated[str | None, Field(description="Not used: see the answer.")] = None,
    ) -> answers.Added:
        """Add a memory (episode). It is durable in the log when this returns, and in the graph some seconds later.

        Entities and facts are taken from it in the background, in the order of the group.
        """
        (group,) = groups(group_id, self._settings.group)
        kind, note = source_of(source)
        at = instant("reference_time", reference_time)
        event = {
            "group_id": group,
            "event_id": uuid,
            "name": name,
            "source": kind,
            "source_description": source_description,
            "content": content_of(kind, episode_body),
            "reference_time": None if at is None else iso(at),
            "saga": saga,
        }
        note += _unused(
            excluded_entity_types=(excluded_entity_types, "an ontology says which types there are"),
            custom_extraction_instructions=(custom_extraction_instructions, "an ontology describes its types"),
            previous_episode_uuids=(previous_episode_uuids, "the context is the episodes before it in the log"),
            update_communities=(update_communities, "`episodes communities build` makes them"),
            saga_previous_episode_uuid=(saga_previous_episode_uuid, "a saga is in the order of its reference times"),
        )
        done = await self._memory.publish({key: value for key, value in event.items() if value is not None})
        return answers.Added(
            message=f"Episode '{name}' is in the log for group '{group}' and is worked on in its turn. {note}".strip(),
            episode_uuid=done.episode_uuid,
            group_id=done.group_id,
            event_id=done.event_id,
        )

    async def add_triplet(
        self,
        *,
        source_node_name: str,
        edge_name: Annotated[str, Field(description="Relation, e.g. WORKS_AT.")],
        fact: Annotated[str, Field(description="The fact as a sentence.")],
        target_node_name: str,
        group_id: Annotated[str | None, Field(description="The server's default group when left out.")] = None,
        source_node_uuid: Annotated[str | None, Field(description="Not used: names say which entity it is.")] = None,
        target_node_uuid: Annotated[str | None, Field(description="Not used: names say which entity it is.")] = None,
    ) -> answers.Added:
        """Add one fact as it is, without a model call: source entity, relation, target entity."""
        (group,) = groups(group_id, self._settings.group)
        given = {"subject": source_node_name, "relation": edge_name, "object": target_node_name, "fact": fact}
        event = {"group_id": group, "name": edge_name, "content": fact, "source": "fact_triple", "facts": [given]}
        done = await self._memory.publish(event)
        note = _unused(
            source_node_uuid=(source_node_uuid, "the name says which entity it is"),
            target_node_uuid=(target_node_uuid, "the name says which entity it is"),
        )
        return answers.Added(
            message=f"Fact '{fact}' is in the log for group '{group}'. {note}".strip(),
            episode_uuid=done.episode_uuid,
            group_id=done.group_id,
            event_id=done.event_id,
        )

    async def delete_episode(self, *, uuid: str) -> answers.Said:
        """Remove an episode, and the entities and facts that only it told. The graph follows some seconds later."""
        done = await self._memory.remove_episode(uuid)
        return answers.Said(message=f"The removal of episode {uuid} is in the log for group '{done.group_id}'")

    async def delete_entity_edge(self, *, uuid: str) -> answers.Said:
        """Not supported: a fact is what its episodes say. The error names the episodes that tell it."""
        found = await self._memory.library.fact(uuid)
        if found is None:
            raise NotThere(f"there is no fact {uuid}")
        told = ", ".join(found.episodes) or "none that are known"
        raise UserError(
            "a single fact can't be deleted: it is what its episodes say, and would be back at the next replay of the "
            f"log. Delete the episodes that tell it with delete_episode ({told}), or add a memory that corrects it."
        )

    async def clear_graph(
        self,
        *,
        group_ids: Annotated[
            str | list[str] | None, Field(description="The groups to remove; there is no default.")
        ] = None,
        confirm: Annotated[bool, Field(description="True once you have told the user what is lost.")] = False,
    ) -> answers.Said:
        """Remove groups with all they hold, for good. Asks for confirm=true, and says before what would be lost."""
        if group_ids is None:
            raise UserError("name the groups to remove in group_ids: nothing is cleared by default")
        chosen = groups(group_ids, self._settings.group)
        if not confirm:
            sizes = [await self._size(group) for group in chosen]
            raise UserError(f"this removes for good {'; '.join(sizes)}. Call it again with confirm=true to do so.")
        for group in chosen:
            await self._memory.remove_group(group)
        return answers.Said(message=f"The removal is in the log for group(s): {', '.join(chosen)}")

    async def _size(self, group: str) -> str:
        size = await self._memory.library.group(group)
        if size is None:
            return f"group '{group}' (empty)"
        return f"group '{group}' ({size.episodes} episodes, {size.entities} entities, {size.facts} facts)"


def _unused(**given: tuple[object, str]) -> str:
    """Return a sentence on each argument that was given and is not used."""
    return " ".join(f"{name} is not used: {why}." for name, (value, why) in given.items() if value)
