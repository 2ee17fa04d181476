"""What the labels of metrics mean, and how many values each can have."""

from __future__ import annotations

from consumer.telemetry import names

LABELS: dict[str, str] = {
    names.TOPIC: "the topic",
    names.PARTITION: "the partition's number",
    names.MESSAGING_SYSTEM: "`kafka`",
    names.MESSAGING_OPERATION_NAME: "`send`, `commit`",
    names.STAGE: "`intake`, `extract`, `embed`, `write`; of retries also `dead letter`",
    names.OUTCOME: "what became of an episode, a work or a question: a handful of words, told with each metric",
    names.REASON: "one of the reasons in [dead letters](guides/dead-letters.md), or `other`",
    names.DEPENDENCY: "what was called: `llm`, `embeddings`, `neo4j-read`, `neo4j-write`, `kafka-produce`, …",
    names.ERROR_TYPE: "class of the exception, or `cancelled`; absent when all went well",
    names.ONTOLOGY: "name of a registered ontology",
    names.DEVIATION: "kind of deviation, told in [ontologies](guides/ontology.md)",
    names.GEN_AI_OPERATION: "`chat`, `embeddings`",
    names.GEN_AI_PROVIDER: "`openai`, `local`",
    names.GEN_AI_REQUEST_MODEL: "the model that was asked for",
    names.GEN_AI_RESPONSE_MODEL: "the model that answered",
    names.GEN_AI_TOKEN_TYPE: "`input`, `output`; where it says so `cached`, which is part of input",
    names.USAGE_SOURCE: "`reported` by the server, `estimated` by us",
    names.LLM_TIER: "`fast`, `balanced`, `accurate`, `creative`",
    names.LIMITED: "`requests`, `tokens`",
    names.GROUP: "absent; with `EPISODES_TELEMETRY__GROUP_LABELS` at N, the first N groups by name and `other`",
    names.DB_SYSTEM: "`neo4j`",
    names.DB_NAMESPACE: "the database",
    names.DB_OPERATION: "`read`, `write`, `schema`",
    names.DB_QUERY_SUMMARY: "name of the query file in `consumer/graph/queries`",
    names.POOL: "`neo4j`, `llm`, `embeddings`",
    names.POOL_STATE: "`in_use`, `idle`",
    names.CACHE: "`chat`, `vector`, `search`",
    names.CACHE_TIER: "`memory`, `redis`, `disk`, `none`",
    names.HOLDER: "`in_flight`, `chat`, `vector`, `search`",
    names.QUESTION: "`search`, `context`, `entity`, `neighbours`, `paths`, `timeline`, `snapshot`, `diff`",
    names.HTTP_METHOD: "`GET`, `POST`, …; what strangers make up is `_OTHER`",
    names.HTTP_ROUTE: "the path with its parameters' names; absent for paths that there are not",
    names.HTTP_STATUS: "the status",
    names.MCP_METHOD: "`tools/call`",
    names.TOOL: "the tool that was called",
}
"""By attribute. None can be multiplied by a tenant, an offset or a text."""
