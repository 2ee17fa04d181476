"""The OpenAPI 3.1 document, made from the endpoints: `/openapi.json` serves it, `schemas/openapi.json` holds it.

Source: https://spec.openapis.org/oas/v3.1.0.
"""

from __future__ import annotations

import inspect
import json
import re
from collections.abc import Iterable
from functools import cache
from typing import Any, TypeAlias

from pydantic import TypeAdapter
from pydantic.json_schema import JsonSchemaMode

from consumer.serve import problems
from consumer.serve.endpoint import PATH_TYPES, Endpoint
from consumer.serve.endpoints import ENDPOINTS

Document: TypeAlias = dict[str, Any]

OPENAPI = "3.1.0"
API_VERSION = "1.0.0"
"""Of the API, not of the product: raised when something is added (minor) or changes its meaning (major)."""
FILE = "openapi.json"

_REF = "#/components/schemas/{model}"
_NAME = re.compile(r"[^A-Za-z0-9_.-]+")
_TAGS = (
    ("search", "Finding what answers a question."),
    ("groups", "Tenants, and what they hold."),
    ("episodes", "What was said; new episodes and removals go to the log."),
    ("graph", "Looking at entities and facts, and asking along the graph and time."),
    ("status", "Whether all is well."),
)
PLAIN_PATHS: dict[str, tuple[str, str, str]] = {
    "/": ("page", "The page: ask, and look at what answers", "text/html"),
    "/openapi.json": ("openapi", "This document", "application/json"),
    "/livez": ("livez", "200 while the process lives", "application/json"),
    "/readyz": ("readyz", "200 while the graph can be asked, 503 otherwise", "application/json"),
    "/metrics": ("metrics", "Metrics in Prometheus's text format; asks for the token where there is one", "text/plain"),
    "/assets/{name}": ("asset", "A file of the page", "application/octet-stream"),
}
"""Paths beside the API: operation, summary, media type."""


@cache
def text() -> str:
    """Return the document as it is served and committed."""
    return json.dumps(document(), ensure_ascii=False, indent=2) + "\n"


def document(endpoints: Iterable[Endpoint] = ENDPOINTS) -> Document:
    """Return the document of these endpoints."""
    endpoints = tuple(endpoints)
    schemas, components = _schemas(endpoints)
    paths: Document = {}
    for each in endpoints:
        paths.setdefault(each.path, {})[each.method.lower()] = _operation(each, schemas)
    for path, (name, summary, media) in PLAIN_PATHS.items():
        paths[path] = {"get": _plain(path, name, summary, media)}
    return {
        "openapi": OPENAPI,
        "info": {
            "title": "episodes",
            "version": API_VERSION,
            "summary": "A temporal knowledge graph: ask it, look at it, publish to it.",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": "/"}],
        "security": [{"token": []}],
        "tags": [{"name": name, "description": description} for name, description in _TAGS],
        "paths": paths,
        "components": {
            "securitySchemes": {
                "token": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "EPISODES_SERVE__TOKEN; where none is set, nothing is asked.",
                }
            },
            "schemas": components | {"Problem": problems.SCHEMA},
            "responses": {
                "Problem": {
                    "description": "What went wrong.",
                    "content": {problems.CONTENT_TYPE: {"schema": {"$ref": _REF.format(model="Problem")}}},
                }
            },
            "headers": {
                "RequestId": {
                    "description": "The request's id: what came in X-Request-Id, or one of ours.",
                    "schema": {"type": "string"},
                }
            },
        },
    }


def _schemas(endpoints: tuple[Endpoint, ...]) -> tuple[dict[tuple[str, str], Document], Document]:
    """Return the schema of each endpoint's answer, body and query, and the components they share."""
    wanted: list[tuple[tuple[str, str], JsonSchemaMode, TypeAdapter[Any]]] = []
    for each in endpoints:
        wanted.append(((each.name, "answer"), "serialization", TypeAdapter(each.answer)))
        wanted.append(((each.name, "query"), "validation", TypeAdapter(each.query)))
        if each.body is not None:
            wanted.append(((each.name, "body"), "validation", TypeAdapter(each.body)))
    found, shared = TypeAdapter.json_schemas(wanted, ref_template=_REF)
    components: dict[str, Document] = dict(shared.get("$defs", {}))
    schemas = {key: schema for (key, _), schema in found.items()}
    queries = {_name_of(schema) for (_, kind), schema in schemas.items() if kind == "query"}
    resolved = {key: _resolved(schema, components) if key[1] == "query" else schema for key, schema in schemas.items()}
    return resolved, {_NAME.sub("_", name): schema for name, schema in components.items() if name not in queries}


def _name_of(schema: Document) -> str:
    return str(schema.get("$ref", "")).removeprefix("#/components/schemas/")


def _resolved(schema: Document, components: Document) -> Document:
    found: Document = components.get(_name_of(schema), schema)
    return found


def _operation(each: Endpoint, schemas: dict[tuple[str, str], Document]) -> Document:
    operation: Document = {
        "operationId": each.name,
        "summary": each.summary,
        "description": each.description or inspect.getdoc(each.handle) or "",
        "tags": [each.tag],
        "parameters": [*_path_parameters(each.path), *_query_parameters(schemas[each.name, "query"])],
        "responses": {
            str(each.status.value): {
                "description": each.status.phrase,
                "headers": {"X-Request-Id": {"$ref": "#/components/headers/RequestId"}},
                "content": {"application/json": {"schema": schemas[each.name, "answer"]}},
            },
            "default": {"$ref": "#/components/responses/Problem"},
        },
    }
    if each.body is not None:
        body = {"application/json": {"schema": schemas[each.name, "body"]}}
        operation["requestBody"] = {"required": True, "content": body}
    return operation


def _path_parameters(path: str) -> list[Document]:
    names = re.findall(r"\{(\w+)\}", path)
    return [
        {"name": name, "in": "path", "required": True, "schema": PATH_TYPES[name].json_schema()}
        for name in names
        if name in PATH_TYPES
    ]


def _query_parameters(schema: Document) -> list[Document]:
    required = schema.get("required", ())
    found = []
    for name, described in schema.get("properties", {}).items():
        plain = _without_null({key: value for key, value in described.items() if key not in {"description", "title"}})
        parameter: Document = {"name": name, "in": "query", "required": name in required, "schema": plain}
        if "description" in described:
            parameter["description"] = described["description"]
        found.append(parameter)
    return found


def _without_null(schema: Document) -> Document:
    """Return the schema without null, which no query can say."""
    kinds = [kind for kind in schema.get("anyOf", ()) if kind != {"type": "null"}]
    if len(kinds) != 1:
        return schema
    rest = {key: value for key, value in schema.items() if key not in {"anyOf", "default"}}
    return {**kinds[0], **rest}


def _plain(path: str, name: str, summary: str, media: str) -> Document:
    parameters = [
        {"name": each, "in": "path", "required": True, "schema": {"type": "string"}}
        for each in re.findall(r"\{(\w+)\}", path)
    ]
    operation: Document = {
        "operationId": name,
        "summary": summary,
        "tags": ["status"],
        "parameters": parameters,
        "responses": {
            "200": {"description": "OK", "content": {media: {"schema": {"type": "string"}}}},
            "default": {"$ref": "#/components/responses/Problem"},
        },
    }
    if path != "/metrics":
        operation["security"] = []
    if media == "application/json":
        operation["responses"]["200"]["content"] = {media: {"schema": {"type": "object"}}}
    return operation
