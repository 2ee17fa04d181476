"""The OpenAPI document says what the application does, and is the one that is committed."""

import json
import re

import pytest
from jsonschema import Draft202012Validator
from repository import text as committed

from consumer.serve import openapi
from consumer.serve.endpoints import ENDPOINTS

DOCUMENT = json.loads(openapi.text())
METHODS = {"get", "post", "delete", "put", "patch"}


def operations():
    for path, item in DOCUMENT["paths"].items():
        for method, operation in item.items():
            yield method, path, operation


async def test_what_is_served_is_what_is_committed(api):
    """`episodes schema openapi --write schemas` has been run after the last change."""
    _, headers, served = await api.ask("GET", "/openapi.json", token=None)
    assert headers["Content-Type"].startswith("application/json")
    assert served == DOCUMENT
    assert committed("schemas/openapi.json") == openapi.text()


async def test_every_route_of_the_application_is_in_it(api):
    """And nothing is in it that the application does not serve."""
    routes = {
        (route.method.lower(), route.resource.canonical)
        for route in api.server._api.app.router.routes()
        if route.method not in {"HEAD", "OPTIONS"}
    }
    assert routes == {(method, path) for method, path, _ in operations()}


def test_every_reference_leads_somewhere():
    """No `$ref` dangles."""
    for target in set(re.findall(r'"\$ref": "#/([^"]+)"', openapi.text())):
        found = DOCUMENT
        for part in target.split("/"):
            found = found[part]
        assert found


def test_every_component_is_used():
    """Nothing is left over."""
    used = set(re.findall(r"#/components/schemas/([\w.-]+)", openapi.text()))
    assert set(DOCUMENT["components"]["schemas"]) == used


@pytest.mark.parametrize(("method", "path", "operation"), list(operations()), ids=lambda value: str(value)[:40])
def test_every_operation_is_whole(method, path, operation):
    """A name of its own, a summary, all parameters of its path, a good answer, and the one form of errors."""
    assert method in METHODS
    assert operation["summary"]
    assert operation["operationId"]
    in_path = {each["name"] for each in operation["parameters"] if each["in"] == "path"}
    assert in_path == set(re.findall(r"\{(\w+)\}", path))
    assert operation["responses"]["default"] == {"$ref": "#/components/responses/Problem"}
    assert any(status.startswith("2") for status in operation["responses"])


def test_names_of_operations_differ():
    """So that a generated client has a method each."""
    names = [operation["operationId"] for _, _, operation in operations()]
    assert len(set(names)) == len(names)
    assert len(ENDPOINTS) >= 17


def test_schemas_are_json_schema():
    """Each component keeps the dialect of OpenAPI 3.1, which is JSON Schema 2020-12."""
    for schema in DOCUMENT["components"]["schemas"].values():
        Draft202012Validator.check_schema(schema)
    assert DOCUMENT["openapi"] == "3.1.0"


def test_what_asks_for_no_token_says_so():
    """The page, the document and the probes; nothing else."""
    free = {path for _, path, operation in operations() if operation.get("security") == []}
    assert free == {"/", "/assets/{name}", "/livez", "/readyz", "/openapi.json"}
