"""The public contracts are what the models say, and what stands in schemas/."""

import json
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator, FormatChecker
from pydantic import ValidationError

from consumer.app import contracts
from consumer.kafka.admin import DEAD_LETTER_MAX_BYTES
from consumer.model.dead_letter import PartHeaders
from consumer.model.events import EVENT, DeadLetterHeaders

SCHEMAS = Path(__file__).parents[3] / "schemas"
EVENTS = [value for _, _, value in contracts.EXAMPLES]
WRONG = [
    {},
    [],
    {"content": "no group"},
    {"group_id": "a b"},
    {"group_id": "a", "type": "episode.gone"},
    {"group_id": "a", "type": "episode.removed"},
    {"group_id": "a", "source": "mail"},
    {"group_id": "a", "content": {"not": "text"}},
    {"group_id": "a", "source": "text", "content": 3},
    {"group_id": "a", "event_id": ""},
    {"group_id": "a", "facts": [{"subject": "x", "relation": "r"}]},
    {"group_id": "a", "facts": [{"subject": "x", "relation": "r", "object": "y", "exclusive": "always"}]},
]


@pytest.mark.parametrize("name", contracts.files())
def test_committed_file_is_up_to_date(name):
    """`episodes schema … --write schemas` has been run after the last change of the models."""
    assert (SCHEMAS / name).read_text(encoding="utf-8") == contracts.files()[name]


def test_no_other_file_is_in_the_folder_of_contracts():
    """Nothing in schemas/ is left over from an older contract."""
    ours = {path.name for path in SCHEMAS.iterdir()} & {p.name for p in SCHEMAS.glob("*.json")}
    assert set(contracts.files()) <= ours


@pytest.mark.parametrize("schema", [contracts.event_schema(), contracts.dead_letter_schema()])
def test_schema_is_valid_json_schema(schema):
    """The documents keep their own dialect."""
    Draft202012Validator.check_schema(schema)


@pytest.mark.parametrize("event", EVENTS)
def test_examples_keep_schema_and_model(event):
    """What the documents show is accepted by both."""
    validator = Draft202012Validator(contracts.event_schema(), format_checker=FormatChecker())
    assert not list(validator.iter_errors(event))
    EVENT.validate_json(json.dumps(event))


@pytest.mark.parametrize("value", WRONG, ids=lambda value: json.dumps(value)[:40])
def test_schema_refuses_what_the_model_refuses(value):
    """A producer that validates by schema sends nothing that becomes an invalid-event dead letter."""
    assert list(Draft202012Validator(contracts.event_schema()).iter_errors(value))
    with pytest.raises(ValidationError):
        EVENT.validate_json(json.dumps(value))


def test_unknown_fields_are_allowed_by_schema_and_model():
    """A producer may be newer than its consumer."""
    event = {"group_id": "a", "content": "x", "added_later": 1}
    assert not list(Draft202012Validator(contracts.event_schema()).iter_errors(event))
    assert EVENT.validate_python(event).model_extra == {"added_later": 1}


def test_dead_letter_example_keeps_schema_and_model():
    """The header names are those that the consumer writes."""
    schema = contracts.dead_letter_schema()
    assert not list(Draft202012Validator(schema).iter_errors(contracts.DEAD_LETTER_EXAMPLE))
    headers = DeadLetterHeaders.model_validate(contracts.DEAD_LETTER_EXAMPLE)
    parts = {field.alias for field in PartHeaders.model_fields.values()}
    assert set(headers.model_dump(by_alias=True)) | parts == set(schema["properties"])


def test_part_headers_come_all_together_or_not_at_all():
    """A letter in parts has each of them; the schema refuses one that lacks some."""
    validator = Draft202012Validator(contracts.dead_letter_schema())
    part = {"of": "episodes/2/41", "index": "0", "count": "2", "size": "9", "sha256": "ab"}
    headers = contracts.DEAD_LETTER_EXAMPLE | PartHeaders(**part).model_dump(by_alias=True)
    assert not list(validator.iter_errors(headers))
    del headers["episodes.part.index"]
    assert list(validator.iter_errors(headers))


class TestAsyncApi:
    """The document's structure by AsyncAPI 3.0.0, as far as it can be checked without its own schema."""

    document = contracts.asyncapi()

    def resolve(self, reference):
        """Return what a local reference points to."""
        assert reference.startswith("#/"), reference
        node = self.document
        for part in reference[2:].split("/"):
            node = node[part]
        return node

    def references(self, node):
        """Yield every reference of the document."""
        if isinstance(node, dict):
            for key, value in node.items():
                if key == "$ref":
                    yield value
                else:
                    yield from self.references(value)
        elif isinstance(node, list):
            for value in node:
                yield from self.references(value)

    def test_every_reference_resolves(self):
        """No reference leaves the document or points nowhere."""
        references = set(self.references(self.document))
        assert references
        for reference in references:
            self.resolve(reference)

    def test_root_has_the_fixed_fields_only(self):
        """No unknown field at the root, and the required ones are there."""
        allowed = {"asyncapi", "id", "info", "servers", "defaultContentType", "channels", "operations", "components"}
        assert set(self.document) <= allowed
        assert self.document["asyncapi"] == "3.0.0"
        assert {"title", "version"} <= set(self.document["info"])

    def test_channels_and_operations_fit_together(self):
        """Each operation's messages belong to its channel, and each channel's to the components."""
        for channel in self.document["channels"].values():
            assert set(channel) <= {"address", "description", "messages", "bindings"}
            assert channel["bindings"]["kafka"]["topic"] == channel["address"]
            for message in channel["messages"].values():
                assert message["$ref"].startswith("#/components/messages/")
        for operation in self.document["operations"].values():
            assert operation["action"] in {"send", "receive"}
            channel = operation["channel"]["$ref"]
            assert channel.startswith("#/channels/")
            for message in operation["messages"]:
                assert message["$ref"].startswith(channel + "/messages/")

    def test_servers_speak_kafka(self):
        """Server objects of version 3 have host and protocol."""
        for server in self.document["servers"].values():
            assert server["protocol"] == "kafka"
            assert "://" not in server["host"]

    def test_messages_have_the_fixed_fields_only(self):
        """No unknown field in a message, and names are identifiers."""
        allowed = {"name", "title", "summary", "contentType", "headers", "payload", "bindings", "examples"}
        for name, message in self.document["components"]["messages"].items():
            assert name.isidentifier()
            assert set(message) <= allowed

    @pytest.mark.parametrize("name", ["event", "deadLetter"])
    def test_examples_keep_their_message(self, name):
        """Payload and headers of each example are valid by the message's own schemas."""
        message = self.document["components"]["messages"][name]
        assert message["examples"]
        for example in message["examples"]:
            for part in {"payload", "headers"} & set(example):
                schema = {**message[part], "components": self.document["components"]}
                assert not list(Draft202012Validator(schema).iter_errors(example[part])), example["name"]

    def test_definitions_hold_no_pydantic_reference(self):
        """Definitions were moved to components as a whole."""
        assert "$defs" not in json.dumps(self.document)

    def test_dead_letter_limit_is_the_one_we_create(self):
        """The documented size limit is that of the topic `episodes publish` makes."""
        topic = self.document["channels"]["deadLetters"]["bindings"]["kafka"]["topicConfiguration"]
        assert topic["max.message.bytes"] == DEAD_LETTER_MAX_BYTES
