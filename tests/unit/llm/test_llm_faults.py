"""The table from openai's exceptions to families, row by row."""

import inspect
import json
from datetime import UTC, datetime

import httpx2
import openai
import pytest

from consumer.errors import EpisodeFault, UserError, WorldFault
from consumer.llm.exchange import ChatRequest
from consumer.llm.faults import MAX_RETRY_AFTER_S, family_of, retry_after_s

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
REQUEST = httpx2.Request("POST", "http://127.0.0.1/v1/chat/completions")


def status_error(status, message="told", headers=None, **fields):
    """The exception that openai raises for a status."""
    response = httpx2.Response(status, headers=headers or {}, request=REQUEST)
    kinds = {
        400: openai.BadRequestError,
        401: openai.AuthenticationError,
        403: openai.PermissionDeniedError,
        404: openai.NotFoundError,
        409: openai.ConflictError,
        422: openai.UnprocessableEntityError,
        429: openai.RateLimitError,
    }
    kind = kinds.get(status, openai.InternalServerError if status >= 500 else openai.APIStatusError)
    return kind(message, response=response, body=fields)


@pytest.mark.parametrize("status", [408, 409, 425, 429, 500, 502, 503, 504, 529])
def test_a_status_that_passes_is_the_worlds_fault_and_keeps_retry_after(status):
    """Throttling, conflicts and server errors are tried again, after what the server asked for."""
    family = family_of(status_error(status, headers={"Retry-After": "7"}), "llm", NOW)
    assert isinstance(family, WorldFault)
    assert (family.dependency, family.retry_after_s) == ("llm", 7.0)


@pytest.mark.parametrize(
    "error",
    [
        TimeoutError(),
        openai.APITimeoutError(REQUEST),
        openai.APIConnectionError(request=REQUEST),
        json.JSONDecodeError("no JSON", "<html>", 0),
        UnicodeDecodeError("utf-8", b"\xff", 0, 1, "no text"),
        openai.APIResponseValidationError(httpx2.Response(200, request=REQUEST), body=None),
    ],
)
def test_no_answer_and_no_readable_answer_are_the_worlds_fault(error):
    """Timeouts, lost connections and bodies that are no API answers are tried again."""
    family = family_of(error, "embeddings", NOW)
    assert isinstance(family, WorldFault)
    assert (family.dependency, family.retry_after_s) == ("embeddings", None)


@pytest.mark.parametrize(
    ("error", "advice"),
    [
        (status_error(401), "OPENAI_API_KEY"),
        (status_error(403), "may not"),
        (status_error(404, "The model `gpt-9` does not exist"), "gpt-9"),
        (status_error(400, "invalid model ID", param="model"), "OPENAI_BASE_URL"),
        (status_error(400, "no such model", code="model_not_found"), "model"),
    ],
)
def test_a_wrong_key_or_model_is_the_users_to_mend_in_one_line(error, advice):
    """What no retry and no other episode can cure says what to set."""
    family = family_of(error, "llm", NOW)
    assert isinstance(family, UserError)
    assert advice in str(family)
    assert "\n" not in str(family)


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (status_error(413, "Request Entity Too Large"), "context-length"),
        (status_error(400, "This model's maximum context length is 8192 tokens"), "context-length"),
        (status_error(400, "too long", code="context_length_exceeded"), "context-length"),
        (status_error(400, "filtered due to content management policy", code="content_filter"), "refused"),
        (status_error(422, "messages.0.content: input was flagged"), "refused"),
        (status_error(400, "could not parse the JSON body"), "request-refused"),
        (status_error(422, "unprocessable"), "request-refused"),
    ],
)
def test_what_is_wrong_with_the_request_is_the_episodes_fault(error, reason):
    """An episode that can never be answered is given up alone, with its reason."""
    family = family_of(error, "llm", NOW)
    assert isinstance(family, EpisodeFault)
    assert family.reason == reason


def test_out_of_quota_says_so():
    """A 429 that no waiting cures tells the operator what to do."""
    family = family_of(status_error(429, "You exceeded your quota", code="insufficient_quota"), "llm", NOW)
    assert isinstance(family, WorldFault)
    assert "out of quota" in family.detail


@pytest.mark.parametrize("error", [openai.OpenAIError("new"), status_error(418), status_error(405)])
def test_what_is_in_no_row_is_nobodys(error):
    """An unknown exception stays what it is."""
    assert family_of(error, "llm", NOW) is None


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"retry-after": "2.5"}, 2.5),
        ({"retry-after-ms": "1500", "retry-after": "9"}, 1.5),
        ({"retry-after": "Fri, 02 Jan 2026 03:04:35 GMT"}, 30.0),
        ({"retry-after": "Fri, 02 Jan 2026 03:00:00 GMT"}, 0.0),
        ({"retry-after": "soon"}, None),
        ({"retry-after": "nan"}, None),
        ({"retry-after": "-3"}, 0.0),
        ({"retry-after": "999999"}, MAX_RETRY_AFTER_S),
    ],
)
def test_retry_after_is_read_as_seconds_or_as_a_date(headers, seconds):
    """Both forms of RFC 9110 count, nonsense does not, and nobody makes us wait for days."""
    assert retry_after_s(headers, NOW) == seconds


def test_messages_are_one_line_and_short():
    """A page of HTML from a proxy does not end up in logs and headers."""
    family = family_of(status_error(502, "<html>\n" + "x" * 9_000), "llm", NOW)
    assert len(str(family)) < 400
    assert "\n" not in str(family)


BY_STATUS = {
    openai.BadRequestError: 400,
    openai.AuthenticationError: 401,
    openai.PermissionDeniedError: 403,
    openai.NotFoundError: 404,
    openai.ConflictError: 409,
    openai.UnprocessableEntityError: 422,
    openai.RateLimitError: 429,
    openai.InternalServerError: 500,
}
OF_ANOTHER_DOOR = {
    # Base classes: a status that no row knows (tested above), or nothing told.
    openai.OpenAIError,
    openai.APIError,
    openai.APIStatusError,
    # Raised by parts of the client that we do not use: `.parse()` helpers, web hooks, OAuth, web sockets.
    openai.LengthFinishReasonError,
    openai.ContentFilterFinishReasonError,
    openai.InvalidWebhookSignatureError,
    openai.OAuthError,
    openai.WebSocketConnectionClosedError,
    openai.WebSocketQueueFullError,
}
NO_ANSWER = {openai.APIConnectionError, openai.APITimeoutError, openai.APIResponseValidationError}


def test_every_exception_of_the_client_has_its_place():
    """A new class in a new version of the client must be given a row or its place in a list here first."""
    found = {
        kind
        for name, kind in inspect.getmembers(openai, inspect.isclass)
        if issubclass(kind, Exception) and not name.startswith("_")
    }
    assert found == {*BY_STATUS, *OF_ANOTHER_DOOR, *NO_ANSWER}
    for kind, status in BY_STATUS.items():
        error = status_error(status)
        assert type(error) is kind
        assert family_of(error, "llm", NOW) is not None


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({"error": "the context length is 4096"}, "the context length is 4096"),
        ({"detail": "too many tokens"}, "too many tokens"),
        ({"detail": [{"loc": ["body", "n"], "msg": "Extra inputs", "input": "secret"}]}, "body.n: Extra inputs"),
        ({"error": {"message": "plain"}}, "plain"),
        ({"object": "error", "message": "plain", "code": 400}, "plain"),
    ],
)
async def test_what_a_server_says_in_its_own_form_is_heard(server, chat, body, said):
    """A text for an error, a validator's list; through the real client."""
    server.answers((400, body))
    with pytest.raises(EpisodeFault) as fault:
        await chat.complete(ChatRequest("system", "user"))
    assert said in fault.value.detail
    assert "secret" not in fault.value.detail


async def test_a_page_of_a_proxy_is_not_told(server, chat):
    """It may quote anything."""
    server.answers((400, "<html>secret</html>"))
    with pytest.raises(EpisodeFault) as fault:
        await chat.complete(ChatRequest("system", "user"))
    assert "secret" not in fault.value.detail
