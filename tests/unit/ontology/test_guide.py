"""What the guide on ontologies shows is so."""

import re
from pathlib import Path

import yaml
from typer.testing import CliRunner

from consumer.cli.main import build
from consumer.extract.mapping import mapped
from consumer.ontology import Ontology
from consumer.ontology.load import parse
from consumer.testing.episodes import episode_of

GUIDE = (Path(__file__).parents[3] / "docs" / "guides" / "ontology.md").read_text(encoding="utf-8")
OFFICES, ORDERS = re.findall(r"```yaml\n(.*?)```", GUIDE, re.DOTALL)


def test_the_first_example_is_an_ontology_of_which_check_says_what_is_shown(tmp_path, monkeypatch):
    """The file as it stands, and the line that the command prints."""
    monkeypatch.chdir(tmp_path)
    Path("offices.yaml").write_text(OFFICES, encoding="utf-8")
    result = CliRunner().invoke(build(), ["ontology", "check", "offices.yaml"])
    assert result.exit_code == 0
    assert result.output in GUIDE
    assert parse(OFFICES, "guide").entity_type("post") == "Office"


def test_the_example_of_a_mapping_maps():
    """Each item of the order, with what is above it; the line without a quantity states no fact."""
    orders = Ontology.model_validate(
        {
            "name": "orders",
            "entity_types": {"Product": {}},
            "relation_types": {"BOUGHT": {}},
            **yaml.safe_load(ORDERS),
        }
    )
    lines = [
        {"sku": "P-1", "title": "Pen", "since": "2020", "price": {"amount": 2.5}, "quantity": 3},
        {"sku": "P-2", "title": "Cap", "since": "2021", "price": {"amount": 9}, "quantity": None, "cancelled": True},
    ]
    record = {"id": 1, "customer": "Ada", "ordered_at": "2024-05-01", "lines": lines}
    event = {"group_id": "g", "source": "json", "source_description": "shop feed", "content": record}
    found = mapped(orders, episode_of(event))
    assert found is not None
    assert [(one.name, one.summary, dict(one.attributes)) for one in found.knowledge.mentions[:2]] == [
        ("P-1", "Pen, sold since 2020", {"price": 2.5}),
        ("P-2", "Cap, sold since 2021", {"price": 9}),
    ]
    assert [one.sentence for one in found.knowledge.assertions] == ["Ada bought 3 of P-1."]
    assert not found.skips
