"""What `episodes cypher` takes: a query, a file or standard input, and parameters."""

import io
import json

import pytest
from typer.testing import CliRunner

from consumer.cli.cypher import parameters, read_query
from consumer.cli.main import build
from consumer.errors import UserError


def test_a_query_is_text_a_file_or_standard_input(tmp_path, monkeypatch):
    """Text that is a file's name is the file."""
    path = tmp_path / "facts.cypher"
    path.write_text("RETURN 1", encoding="utf-8")
    monkeypatch.setattr("sys.stdin", io.StringIO("RETURN 2"))
    assert read_query(str(path)) == "RETURN 1"
    assert read_query("-") == "RETURN 2"
    assert read_query("MATCH (n) RETURN n") == "MATCH (n) RETURN n"
    assert read_query("RETURN " + "1 + " * 2_000 + "1").startswith("RETURN 1 +")


def test_a_file_that_is_not_there_is_told(tmp_path):
    """A name that ends like a query file is one, so that a typing error is no syntax error."""
    with pytest.raises(UserError, match="No such file"):
        read_query(str(tmp_path / "nothing.cypher"))


def test_parameters_are_json_or_text(tmp_path):
    """What is given on the command line goes before the file."""
    file = tmp_path / "values.json"
    file.write_text(json.dumps({"a": 1, "b": [1, 2]}), encoding="utf-8")
    assert parameters(["a=2", "$c=team x", 'd={"x": null}'], file) == {
        "a": 2,
        "b": [1, 2],
        "c": "team x",
        "d": {"x": None},
    }


@pytest.mark.parametrize(("given", "content"), [(["a"], None), (["=1"], None), ([], "[1]"), ([], "{bad")])
def test_unusable_parameters_are_told(given, content, tmp_path):
    """A usage error."""
    file = None
    if content is not None:
        file = tmp_path / "values.json"
        file.write_text(content, encoding="utf-8")
    with pytest.raises(UserError) as raised:
        parameters(given, file)
    assert raised.value.exit_code == 2


def test_several_statements_are_refused_before_the_database_is_asked():
    """Nothing is connected to."""
    result = CliRunner().invoke(build(), ["cypher", "explain", "RETURN 1; RETURN 2"])
    assert result.exception.exit_code == 2
    assert "several statements" in str(result.exception)
