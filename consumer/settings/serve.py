"""Settings of the HTTP API and of the page beside it, and of the MCP server: who may ask, and how much."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, SecretStr, field_validator

from consumer.settings.section import PositiveFloat, PositiveInt, Section

MIN_TOKEN_CHARS = 16


class ServeSettings(Section):
    """`episodes serve`: the HTTP API and its page."""

    host: str = Field("127.0.0.1", description="address to listen on; one that others reach needs a token")
    port: int = Field(8088, ge=0, le=65_535, description="0 takes a free port")
    token: SecretStr | None = Field(
        None,
        description="asked of every request that reads or changes something (Authorization: Bearer …), 16 characters "
        "or more; without one whoever reaches the port is let in",
    )
    open_without_token: bool = Field(
        False, description="listen on an address that others reach though there is no token: something before it asks"
    )
    allowed_hosts: tuple[str, ...] = Field(
        (),
        description="further names in the Host header, as a JSON list; without a token only loopback names and these "
        "are answered, lest a page elsewhere reach us under a name of its own (DNS rebinding)",
    )
    cors_origins: tuple[str, ...] = Field(
        (), description="origins whose pages may call the API, as a JSON list (https://app.example); none by default"
    )
    page: bool = Field(True, description="serve the page at /; without it only the API")
    read_only: bool = Field(False, description="refuse what publishes: new episodes and removals")
    pods: tuple[str, ...] = Field(
        (), description="health addresses of pods whose state is told, as a JSON list: http://127.0.0.1:8080"
    )
    pod_timeout_s: PositiveFloat = Field(1.0, description="a pod that takes longer to tell its state is told as silent")
    max_body_bytes: PositiveInt = Field(2_097_152, description="a larger request body is refused: 413")
    max_query_chars: PositiveInt = Field(4_000, description="a longer question is refused: 422")
    max_limit: PositiveInt = Field(200, description="most hits of each kind that one request may ask for")
    max_groups: PositiveInt = Field(1_000, description="most groups that one request may search")
    max_context_tokens: PositiveInt = Field(32_000, description="largest token budget of a context")
    max_requests: PositiveInt = Field(
        64, description="requests in work at once; more are refused at once (503), so that a rush can't pile up"
    )
    max_connections: PositiveInt = Field(512, description="connections at once; above it those that asked nothing go")
    request_timeout_s: PositiveFloat = Field(30.0, description="a request that takes longer is given up: 504")
    header_timeout_s: PositiveFloat = Field(
        10.0, description="a connection that sends no request for so long is closed"
    )
    stop_s: PositiveFloat = Field(10.0, description="how long a stop waits for requests in work")

    @field_validator("token")
    @classmethod
    def _is_not_guessable(cls, token: SecretStr | None) -> SecretStr | None:
        """Take an empty variable for none; refuse a token that is short, or that no header can carry."""
        if token is None or not token.get_secret_value():
            return None
        text = token.get_secret_value()
        if len(text) < MIN_TOKEN_CHARS or not text.isascii() or not text.isprintable() or " " in text:
            raise ValueError(f"a token has {MIN_TOKEN_CHARS} or more printable ASCII characters, no spaces")
        return token


Group = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]+$", max_length=200)]


class McpSettings(Section):
    """`episodes mcp`: tools for assistants, over standard input and output or HTTP."""

    group: Group = Field("default", description="group of calls that name none, as Graphiti's server has one")
    host: str = Field("127.0.0.1", description="address to listen on with --transport http; others need a token")
    port: int = Field(8089, ge=0, le=65_535, description="port with --transport http")
    token: SecretStr | None = Field(None, description="asked of every HTTP request, as serve.token; not over stdio")
    read_only: bool = Field(False, description="offer no tool that publishes: no new memories, no removals")
    max_items: PositiveInt = Field(200, description="most nodes, facts or episodes that one call may ask for")

    @field_validator("token")
    @classmethod
    def _is_not_guessable(cls, token: SecretStr | None) -> SecretStr | None:
        """Refuse what the HTTP API refuses."""
        return ServeSettings(token=token).token
