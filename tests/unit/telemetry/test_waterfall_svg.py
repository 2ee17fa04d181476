"""A trace as a picture: well-formed, with a bar for each span, where and as long as it was."""

from xml.etree import ElementTree as ET

from hypothesis import given
from hypothesis import strategies as st

from consumer.telemetry.waterfall import Row
from consumer.telemetry.waterfall_svg import picture

SVG = "{http://www.w3.org/2000/svg}"
ROWS = st.lists(
    st.builds(
        Row,
        name=st.text(st.characters(exclude_categories=["Cc", "Cs"], exclude_characters="\ufffe\uffff"), max_size=30),
        depth=st.integers(0, 5),
        start_s=st.floats(0, 100),
        duration_s=st.floats(0, 100),
        queue_wait_s=st.floats(0, 200),
        is_error=st.booleans(),
        note=st.sampled_from(["", "written", '<&">']),
        events=st.lists(st.tuples(st.sampled_from(["retry", "a<b"]), st.floats(0, 200)), max_size=3).map(tuple),
    ),
    max_size=12,
)


@given(ROWS)
def test_picture_is_well_formed_and_bars_stay_inside(rows):
    """Whatever names say, it is XML; each span has one bar, none begins left of the axis or ends outside."""
    root = ET.fromstring(picture(rows, 'a title with "quotes" & <signs>'))  # noqa: S314 - our own text
    width = float(root.get("width"))
    bars = [rect for rect in root.iter(f"{SVG}rect") if rect.find(f"{SVG}title") is not None]
    assert len(bars) == len(rows)
    for bar in bars:
        assert float(bar.get("x")) >= 250
        assert float(bar.get("x")) + float(bar.get("width")) <= width
    assert all(float(rect.get("x", 0)) >= 0 for rect in root.iter(f"{SVG}rect"))


def test_colour_says_what_it_is():
    """A failed span is red whatever it is; a model's call, a stage and a database call differ."""
    kinds = [("chat m", False), ("extract", False), ("neo4j write", False), ("process t", True)]
    rows = [Row(name, 0, 0.0, 1.0, 0.0, is_error) for name, is_error in kinds]
    root = ET.fromstring(picture(rows, "t"))  # noqa: S314 - our own text
    bars = [rect.get("class") for rect in root.iter(f"{SVG}rect") if rect.find(f"{SVG}title") is not None]
    assert bars == ["model", "stage", "graph", "error"]
