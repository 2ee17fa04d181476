"""docs/settings.md knows each setting, by the variable that sets it."""

import re

import pytest
from pydantic import BaseModel, SecretStr, ValidationError
from repository import text

from consumer.cli.marked_page import written_into
from consumer.settings import Settings
from consumer.settings import page as settings_page
from consumer.settings.page import markdown, records, tables

PAGE = text("docs/settings.md")
MACHINE = re.compile(r"(?<![\w:/])/(?:home|Users|root|tmp|var|usr|opt)\b|~/")


def fields(model, path=()):
    """Yield the path of each field that a variable sets, sections within sections included."""
    for name, field in model.model_fields.items():
        if isinstance(field.default, BaseModel):
            yield from fields(type(field.default), (*path, name))
        else:
            yield (*path, name)


def variables():
    """Return every setting that has variables."""
    return [each for table in tables() for each in table.settings if not table.is_json]


def value_at(settings, name):
    """Return the value of `section.field`."""
    for part in name.split("."):
        settings = getattr(settings, part)
    return settings


def test_the_tables_of_settings_are_those_of_the_code():
    """`episodes schema settings --write docs/settings.md` would change nothing."""
    assert written_into(PAGE, settings_page) == PAGE


def test_each_field_of_the_settings_is_there_once():
    """Found by walking the sections another way."""
    assert sorted(each.name for each in variables()) == sorted(".".join(path) for path in fields(Settings))


def test_each_setting_says_what_it_is():
    """No field is without a description, and no row shows an unfinished type."""
    told = [each for table in tables() for each in table.settings]
    assert [
        each.name for each in told if not each.description or not each.type or "object" in each.type.split()[:1]
    ] == []


def outcome(name):
    """Return the value that a field has now, as text, or how the settings are refused."""
    try:
        value = value_at(Settings(), name)
    except ValueError as error:
        return str(error)
    return str(value.get_secret_value() if isinstance(value, SecretStr) else value)


@pytest.mark.parametrize("setting", variables(), ids=lambda setting: setting.name)
def test_a_variable_sets_the_field_it_is_told_to_set(monkeypatch, setting):
    """Each name of it reaches the field: what can be no value of it is refused by name, or taken as the text it is."""
    *sections, field = setting.name.split(".")
    for variable in setting.variables:
        before = outcome(setting.name)
        with monkeypatch.context() as patch:
            patch.setenv(variable, "{canary}")
            after = outcome(setting.name)
        assert after != before
        assert any(name in after for name in ("{canary}", field, variable, *sections[:1]))


@pytest.mark.parametrize(
    "setting", [each for each in variables() if each.default is not None], ids=lambda setting: setting.name
)
def test_a_default_that_is_shown_is_the_default(monkeypatch, setting):
    """Set to what the page shows, all settings are as without it."""
    monkeypatch.delenv("SEMAPHORE_LIMIT", raising=False)
    plain = Settings()
    monkeypatch.setenv(setting.variables[0], setting.default)
    assert value_at(Settings(), setting.name) == value_at(plain, setting.name)


def test_the_page_is_the_same_whatever_the_environment_says(monkeypatch):
    """No secret that is set, no folder of this machine."""
    before = markdown()
    for setting in variables():
        monkeypatch.setenv(setting.variables[0], "canary-of-the-page")
    monkeypatch.setenv("HOME", "/canary-of-the-page")
    assert markdown() == before
    assert "canary" not in str(records())
    assert not MACHINE.search(before)
    assert all(each["default"] is None for each in records() if each["is_secret"])
    assert {each["name"] for each in records() if each["is_secret"]} >= {"openai_api_key", "neo4j.password"}


def test_plain_names_come_first():
    """Those that other tools know: OPENAI_API_KEY, and ours behind it."""
    named = {each.name: each.variables for each in variables()}
    assert named["openai_api_key"] == ("OPENAI_API_KEY", "EPISODES_OPENAI_API_KEY")
    assert named["llm.routing.fast_below_chars"] == ("EPISODES_LLM__ROUTING__FAST_BELOW_CHARS",)


def test_what_the_page_says_of_names_is_so(monkeypatch):
    """The name with our prefix wins, capitals do not matter, a section may be one JSON, an unknown name is refused."""
    monkeypatch.setenv("SEMAPHORE_LIMIT", "3")
    monkeypatch.setenv("EPISODES_SEMAPHORE_LIMIT", "4")
    monkeypatch.setenv("episodes_kafka__consumer_group", "pods")
    monkeypatch.setenv("EPISODES_KAFKA", '{"topic":"notes","partitions":7}')
    monkeypatch.setenv("EPISODES_KAFKA__PARTITIONS", "9")
    monkeypatch.setenv("EPISODES_KAFAK__TOPIC", "unnoticed")
    settings = Settings()
    assert settings.semaphore_limit == 4
    assert (settings.kafka.topic, settings.kafka.partitions, settings.kafka.consumer_group) == ("notes", 9, "pods")
    monkeypatch.setenv("EPISODES_KAFKA__TOPICS", "notes")
    with pytest.raises(ValidationError):
        Settings()


def test_a_page_without_marks_is_refused():
    """Nothing is written over."""
    with pytest.raises(ValueError, match="marks"):
        written_into("# Settings\n", settings_page)
