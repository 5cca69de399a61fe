"""What was looked at: areas, controls, scenarios, experiments, findings, and what the verdict rests on beside its tests."""

from __future__ import annotations

from typing import Any, TYPE_CHECKING

from theodore_qa.report.page import markup
from theodore_qa.report.page.markup import folded, listing, mark, section, table, text
from theodore_qa.timing import show

if TYPE_CHECKING:
    from theodore_qa.report.page.markup import Links

WIDTH = 640
SLOWEST = 10
BARS = 220


def areas(data: dict[str, Any]) -> str:
    """Each area with its weight and its range."""
    rows = [
        (
            f"<b>{text(area['title'])}</b>",
            f"{area['weight']:g}",
            f"{area['low']:g} to {area['high']:g}",
            markup.span_bar(area["low"], area["high"], 150, f"{area['low']:g} to {area['high']:g} of 100"),
            text(_counted(area["tests"]) or "none"),
        )
        for area in data["areas"]
    ]
    return section("areas", "Areas", table("Areas", ("Area", "Weight", "Score", "Range", "Tests"), rows))


def controls(data: dict[str, Any], links: Links) -> str:
    """The matrix of standards, and each control with the tests behind its verdict."""
    found = data["controls"]
    rows = [
        (
            f'<a href="#standard-{number}">{text(standard["title"])}</a>',
            *(str(standard["verdicts"][verdict]) for verdict in ("SUPPORTED", "CONTRADICTED", "NOT EVALUATED")),
            (
                f"{standard['not_listed']} of {standard['count']} {text(standard['unit'])}"
                f"<br><small>{text(standard['source'])}</small>"
            ),
        )
        for number, standard in enumerate(found["standards"], 1)
    ]
    names = ("Standard", "Supported", "Contradicted", "NOT EVALUATED", "No test speaks to")
    parts = [table("Controls by standard", names, rows, classes="num")]
    for number, standard in enumerate(found["standards"], 1):
        own = [control for control in found["controls"] if control["standard"] == standard["id"]]
        listed = table(
            f"Controls of {standard['title']}", ("Verdict", "Control", "What tests show", "Behind it"), map(_row(links), own)
        )
        summary = f'<b id="standard-{number}">{text(standard["title"])}</b>: {len(own)} controls'
        parts.append(folded(summary, listed, opened=any(control["verdict"] == "CONTRADICTED" for control in own)))
    parts.append(listing(map(text, found["not_listed"])))
    return section("controls", "Controls", *parts, about=text(found["note"])) if rows else ""


def _row(links: Links) -> Any:
    def row(control: dict[str, Any]) -> tuple[str, ...]:
        shows = (
            f"{text(control['shows'])}.<br><small>Not shown: {text(control['cannot_show'])}.</small>" if control["shows"] else ""
        )
        behind = links.behind(control["tests"], control["id"], most=3)
        reason = f"{text(control['reason'])}. " if control["reason"] else ""
        return (
            mark(control["verdict"]),
            f"{text(control['title'])}<br><small>{text(control['id'])}</small>",
            shows,
            f"{reason}{behind}",
        )

    return row


def scenarios(data: dict[str, Any], links: Links) -> str:
    """Each scenario with its verdict, duration, quality, values with limits, errors and warnings."""
    left = [found["scenario"] for found in data["scenarios"] if found["tests"].keys() == {"NOT SELECTED"}]
    rows = [
        (
            mark(found["verdict"]),
            f"<b>{text(found['scenario'])}</b><br><small>{text(_counted(found['tests']))}</small>",
            text(show(found["seconds"])),
            "none" if found["quality"] is None else f"{found['quality']:.3f}",
            listing(
                f"{markup.anchor(links.known(value['test']), value['check'])}: {text(value['observed'])} "
                f"<small>({text(value['expected'])})</small>"
                for value in found["metrics"]
            ),
            listing([*map(text, found["errors"]), *(f"Warning: {text(words)}" for words in found["warnings"])]),
        )
        for found in data["scenarios"]
        if found["scenario"] not in left
    ]
    names = ("Verdict", "Scenario", "Duration", "Quality", "Values with limits", "Errors and warnings")
    others = folded(f"{len(left)} scenarios were not selected", f"<p>{text(', '.join(left), 5000)}</p>") if left else ""
    return section("scenarios", f"Scenarios ({len(rows)})", table("Scenarios", names, rows), others)


def _counted(numbers: dict[str, int]) -> str:
    return ", ".join(f"{count} {name}" for name, count in numbers.items())


def experiments(data: dict[str, Any]) -> str:
    """Each chaos experiment with its timeline."""
    parts = [
        f"<h3>{text(found['title'])}: {text(found['status'])}</h3>{_timeline(found)}"
        + listing(
            f"Steady state {text(name)}: {'met' if state['met'] else '<b>not met</b>'} ({text(_counted(state['probes']))})"
            for name, state in found["steady"].items()
        )
        for found in data["experiments"]
    ]
    return section("experiments", f"Chaos experiments ({len(parts)})", *parts)


def _timeline(found: dict[str, Any]) -> str:
    whole = found["seconds"]
    if not whole or not found["faults"]:
        return "<p>No fault was injected.</p>"
    height = 34 + 20 * len(found["faults"])
    rows = []
    for number, fault in enumerate(found["faults"]):
        start, end = (max(0.0, min(1.0, fault[name] / whole)) * WIDTH for name in ("from", "to"))
        top = 6 + 20 * number
        rows.append(
            f'<rect x="{start:.1f}" y="{top}" width="{max(end - start, 2):.1f}" height="16" fill="url(#hatch)" '
            f'stroke="currentColor"/>'
            f'<text x="{min(start + 4, WIDTH * 0.6):.1f}" y="{top + 12}" class="label">{text(fault["name"], 60)}</text>'
        )
    base = height - 22
    label = "; ".join(f"{fault['name']} from {fault['from']:g} s to {fault['to']:g} s" for fault in found["faults"])
    return (
        f'<svg role="img" aria-label="{text(label)}" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" height="{height}">'
        f'{"".join(rows)}<line x1="0" x2="{WIDTH}" y1="{base}" y2="{base}" stroke="currentColor"/>'
        f'<text x="0" y="{height - 6}">0 s</text><text x="{WIDTH}" y="{height - 6}" text-anchor="end">{whole:g} s</text></svg>'
    )


def findings(data: dict[str, Any]) -> str:
    """The findings of security tests."""
    rows = [
        (
            f"<b>{text(found['severity'])}</b>" + (f"<br>accepted: {text(found['accepted'])}" if found["accepted"] else ""),
            text(found["title"]),
            text(found["where"]),
            text(found["observed"]),
            text(found["remediation"]),
        )
        for found in data["findings"]
    ]
    names = ("Severity", "Finding", "Where", "Observed", "Remediation")
    listed = table("Findings", names, rows) or "<p>No finding was recorded; the gates say what was looked for.</p>"
    about = 'As data: <a href="findings.sarif">findings.sarif</a>.'
    return section("findings", f"Findings ({len(rows)})", listed, about=about)


def slowest(links: Links) -> str:
    """The tests that took longest."""
    timed = sorted((test for test in links.tests if test.get("seconds")), key=lambda test: -float(test["seconds"]))[:SLOWEST]
    if not timed:
        return ""
    most = float(timed[0]["seconds"])
    rows = [
        (links.to(test), text(show(test["seconds"])), _length(float(test["seconds"]) / most), mark(test["verdict"]))
        for test in timed
    ]
    return section("slowest", "Slowest tests", table("Slowest tests", ("Test", "Duration", "Length", "Verdict"), rows))


def flakiest(data: dict[str, Any]) -> str:
    """Tests that passed and failed on one build of the system."""
    rows = [
        (
            f"{text(test['name'])} <small>{text(test['source'])}</small>",
            *(str(test[name]) for name in ("passed", "failed", "changes")),
        )
        for test in data["flakiest"]
    ]
    names = ("Test", "Passed", "Failed", "Changes")
    about = "Neither the test nor the build of the system changed between a pass and a failure." if rows else ""
    return section("flakiest", "Flakiest tests", table("Flakiest tests", names, rows, classes="num"), about=about)


def _length(share: float) -> str:
    return (
        f'<svg aria-hidden="true" viewBox="0 0 {BARS} 12" width="{BARS}" height="12">'
        f'<rect width="{max(BARS * share, 1):.1f}" height="12" fill="currentColor" opacity=".75"/></svg>'
    )


def foundation(data: dict[str, Any]) -> str:
    """What the verdict rests on beside its tests: how sharp the suites are, digests, seeds, tests of other levels."""
    kills = _kills(data["mutants"], "of the traffic") + _kills(data["source_mutants"], "of the sandbox's source")
    digests = [(text(entry["of"]), text(entry["name"]), f"<code>{text(entry['digest'])}</code>") for entry in data["digests"]]
    levels = [
        (text(level["level"]), str(level["tests"]), f"{level['share']:.1%}", _length(level["share"])) for level in data["pyramid"]
    ]
    pyramid = table("Test pyramid", ("Level", "Tests", "Share", "Length"), levels)
    seeds = ", ".join(data["seeds"]) or "No seed was given to the run; tests that draw say theirs in the log."
    none = "No JUnit file of the system's own tests was given: <code>--gate-input junit=FILE</code>."
    return section(
        "foundation",
        "What the verdict rests on",
        f"<h3>Mutants killed</h3>{kills}",
        f"<h3>Digests</h3>{table('Digests', ('Of', 'Name', 'Digest'), digests)}",
        f"<h3>Seeds</h3><p>{text(seeds)}</p>",
        f"<h3>Test pyramid, for information</h3>{pyramid or f'<p>{none}</p>'}",
    )


def _kills(sharp: dict[str, Any], what: str) -> str:
    """How sharp the suites behind the verdict are, by one kind of mutants."""
    if not sharp["tried"]:
        return f"<p>Mutants {text(what)}: {mark('NOT EVALUATED')}: {text(sharp['reason'])}.</p>"
    by_suite = sorted(sharp["suites"].items(), key=_missed)
    suites = [f"{text(name)}: {score['killed']} of {score['tried']}" for name, score in by_suite]
    sentence = f"The suites behind this verdict killed {sharp['killed']} of {sharp['tried']} mutants {text(what)}."
    return f"<p>{sentence}</p>{folded('By suite', listing(suites))}"


def _missed(entry: tuple[str, dict[str, int]]) -> float:
    return entry[1]["killed"] / max(entry[1]["tried"], 1)
