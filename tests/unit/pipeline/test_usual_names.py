"""What is read out of a text has its relation's usual name; what is given or declared has its own."""

from consumer.model.knowledge import Assertion, Knowledge, relation_name
from consumer.pipeline.bounded_extractor import bounded
from consumer.settings import PipelineSettings


def test_names_of_any_spelling_are_one():
    """Humps, hyphens, spaces and case."""
    assert {relation_name(text) for text in ("worksAt", "WorksAt", "works-at", "works at", "WORKS_AT")} == {"WORKS_AT"}
    assert relation_name("YouTube channel of") == "YOUTUBE_CHANNEL_OF"


def test_an_extracted_fact_has_the_usual_name():
    """Whichever end it was told from; a declared one keeps its name."""
    said = Knowledge(
        (),
        (
            Assertion("Initech", "employs", "Ada", "Initech employs Ada."),
            Assertion("Bob", "Worked for", "Initech", "Bob worked for Initech."),
            Assertion("Eve", "EMPLOYED_BY", "Initech", "Eve is employed by Initech.", is_declared=True),
        ),
    )
    kept = bounded(said, PipelineSettings())
    assert [(one.subject, one.relation, one.object) for one in kept.assertions] == [
        ("Ada", "WORKS_AT", "Initech"),
        ("Bob", "WORKS_AT", "Initech"),
        ("Eve", "EMPLOYED_BY", "Initech"),
    ]
