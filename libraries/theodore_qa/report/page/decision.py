"""The verdict, its figures, the gates, the values nearest to their limits, and what is recommended."""

from __future__ import annotations

from typing import Any, TYPE_CHECKING

from theodore_qa.report.page import markup
from theodore_qa.report.page.markup import mark, section, table, text

if TYPE_CHECKING:
    from theodore_qa.report.page.markup import Links

ORDER = ("FAIL", "NOT EVALUATED", "PASS")
WORDS = (("PASS", "passed"), ("FAIL", "failed"), ("NOT EVALUATED", "NOT EVALUATED"), ("SKIP", "skipped"))
DIGITS = 2


def banner(data: dict[str, Any]) -> str:
    """The verdict in one sentence, with what stands beside each figure of a sandbox."""
    counts = data["tests_by_verdict"]
    failed = counts["FAIL"] or data["failures"] or any(gate["verdict"] == "FAIL" for gate in data["gates"])
    kind = "bad" if failed else "good" if data["exit_code"] == 0 and not data["sandbox"] else "open"
    notice = f'<p class="notice">{text(data["notice"])}</p>' if data["notice"] else ""
    about = f"Run {text(data['run'])}, environment {text(data['environment'])}, exit code {data['exit_code']}"
    if (seconds := data.get("seconds")) is not None:
        about += f", {seconds:g} s"
    return f'<div class="verdict {kind}"><h1>{text(data["sentence"], 2000)}</h1><p class="about">{about}.</p></div>{notice}'


def tiles(data: dict[str, Any]) -> str:
    """How many tests passed, failed and are NOT EVALUATED of those that were planned."""
    counts = data["tests_by_verdict"]
    planned = sum(counts[verdict] for verdict, _ in WORDS)
    found = [
        f"<li><b>{counts[verdict]}</b>{mark(verdict, words)}<br><small>of {planned} planned tests</small></li>"
        for verdict, words in WORDS
    ]
    if left := counts.get("NOT SELECTED"):
        found.append(f"<li><b>{left}</b>{mark('NOT SELECTED', 'not selected')}<br><small>of these suites</small></li>")
    return f'<ul class="tiles">{"".join(found)}</ul>'


def score(data: dict[str, Any]) -> str:
    """The range, and the label of its lower end."""
    value, label, why = data["score"], data["label"], data["why_no_label"]
    if value is None:
        return section("score", "Readiness", f"<p>No score and no label: {text(why or '', 1000)}.</p>")
    capped = f" Capped by the critical gates {text(', '.join(data['capped_by']))}." if data["capped_by"] else ""
    named = f"Label by the lower end: <b>{text(label)}</b>.{capped}" if label else f"No label: {text(why or '')}."
    figures = f"{value['low']:g} to {value['high']:g} of 100"
    bar = markup.span_bar(value["low"], value["high"], 600, figures)
    explained = (
        "The lower end takes all that was not evaluated for failed, the upper end for passed. "
        "<code>theodore report recompute readiness.json</code> computes it anew."
    )
    return section("score", f"Readiness: {figures}", bar, f"<p>{named} {explained}</p>")


def gates(data: dict[str, Any], links: Links) -> str:
    """Every gate, those that failed first."""
    ordered = sorted(data["gates"], key=lambda gate: (ORDER.index(gate["verdict"]), not gate["critical"]))
    rows = [_gate(gate, links) for gate in ordered]
    names = ("Verdict", "Gate", "Expected", "Observed", "n", "Why, and who acts next")
    return section("gates", f"Gates ({len(rows)})", table("Gates", names, rows))


def _gate(gate: dict[str, Any], links: Links) -> tuple[str, ...]:
    critical = " <b>(critical)</b>" if gate["critical"] else ""
    bounds = gate["bounds_95"]
    interval = f"<br><small>95 %: {bounds[0]:.2%} to {bounds[1]:.2%}, one-sided each</small>" if bounds else ""
    reason = f"{text(gate['reason'])}<br>" if gate["reason"] else ""
    waiver = gate["waiver"]
    waived = f"<b>Waived</b>: {text(gate['waived'])}<br>" if gate["waived"] else ""
    if waiver and not gate["waived"]:
        waived = f"Waiver {text(waiver['where'])} {'is of no use' if waiver['in_force'] else 'has <b>ENDED</b>'}<br>"
    then = gate.get("next") or ""
    about = f"<small>{text(gate['id'])}; {text(gate['source'])}</small>"
    named = f'<span id="gate-{text(gate["id"])}">{text(gate["title"])}</span>{critical}<br>{about}'
    behind = links.behind(gate["tests"], f"the gate {gate['id']}")
    evidence = behind or f"<small>Fed by {text(gate['fed_by'])}</small>"
    return (
        mark(gate["verdict"]),
        named,
        f"{text(gate['expected'])}<br><small>n at least {gate['minimum']}</small>",
        f"{text(gate['measured'] or 'nothing')}{interval}",
        str(gate["n"]),
        f"{reason}{waived}Next: {text(then)}<br>{evidence}",
    )


def margins(data: dict[str, Any], links: Links) -> str:
    """The values that are nearest to their limits."""
    rows = [
        (
            text(value["name"]),
            f"<b>{value['margin']:+.1%}</b>",
            text(value["expected"]),
            text(value["observed"]),
            _place(value["where"], data, links) + (f"<br>{links.to(value['test'])}" if value["test"] else ""),
        )
        for value in data["margins"]
    ]
    names = ("Value", "Margin", "Expected", "Observed", "Of")
    about = "The share of the limit that was left; below zero, the limit was broken."
    return section("margins", "Nearest to their limits", table("Nearest margins", names, rows), about=about)


def _place(where: str, data: dict[str, Any], links: Links) -> str:
    kind, _, name = where.partition(" ")
    if kind == "gate" and any(gate["id"] == name for gate in data["gates"]):
        return f'<a href="#gate-{text(name)}">{text(where)}</a>'
    if kind == "scenario":
        return f'<a href="#scenarios">{text(where)}</a>'
    return links.to_written(where)


def recommendations(data: dict[str, Any], links: Links) -> str:
    """What to do, with the observation that each sentence rests on."""
    items = [
        f"<b>{text(entry['do'])}.</b> Observed: {text(entry['rests_on'])}<br><small>{_place(entry['where'], data, links)}</small>"
        for entry in data["recommendations"]
    ]
    return section(
        "recommendations", "Recommendations", f"<ol>{''.join(f'<li>{item}</li>' for item in items)}</ol>" if items else ""
    )


def waivers(data: dict[str, Any]) -> str:
    """Every waiver with its reason, owner, end and where it is written, and what tests that passed do without."""
    rows = [
        (
            f'<a href="#gate-{text(gate["id"])}">{text(gate["id"])}</a>',
            text(waiver["reason"]),
            text(waiver["owner"]),
            text(waiver["until"]),
            text(waiver["where"]),
            "in force" if waiver["in_force"] else mark("FAIL", "ENDED"),
        )
        for gate in data["gates"]
        if (waiver := gate["waiver"])
    ]
    names = ("Gate", "Reason", "Owner", "Until", "Written in", "State")
    partly = [
        f"{count} tests that passed also look at what is waived: {text(why)}" for why, count in data["waived_in_part"].items()
    ]
    return section("waivers", f"Waivers ({len(rows)})", table("Waivers", names, rows), markup.listing(partly))
