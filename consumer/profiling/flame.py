"""Flame graphs as HTML that needs nothing else: collapsed stacks in, a drawing to zoom and search out.

Outermost functions are on top; a box is as wide as the share of looks that found it. The drawing is made by
`flame.js` from data in the page; without scripts there is the table of functions.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from html import escape
from importlib import resources
from typing import Any

_SMALLEST = 0.001
"""Boxes below this share of a drawing are left out: nobody could see them."""
_TOP = 20


def page(title: str, told: Sequence[str], stacks: Mapping[str, Iterable[str]]) -> str:
    """Return one HTML document with a drawing for each of `stacks` (name: collapsed lines) and `told` above them."""
    parts = "".join(
        f"<h2>{escape(name)}</h2>\n{graph(f'flame-{number}', name, lines)}"
        for number, (name, lines) in enumerate(stacks.items())
    )
    paragraphs = "".join(f"<p>{escape(line)}</p>" for line in told)
    return (
        '<!doctype html>\n<html lang="en">\n<head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(title)}</title>\n<style>{asset('page.css')}{asset('flame.css')}</style></head>\n"
        f"<body><main><h1>{escape(title)}</h1>{paragraphs}{parts}</main>\n<script>{asset('flame.js')}</script></body></html>\n"
    )


def graph(identity: str, name: str, lines: Iterable[str]) -> str:
    """Return one drawing with its search field and table; the page must hold `flame.css` and `flame.js` once."""
    lines = list(lines)
    tree = merged(lines)
    if not tree["v"]:
        return '<p class="flame-none">Nothing was found running.</p>'
    rows = "".join(
        f"<tr><td>{escape(function)}</td><td>{own:.1%}</td><td>{whole:.1%}</td></tr>"
        for function, own, whole in functions(lines)[:_TOP]
    )
    return (
        f'<section class="flame" id="{escape(identity)}" aria-label="Flame graph: {escape(name)}">\n'
        '<div class="flame-bar"><label><span class="unseen">Find a function in this graph</span>'
        '<input type="search" placeholder="Find a function" autocomplete="off" spellcheck="false"></label>'
        '<button type="button" class="flame-reset" hidden>Whole graph</button>'
        '<output class="flame-said" aria-live="polite"></output></div>\n'
        '<div class="flame-view"><div class="flame-boxes" tabindex="0" role="img" '
        f'aria-label="Flame graph of {escape(name)}; arrow keys move, Enter zooms, Escape shows all. '
        'The table below tells the same."></div></div>\n'
        f"<details><summary>The {min(_TOP, len(functions(lines)))} functions with most time of their own</summary>"
        '<div class="wide"><table><thead><tr><th scope="col">function</th><th scope="col">own</th>'
        f'<th scope="col">with what it called</th></tr></thead><tbody>{rows}</tbody></table></div></details>\n'
        f'<script type="application/json">{script_json(shown(tree))}</script></section>\n'
    )


def merged(lines: Iterable[str]) -> dict[str, Any]:
    """Return the tree of collapsed `lines`: `n` name, `v` looks, `c` children. Lines without a count are none."""
    root: dict[str, Any] = {"n": "all", "v": 0, "c": {}}
    for line in lines:
        stack, _, told = line.rpartition(" ")
        if not stack or not told.isdigit():
            continue
        count = int(told)
        root["v"] += count
        node = root
        for name in stack.split(";"):
            node = node["c"].setdefault(name, {"n": name, "v": 0, "c": {}})
            node["v"] += count
    return root


def shown(tree: Mapping[str, Any]) -> list[Any]:
    """Return a tree as nested lists `[name, looks, children]`, widest first, without what is too small to see."""
    least = tree["v"] * _SMALLEST

    def kept(node: Mapping[str, Any]) -> list[Any]:
        children = sorted(node["c"].values(), key=lambda child: (-child["v"], child["n"]))
        return [node["n"], node["v"], [kept(child) for child in children if child["v"] >= least]]

    return kept(tree)


def functions(lines: Iterable[str]) -> list[tuple[str, float, float]]:
    """Return each function with the shares of looks that found it innermost, and anywhere; most of its own first."""
    own: dict[str, int] = {}
    whole: dict[str, int] = {}
    total = 0
    for line in lines:
        stack, _, told = line.rpartition(" ")
        if not stack or not told.isdigit():
            continue
        frames, count = stack.split(";"), int(told)
        total += count
        own[frames[-1]] = own.get(frames[-1], 0) + count
        for frame in set(frames):
            whole[frame] = whole.get(frame, 0) + count
    found = [(name, own.get(name, 0) / total, looks / total) for name, looks in whole.items()]
    return sorted(found, key=lambda each: (-each[1], -each[2], each[0]))


def asset(name: str) -> str:
    """Return a file of this package."""
    return resources.files(__package__).joinpath(name).read_text(encoding="utf-8")


def script_json(value: Any) -> str:
    """Return JSON that cannot end the script element it stands in."""
    told = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return told.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")
