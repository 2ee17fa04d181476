"""The retrieval bench on the real stages and Neo4j: a small set of ours, and public sets where they are."""

from pathlib import Path

import pytest
from plugins.graph import day

from consumer.bench.retrieval import DEFAULT, Variant, comparisons, measure_retrieval
from consumer.bench.retrieval_sets import Question, QuestionSet, load_question_set
from consumer.search import Ranking
from consumer.settings import Engine, Neo4jSettings, Settings

DATA = Path(__file__).parents[4] / "shared" / "data"

TURNS = [
    "Ada: The harbour was full of fishing boats this morning.",
    "Bob: I have been researching old lighthouses for my book.",
    "Ada: Nobody spoke of the weather.",
    "Bob: The ferry to the islands was two hours late.",
    "Ada: A gull stole my sandwich.",
]
QUESTIONS = [("What is Bob writing about?", "e1"), ("How late was the ferry?", "e3"), ("Who ate the bread?", "e4")]


def settings(neo4j_uri):
    """The local engines on the tests' database."""
    return Settings(extractor=Engine.LOCAL, embedder=Engine.LOCAL, neo4j=Neo4jSettings(uri=neo4j_uri))


@pytest.mark.engine
async def test_a_set_is_written_asked_scored_and_taken_away(neo4j_uri, database, narrator):
    """By the default and by each way that it is compared with; nothing of it stays."""
    events = [
        {
            "event_id": f"e{number}",
            "group_id": narrator.group_id,
            "name": "chat",
            "source": "message",
            "content": turn,
            "reference_time": day(number).isoformat(),
        }
        for number, turn in enumerate(TURNS)
    ]
    asked = [Question(f"q{number}", narrator.group_id, text, (one,)) for number, (text, one) in enumerate(QUESTIONS)]
    told = []
    variants = {DEFAULT: Variant()} | comparisons(Ranking())
    found = await measure_retrieval(
        QuestionSet("ours", events, asked), settings(neo4j_uri), variants, lambda *what: told.append(what)
    )
    assert found.figures().recall_5 == 1.0
    assert found.figures().mrr > 0.6
    assert found.dead_letters == 0
    assert {len(answers) for answers in found.answers.values()} == {3}
    assert {what for what, _, _ in told} == {"episodes", "questions"}
    left, _, _ = await database.driver.execute_query(
        "MATCH (n:Episodic {group_id: $g}) RETURN count(n) AS n", g=narrator.group_id
    )
    assert left[0]["n"] == 0


@pytest.mark.slow
@pytest.mark.timeout(7_200)
@pytest.mark.parametrize(
    ("name", "figure", "least"),
    [
        ("locomo", "nDCG@10", 0.5),
        ("longmemeval", "nDCG@10", 0.8),
        ("qmsum", "nDCG@10", 0.5),
        ("xquad", "recall@10", 0.95),
    ],
)
async def test_public_sets_are_found_better_than_by_words_alone(neo4j_uri, narrator, name, figure, least):
    """A sample of each group's questions; the whole of it is `episodes bench retrieval`."""
    if not (DATA / name).exists():
        pytest.skip(f"the optional data folder ../shared/data/{name} is not there")
    wanted = load_question_set(DATA / name).renamed(f"{narrator.group_id}-").sampled(20)
    found = await measure_retrieval(wanted, settings(neo4j_uri), {DEFAULT: Variant()}, lambda *_: None)
    print(name, found.figures().as_dict())
    assert found.dead_letters == 0
    assert found.figures().as_dict()[figure] > least
