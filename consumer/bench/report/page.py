"""A report as one HTML document: what was found in sentences, figures beside baselines, plots, flame graphs. Pure.

Everything is inline; the page asks no host for anything, and reads without scripts too.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from html import escape
from importlib import resources
from itertools import count

from consumer.bench.report import plots
from consumer.bench.report.numbers import quantity, times
from consumer.bench.report.standing import Against, Standing, against, all_against, names_bottleneck, summary
from consumer.bench.results import Case, Figure, Report
from consumer.profiling import flame

_MARKS = {Standing.BEATS: "▲", Standing.EVEN: "●", Standing.LOSES: "▼"}
_FEWEST_DECADES = 1.0
_LEAD = 60


def report_page(report: Report) -> str:
    """Return `report` as an HTML document."""
    found = all_against(report)
    cases = "".join(_case(number, case) for number, case in enumerate(report.cases))
    links = "".join(
        f'<li><a href="#case-{number}">{escape(case.title)}</a></li>' for number, case in enumerate(report.cases)
    )
    nav = f'<nav aria-label="Cases"><ul>{links}</ul></nav>' if len(report.cases) > 1 else ""
    body = (
        f'<header class="top"><p class="label">Benchmark report</p><h1>{escape(_title(report))}</h1>'
        f'{_about(report)}</header>\n<section class="summary" aria-label="Summary">'
        f"<ul>{''.join(f'<li>{_led(line)}</li>' for line in summary(report))}</ul></section>\n"
        f"{nav}{_beside_baselines(found)}{cases or '<p>The report has no case.</p>'}"
    )
    return document(f"Benchmark: {_title(report)}", body)


def document(title: str, body: str) -> str:
    """Return an HTML document with the styles and scripts of reports inline."""
    style = f"{_asset('report.css')}\n{flame.asset('flame.css')}"
    script = f"{_asset('report.js')}\n{flame.asset('flame.js')}"
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'; "
        "script-src 'unsafe-inline'\">\n"
        f"<title>{escape(title)}</title>\n<style>\n{style}</style>\n</head>\n<body>\n"
        '<button type="button" class="theme" hidden>Dark</button>\n'
        f"<main>\n{body}</main>\n<script>\n{script}</script>\n</body>\n</html>\n"
    )


def _led(line: str) -> str:
    """Return a line of the summary with what it is about in bold: what stands before its first colon beyond quotes."""
    quoted, closed, rest = line.partition("’: ") if line.startswith("‘") else ("", "", "")
    lead, found, rest = (quoted[1:], closed, rest) if closed else line.partition(": ")
    return f"<strong>{escape(lead)}:</strong> {escape(rest)}" if found and len(lead) <= _LEAD else escape(line)


def _title(report: Report) -> str:
    scenarios = list(dict.fromkeys(case.scenario for case in report.cases))
    return ", ".join(scenarios) or "nothing measured"


def _about(report: Report) -> str:
    pairs = {
        "made": f"{report.made_at:%d %B %Y, %H:%M} {report.made_at.tzname() or ''}".strip(),
        "version": report.version,
        **report.machine,
    }
    told = "".join(f"<div><dt>{escape(name)}</dt><dd>{escape(value)}</dd></div>" for name, value in pairs.items())
    return f'<pre class="command"><code>{escape(report.command)}</code></pre><dl class="about">{told}</dl>'


def _beside_baselines(found: Sequence[Against]) -> str:
    """Return all figures that have a baseline as a chart of ratios, which is a table too."""
    if not found:
        return ""
    decades = [abs(math.log10(each.ratio)) for each in found if each.ratio and not math.isinf(each.ratio)]
    reach = max([_FEWEST_DECADES, *decades])
    worse = max([0.0, *(-math.log10(each.ratio) for each in found if 0 < each.ratio < 1)])
    if any(each.ratio == 0 for each in found):
        worse = reach
    left = min(reach, max(worse, reach * 0.08))
    parts, case = [], None
    for each in found:
        if each.case != case:
            case = each.case
            parts.append(f'<tr class="of-case"><th colspan="5" scope="colgroup">{escape(case)}</th></tr>')
        parts.append(_ratio_row(each, left, reach))
    return (
        '<section class="card" id="baselines"><h2>Beside the baselines</h2>'
        '<p class="dim">How many times better or worse than the baseline the median is, on a logarithmic scale; the '
        "line is equality. ▲ better in every run, ▼ worse in every run, ● neither.</p>"
        '<div class="wide"><table class="ratios"><thead><tr><th scope="col">figure</th><th scope="col">here</th>'
        '<th scope="col">baseline</th><th scope="col">ratio</th><td aria-hidden="true"></td></tr></thead>'
        f"<tbody>{''.join(parts)}</tbody></table></div></section>\n"
    )


def _ratio_row(each: Against, left: float, reach: float) -> str:
    """Return a row with a bar from equality to the ratio; `left` and `reach` are decades on both sides of it."""
    whole = left + reach
    place = min(reach, max(-left, math.log10(each.ratio) if each.ratio else -left))
    zero = 100 * left / whole
    begin, width = 100 * (left + min(0.0, place)) / whole, max(0.6, 100 * abs(place) / whole)
    unit = each.figure.unit
    kind = each.standing.name.lower()
    return (
        f'<tr class="{kind}"><th scope="row">{escape(each.figure.name)}</th>'
        f"<td>{escape(quantity(each.figure.value, unit))}</td>"
        f'<td>{escape(quantity(each.usual, unit))} <span class="dim">{escape(each.baseline)}</span></td>'
        f'<td class="verdict"><span title="{each.standing}">{_MARKS[each.standing]}</span>'
        f'<span class="unseen"> {each.standing}:</span> {times(each.ratio)}</td>'
        f'<td class="bar-cell" aria-hidden="true"><i class="equal" style="left:{zero:.2f}%"></i>'
        f'<i class="ratio" style="left:{begin:.2f}%;width:{width:.2f}%"></i></td></tr>'
    )


def _case(number: int, case: Case) -> str:
    notes = "".join(
        f'<p class="note{" bottleneck" if names_bottleneck(note) else ""}">{escape(note)}</p>' for note in case.notes
    )
    settings = "".join(
        f"<div><dt>{escape(name)}</dt><dd>{escape(value)}</dd></div>" for name, value in case.settings.items()
    )
    return (
        f'<section class="case" id="case-{number}"><h2>{escape(case.scenario)}'
        f"{f' <small>{escape(case.variant)}</small>' if case.variant else ''}</h2>\n{notes}"
        + (f'<dl class="about">{settings}</dl>' if settings else "")
        + _figures(case)
        + _plots(number, case)
        + _flames(number, case)
        + "</section>\n"
    )


def _figures(case: Case) -> str:
    if not case.figures:
        return ""
    rows = "".join(_figure_row(case, figure) for figure in case.figures)
    heading = '<th scope="col">baseline</th>' if case.baselines else ""
    return (
        '<div class="wide"><table class="figures"><thead><tr><th scope="col">figure</th><th scope="col">median</th>'
        f'<th scope="col">spread</th>{heading}</tr></thead><tbody>{rows}</tbody></table></div>\n'
    )


def _figure_row(case: Case, figure: Figure) -> str:
    runs = len(figure.runs)
    if runs == 1:
        spread = "one run"
    else:
        spread = f"{quantity(figure.low, figure.unit)} – {quantity(figure.high, figure.unit)}, {runs} runs"
    cells = f"<td>{escape(quantity(figure.value, figure.unit))}</td><td>{escape(spread)}</td>"
    if case.baselines:
        told = [_beside(case, figure, place) for place in range(len(case.baselines))]
        cells += f"<td>{''.join(each for each in told if each)}</td>"
    return f'<tr><th scope="row">{escape(figure.name)}</th>{cells}</tr>'


def _beside(case: Case, figure: Figure, place: int) -> str:
    baseline = case.baselines[place]
    usual = baseline.figures.get(figure.name)
    if usual is None:
        return ""
    found = against(case, figure, baseline)
    told = f'{escape(quantity(usual, figure.unit))} <span class="dim">{escape(baseline.name)}</span>'
    if found is None:
        return f"<p>{told}</p>"
    mark = f'{_MARKS[found.standing]}<span class="unseen"> {found.standing},</span> {times(found.ratio)}'
    return f'<p class="{found.standing.name.lower()}">{told} <span class="verdict">{mark}</span></p>'


def _plots(number: int, case: Case) -> str:
    numbers = count()
    drawn = [plot.html(f"plot-{number}-{next(numbers)}") for plot in (*_distributions(case), *_over_time(case))]
    return f'<div class="plots">{"".join(drawn)}</div>\n' if drawn else ""


def _distributions(case: Case) -> Iterable[plots.Plot]:
    for distribution in case.distributions:
        if sum(distribution.counts):
            yield plots.histogram(distribution)
            yield plots.cdf(distribution)


def _over_time(case: Case) -> Iterable[plots.Plot]:
    for title, series in plots.grouped(case.series):
        yield plots.over_time(title, series)


def _flames(number: int, case: Case) -> str:
    """Return the flame graphs, the first one open."""
    drawn = [
        f'<details class="flame-of"{" open" if not place else ""}><summary>{escape(stack.name)}</summary>'
        f"{flame.graph(f'flame-{number}-{place}', stack.name, stack.lines)}</details>"
        for place, stack in enumerate(case.stacks)
    ]
    if not drawn:
        return ""
    return (
        '<h3>Where the time went</h3><p class="dim">Outermost functions on top, as wide as the share of looks that '
        "found them. The product’s own are warm, those of its clients cool, Python’s grey. Click to zoom in.</p>"
        + "".join(drawn)
    )


def _asset(name: str) -> str:
    return resources.files(__package__).joinpath(name).read_text(encoding="utf-8")
