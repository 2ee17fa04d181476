"""The public contracts, made from the wire models: JSON Schemas of event and dead letter, and an AsyncAPI document.

`schemas/` holds them as files, `episodes schema` prints them, and a test keeps both equal to this module.
Source: JSON Schema 2020-12, https://json-schema.org/draft/2020-12; AsyncAPI 3.0.0,
https://www.asyncapi.com/docs/reference/specification/v3.0.0; Kafka bindings 0.5.0,
https://github.com/asyncapi/bindings/tree/master/kafka.
"""

from __future__ import annotations

import copy
import json
from typing import Any, TypeAlias

from consumer.model.dead_letter import PartHeaders
from consumer.model.events import EVENT, DeadLetterHeaders
from consumer.ontology import Ontology
from consumer.settings import KafkaSettings

Document: TypeAlias = dict[str, Any]

DIALECT = "https://json-schema.org/draft/2020-12/schema"
ASYNCAPI_VERSION = "3.0.0"
KAFKA_BINDING = "0.5.0"
CONTRACT_VERSION = "1.0.0"
"""Of the contract, not of the product: raised when a field is added (minor) or changes its meaning (major)."""

EVENT_FILE, DEAD_LETTER_FILE, ASYNCAPI_FILE = "event.schema.json", "dead-letter.schema.json", "asyncapi.json"
ONTOLOGY_FILE = "ontology.schema.json"
_DEFINITIONS = "#/components/schemas/{model}"
_DEAD_LETTER_BYTES = 5_242_880

EXAMPLES: tuple[tuple[str, str, Document], ...] = (
    (
        "message",
        "A chat message",
        {
            "group_id": "alice",
            "event_id": "chat-42",
            "name": "Chat, 1 May",
            "source": "message",
            "content": "Alice: I started at Acme today.",
            "reference_time": "2024-05-01T09:00:00Z",
            "saga": "onboarding",
        },
    ),
    (
        "json",
        "A record as JSON",
        {
            "group_id": "crm",
            "event_id": "customer-7-v3",
            "source": "json",
            "source_description": "CRM change feed",
            "content": {"customer": "Globex", "city": "Lyon"},
            "reference_time": "2024-05-02T10:30:00+02:00",
        },
    ),
    (
        "facts",
        "Given facts, taken without a model call",
        {
            "group_id": "offices",
            "event_id": "term-2025",
            "facts": [
                {
                    "subject": {"name": "Ada Young", "type": "Person"},
                    "relation": "HOLDS_OFFICE",
                    "object": {"name": "Mayor of Springfield", "type": "Office"},
                    "fact": "Ada Young is mayor of Springfield.",
                    "valid_at": "2025-01-01T00:00:00Z",
                    "exclusive": "object",
                }
            ],
        },
    ),
    (
        "episodeRemoved",
        "Takes one episode out",
        {"type": "episode.removed", "group_id": "alice", "event_id": "chat-42"},
    ),
    ("groupRemoved", "Takes a group out", {"type": "group.removed", "group_id": "alice"}),
)
"""Valid events: identifier, summary, value."""

DEAD_LETTER_EXAMPLE: Document = {
    "episodes.dead_letter.reason": "invalid-event",
    "episodes.dead_letter.detail": "group_id: Field required",
    "episodes.dead_letter.family": "episode",
    "episodes.dead_letter.stage": "intake",
    "episodes.dead_letter.attempts": "1",
    "episodes.dead_letter.first_at": "2024-05-01T09:00:01Z",
    "episodes.dead_letter.failed_at": "2024-05-01T09:00:01Z",
    "episodes.dead_letter.traceback_digest": "",
    "episodes.origin.topic": "episodes",
    "episodes.origin.partition": "2",
    "episodes.origin.offset": "41",
    "episodes.origin.timestamp_ms": "1714554000000",
    "episodes.trace_id": "0af7651916cd43dd8448eb211c80319c",
}

_EVENT_HEADERS: Document = {
    "type": "object",
    "description": "Optional record headers; values are UTF-8 text.",
    "properties": {
        "traceparent": {
            "type": "string",
            "pattern": "^[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$",
            "description": "W3C Trace Context: the episode's trace continues the producer's.",
        },
        "tracestate": {"type": "string", "description": "W3C Trace Context, passed on."},
        "event_id": {
            "type": "string",
            "minLength": 1,
            "maxLength": 512,
            "description": "On a record without value (a tombstone): the event to take out of the key's group.",
        },
    },
}


def event_schema() -> Document:
    """Return the JSON Schema of a record's value on the episodes topic."""
    schema = _schema_of_event("#/$defs/{model}")
    return {"$schema": DIALECT, "title": "Event", "description": _first_line(), **schema, "examples": _values()}


def dead_letter_schema() -> Document:
    """Return the JSON Schema of the headers that a dead letter has besides the original record's."""
    schema = _dead_letter_headers()
    return {"$schema": DIALECT, **schema, "examples": [DEAD_LETTER_EXAMPLE]}


def ontology_schema() -> Document:
    """Return the JSON Schema of an ontology file."""
    return {"$schema": DIALECT, **Ontology.model_json_schema()}


def asyncapi() -> Document:
    """Return the AsyncAPI 3.0 document of both topics, self-contained."""
    schemas = _schema_of_event(_DEFINITIONS)
    definitions: Document = schemas.pop("$defs")
    definitions |= {"Event": schemas, "EventHeaders": _EVENT_HEADERS, "DeadLetterHeaders": _dead_letter_headers()}
    topic, dead_letters = KafkaSettings().topic, KafkaSettings().dead_letter_topic
    return {
        "asyncapi": ASYNCAPI_VERSION,
        "info": {
            "title": "Episodes",
            "version": CONTRACT_VERSION,
            "description": "Episodes published to Kafka become entities and dated facts in a temporal knowledge graph.",
            "license": {"name": "Apache-2.0", "url": "https://www.apache.org/licenses/LICENSE-2.0"},
        },
        "defaultContentType": "application/json",
        "servers": {
            "local": {
                "host": KafkaSettings().bootstrap_servers,
                "protocol": "kafka",
                "description": "Where `episodes up` and the default settings look.",
            }
        },
        "channels": {
            "episodes": _channel(
                topic,
                "Events in, keyed by group: a group's events stay in order.",
                "event",
                {"cleanup.policy": ["delete"]},
            ),
            "deadLetters": _channel(
                dead_letters,
                "Records that cannot be written: key, value and headers as they were, and why.",
                "deadLetter",
                {"cleanup.policy": ["delete"], "max.message.bytes": _DEAD_LETTER_BYTES},
            ),
        },
        "operations": {
            "consumeEpisodes": _operation("receive", "episodes", "event", "The consumer writes each event once."),
            "rejectEpisode": _operation(
                "send", "deadLetters", "deadLetter", "The consumer keeps what is wrong with its reason."
            ),
        },
        "components": {
            "messages": {"event": _event_message(), "deadLetter": _dead_letter_message()},
            "schemas": dict(sorted(definitions.items())),
        },
    }


def files() -> dict[str, str]:
    """Return the text of each file of `schemas/`, by name."""
    return {
        EVENT_FILE: text(event_schema()),
        DEAD_LETTER_FILE: text(dead_letter_schema()),
        ASYNCAPI_FILE: text(asyncapi()),
        ONTOLOGY_FILE: text(ontology_schema()),
    }


def text(document: Document) -> str:
    """Return a document as it stands in a file."""
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def _schema_of_event(reference: str) -> Document:
    """Return the schema of the union of events, with its definitions under `reference`."""
    schema = copy.deepcopy(EVENT.json_schema(ref_template=reference))
    # What the model checks after its fields: only source `json` takes content that is no text.
    schema["$defs"]["EpisodeAdded"] |= {
        "if": {"properties": {"source": {"const": "json"}}, "required": ["source"]},
        "else": {"properties": {"content": {"type": "string"}}},
    }
    return schema


def _dead_letter_headers() -> Document:
    """Return the schema of a dead letter's headers; those of a part come all together or not at all."""
    schema = DeadLetterHeaders.model_json_schema(by_alias=True)
    parts = PartHeaders.model_json_schema(by_alias=True)["properties"]
    others = {name: [other for other in parts if other != name] for name in parts}
    return {**schema, "properties": schema["properties"] | parts, "dependentRequired": others}


def _channel(address: str, description: str, message: str, configuration: Document) -> Document:
    """Return a channel with one message."""
    return {
        "address": address,
        "description": description,
        "messages": {message: {"$ref": f"#/components/messages/{message}"}},
        "bindings": {
            "kafka": {"topic": address, "topicConfiguration": configuration, "bindingVersion": KAFKA_BINDING},
        },
    }


def _operation(action: str, channel: str, message: str, summary: str) -> Document:
    """Return what the consumer does with a channel."""
    return {
        "action": action,
        "channel": {"$ref": f"#/channels/{channel}"},
        "summary": summary,
        "messages": [{"$ref": f"#/channels/{channel}/messages/{message}"}],
    }


def _event_message() -> Document:
    """Return the message of the episodes topic."""
    return {
        "name": "event",
        "title": "Event",
        "summary": _first_line(),
        "contentType": "application/json",
        "headers": {"$ref": "#/components/schemas/EventHeaders"},
        "payload": {"$ref": "#/components/schemas/Event"},
        "bindings": {
            "kafka": {
                "key": {"$ref": "#/components/schemas/GroupRemoved/properties/group_id"},
                "bindingVersion": KAFKA_BINDING,
            }
        },
        "examples": [{"name": name, "summary": summary, "payload": value} for name, summary, value in EXAMPLES],
    }


def _dead_letter_message() -> Document:
    """Return the message of the dead-letter topic; its payload is whatever was on the episodes topic."""
    return {
        "name": "deadLetter",
        "title": "Dead letter",
        "summary": "A record that cannot be written, whole, with the reason.",
        "headers": {"$ref": "#/components/schemas/DeadLetterHeaders"},
        "payload": {"description": "The original value, byte for byte, or a part of it; perhaps no JSON."},
        "bindings": {
            "kafka": {
                "key": {"type": "string", "description": "The original key; perhaps none."},
                "bindingVersion": KAFKA_BINDING,
            }
        },
        "examples": [
            {
                "name": "invalidEvent",
                "summary": "An event without a group",
                "headers": DEAD_LETTER_EXAMPLE,
                "payload": {"content": "hello"},
            }
        ],
    }


def _values() -> list[Document]:
    """Return the example events."""
    return [value for _, _, value in EXAMPLES]


def _first_line() -> str:
    """Return what the value of a record is."""
    return "The value of a record on the episodes topic; without `type` it is an added episode."
