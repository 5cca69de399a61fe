"""readiness.html: one page without network, verdict first, then the range, the areas and every gate."""

from __future__ import annotations

from html import escape
from typing import Any

from theodore_qa.observing.display import plural

MARKS = {"PASS": "✔ PASS", "FAIL": "✘ FAIL", "NOT EVALUATED": "○ NOT EVALUATED", "SKIP": "- SKIP"}
ORDER = ("FAIL", "NOT EVALUATED", "PASS")
MOST_TESTS = 200  # tests of a gate
STYLE = """
:root{color-scheme:light dark;--ink:#1b1b1b;--paper:#fff;--line:#8a8a8a;--soft:#f0f2f4;--good:#1b5e20;--bad:#a31515;
--open:#6a1b9a}
@media(prefers-color-scheme:dark){:root{--ink:#eee;--paper:#161719;--line:#777;--soft:#24272b;--good:#81c784;--bad:#ff8a80;
--open:#ce93d8}}
body{overflow-wrap:anywhere}
body{font:16px/1.5 system-ui,sans-serif;color:var(--ink);background:var(--paper);margin:0 auto;padding:1rem;max-width:75rem}
h1{font-size:1.4rem}h2{font-size:1.15rem;margin-top:2rem}.notice{border:2px solid var(--open);padding:.5rem .8rem;font-weight:600}
.table{overflow-x:auto}table{border-collapse:collapse;width:100%}
th,td{border-bottom:1px solid var(--line);padding:.35rem .5rem;text-align:left;vertical-align:top}
th,td.PASS,td.FAIL,td.NOT,td[data-name=n]{white-space:nowrap}.fed{display:block}
th{background:var(--soft)}.FAIL{color:var(--bad);font-weight:600}.PASS{color:var(--good)}.NOT{color:var(--open)}
svg text{fill:currentColor;font-size:13px}small{font-size:.85rem}summary{cursor:pointer}
@media(max-width:50rem){thead{display:none}tr,td{display:block;border:0}tr{border-bottom:1px solid var(--line);padding:.5rem 0}
td{padding:.1rem 0}td[data-name]::before{content:attr(data-name) ": ";font-weight:600}}
@media print{body{max-width:none}details{display:block}}
"""


def page(data: dict[str, Any]) -> str:
    """The page for the data of readiness.json; every text is escaped."""
    notice = f'<p class="notice">{escape(data["notice"])}</p>' if data["notice"] else ""
    parts = [
        f"<h1>{escape(data['sentence'])}</h1>",
        notice,
        f"<p>Run {escape(data['run'])}, environment {escape(data['environment'])}, exit code {data['exit_code']}.</p>",
        _score(data),
        _listed("Incomplete because", data["problems"]),
        _listed("Failed outside tests", data["failures"]),
        _gates(data["gates"]),
        _listed("Gates that are others than the shipped ones", data["deviations"]),
        _areas(data["areas"]),
        _waived_in_part(data["waived_in_part"]),
        _outside(data["tests_of_no_area"]),
        _files(data["read_from"]),
    ]
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<title>Readiness of run {escape(data['run'])}</title><style>{STYLE}</style></head>"
        f"<body><main>{''.join(parts)}{notice}</main></body></html>\n"
    )


def _score(data: dict[str, Any]) -> str:
    score, label, why = data["score"], data["label"], data["why_no_label"]
    if score is None:
        return f"<h2>Readiness</h2><p>No score and no label: {escape(why or '')}.</p>"
    capped = f" Capped by the critical gates {escape(', '.join(data['capped_by']))}." if data["capped_by"] else ""
    named = f"Label by the lower end: <b>{escape(label)}</b>.{capped}" if label else f"No label: {escape(why or '')}."
    text = f"{score['low']:g} to {score['high']:g} of 100"
    return (
        f"<h2>Readiness: {text}</h2>{_range(score['low'], score['high'], 600)}<p>{named} The lower end takes all that was not "
        "evaluated for failed, the upper end for passed. <code>theodore report recompute readiness.json</code> "
        "computes it anew.</p>"
    )


def _range(low: float, high: float, width: int) -> str:
    """A line from 0 to 100 with the range on it; its figures stand beside it."""
    start, span = width * low / 100, max(width * (high - low) / 100, 2)
    return (
        f'<svg role="img" aria-label="{low:g} to {high:g} of 100" viewBox="0 0 {width} 16" width="100%" height="16" '
        f'style="max-width:{width}px" preserveAspectRatio="none">'
        f'<rect width="{width}" height="16" fill="none" stroke="currentColor"/>'
        f'<rect width="{start:.1f}" height="16" fill="currentColor"/>'
        f'<rect x="{start:.1f}" width="{span:.1f}" height="16" fill="currentColor" opacity=".3"/></svg>'
    )


def _gates(gates: list[dict[str, Any]]) -> str:
    ordered = sorted(gates, key=lambda gate: (ORDER.index(gate["verdict"]), not gate["critical"]))
    rows = "".join(map(_gate, ordered))
    return f"<h2>Gates ({len(gates)})</h2>{_table(('Verdict', 'Gate', 'Expected', 'Observed', 'n', 'Why'), rows)}"


def _gate(gate: dict[str, Any]) -> str:
    verdict = gate["verdict"]
    critical = " <b>(critical)</b>" if gate["critical"] else ""
    bounds = gate["bounds_95"]
    interval = f"<br><small>95 %: {bounds[0]:.2%} to {bounds[1]:.2%}, one-sided each</small>" if bounds else ""
    waiver = gate["waiver"]
    waived = f"<br><b>Waived</b>: {escape(gate['waived'])}" if gate["waived"] else ""
    if waiver and not gate["waived"]:
        waived = f"<br>Waiver {escape(waiver['where'])} {'is of no use' if waiver['in_force'] else 'has ENDED'}"
    tests = gate["tests"]
    links = "".join(f"<li>{_test(test)}</li>" for test in tests[:MOST_TESTS])
    more = f"<li>and {len(tests) - MOST_TESTS} more</li>" if len(tests) > MOST_TESTS else ""
    fed = f"<details><summary>{plural(len(tests), 'test')}</summary><ul>{links}{more}</ul></details>" if tests else ""
    return (
        f'<tr id="gate-{escape(gate["id"])}"><td class="{verdict.split()[0]}">{MARKS[verdict]}</td>'
        f"<td>{escape(gate['title'])}{critical}<br><small>{escape(gate['id'])}; {escape(gate['source'])}</small></td>"
        f'<td data-name="Expected">{escape(gate["expected"])}<br><small>n at least {gate["minimum"]}</small></td>'
        f'<td data-name="Observed">{escape(gate["measured"] or "nothing")}{interval}</td><td data-name="n">{gate["n"]}</td>'
        f'<td>{escape(gate["reason"] or "")}{waived}{fed}<small class="fed">Fed by {escape(gate["fed_by"])}</small></td></tr>'
    )


def _test(test: dict[str, Any]) -> str:
    verdict = MARKS.get(test["verdict"], test["verdict"])
    return f"{escape(verdict)}: {escape(test['name'])} <small>({escape(test['source'])}:{test['line']})</small>"


def _areas(areas: list[dict[str, Any]]) -> str:
    rows = "".join(
        f'<tr><td><b>{escape(area["title"])}</b></td><td data-name="Weight">{area["weight"]:g}</td>'
        f'<td data-name="Score">{area["low"]:g} to {area["high"]:g}</td>'
        f"<td>{_range(area['low'], area['high'], 150)}</td>"
        f"<td>{escape(', '.join(f'{count} {verdict}' for verdict, count in area['tests'].items()) or 'none')}</td></tr>"
        for area in areas
    )
    return f"<h2>Areas</h2>{_table(('Area', 'Weight', 'Score', 'Range', 'Tests'), rows)}"


def _table(names: tuple[str, ...], rows: str) -> str:
    head = "".join(f'<th scope="col">{name}</th>' for name in names)
    return f'<div class="table"><table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></div>'


def _listed(title: str, sentences: list[str]) -> str:
    items = "".join(f"<li>{escape(sentence)}</li>" for sentence in sentences)
    return f"<h2>{title}</h2><ul>{items}</ul>" if items else ""


def _waived_in_part(waivers: dict[str, int]) -> str:
    return _listed(
        "Tests that rest on a waiver in part", [f"{plural(count, 'test')}: {waiver}" for waiver, count in waivers.items()]
    )


def _outside(tests: list[dict[str, Any]]) -> str:
    names = [f"{test['verdict']}: {test['name']} ({test['source']}:{test['line']})" for test in tests]
    return _listed("Tests of no area, which the score leaves out", names)


def _files(files: dict[str, str]) -> str:
    return _listed("Read from", [f"{name} (SHA-256 {digest})" for name, digest in files.items()])
