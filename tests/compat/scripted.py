"""Models behind Graphiti's interfaces: vectors of ours, and answers that a test has written down."""

from contextlib import asynccontextmanager

import graphiti_core
from graphiti_core.cross_encoder.client import CrossEncoderClient
from graphiti_core.embedder.client import EmbedderClient
from graphiti_core.llm_client.client import LLMClient
from graphiti_core.llm_client.config import LLMConfig
from plugins.graph import vector


class Embeddings(EmbedderClient):
    """Our deterministic vectors."""

    async def create(self, input_data):
        text = input_data if isinstance(input_data, str) else input_data[0]
        return vector(text).tolist()

    async def create_batch(self, input_data_list):
        return [vector(text).tolist() for text in input_data_list]


class Reranker(CrossEncoderClient):
    """Ranks passages by the words they share with the query."""

    async def rank(self, query, passages):
        words = set(query.casefold().split())
        return sorted(((p, float(len(words & set(p.casefold().split())))) for p in passages), key=lambda x: -x[1])


class Script(LLMClient):
    """Answers each kind of Graphiti's questions by what the test says the episode tells.

    `tell` sets it: facts are (subject, RELATION, object, sentence, valid_at text or None). No two entities are judged
    the same, no two facts, and none contradicts another, unless Graphiti decides so without a model.
    """

    def __init__(self):
        super().__init__(LLMConfig(api_key="unused"))
        self.asked = []
        self._facts = []

    def tell(self, *facts):
        """What the next episode says."""
        self._facts = list(facts)

    async def _generate_response(self, messages, response_model=None, *args, **options):
        kind = response_model.__name__
        self.asked.append(kind)
        names = list(dict.fromkeys(name for fact in self._facts for name in (fact[0], fact[2])))
        match kind:
            case "ExtractedEntities":
                return {"extracted_entities": [{"name": n, "entity_type_id": 0, "episode_indices": [0]} for n in names]}
            case "ExtractedEdges":
                return {
                    "edges": [
                        {
                            "source_entity_name": subject,
                            "target_entity_name": target,
                            "relation_type": relation,
                            "fact": sentence,
                            "valid_at": valid_at,
                            "invalid_at": None,
                            "episode_indices": [0],
                        }
                        for subject, relation, target, sentence, valid_at in self._facts
                    ]
                }
            case "NodeResolutions":
                return {
                    "entity_resolutions": [
                        {"id": i, "name": name, "duplicate_candidate_id": -1} for i, name in enumerate(names)
                    ]
                }
            case "EdgeDuplicate":
                return {"duplicate_facts": [], "contradicted_facts": []}
            case "EdgeTimestamps":
                return {"valid_at": None, "invalid_at": None}
            case "SummarizedEntities":
                return {"summaries": [{"name": name, "summary": f"{name}, told again."} for name in names]}
        raise AssertionError(f"no answer is written for {kind}")


@asynccontextmanager
async def opened(uri, monkeypatch):
    """Graphiti itself on a database, with its indexes built, and its script."""
    monkeypatch.setenv("GRAPHITI_TELEMETRY_ENABLED", "false")
    script = Script()
    graphiti = graphiti_core.Graphiti(
        uri, "neo4j", "unused", llm_client=script, embedder=Embeddings(), cross_encoder=Reranker()
    )
    await graphiti.build_indices_and_constraints()
    try:
        yield graphiti, script
    finally:
        await graphiti.close()
