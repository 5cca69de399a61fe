"""The verdict on an attack, and what a log shows of it."""

from __future__ import annotations

import json
from html import escape
from typing import Any, TYPE_CHECKING

from SecurityLibrary.findings.finding import Severity
from theodore_qa.errors import UsageError
from theodore_qa.log import log_table
from theodore_qa.observing.display import plural
from theodore_qa.systems.files import read_yaml

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable, Sequence

    from SecurityLibrary.coverage import Coverage
    from SecurityLibrary.findings.finding import Finding
    from SecurityLibrary.probes.base import Probe
    from SecurityLibrary.scan import Scan
    from theodore_qa.observing.checks import Checks
    from theodore_qa.systems.system import System

MOST_REASONS = 3
MOST_LOCATIONS, MOST_EXCHANGES = 10, 4  # that the log shows of a finding
WEIGHTS = {Severity.CRITICAL: 10, Severity.HIGH: 7, Severity.MEDIUM: 5, Severity.LOW: 2, Severity.INFO: 0}
POSTURES = ((7, "Critical"), (5, "High Risk"), (3, "Medium"), (-1, "Good"))
MOST_RISK = 10.0


def sufficient_share(system: System) -> float:
    """The share of applicable locations that has to be tried for a PASS: all, unless the thresholds say otherwise."""
    path = system.environment.thresholds
    entries = (read_yaml(path) or {}).get("security") if path else None
    share = entries.get("tried", 1.0) if isinstance(entries, dict) else 1.0
    if isinstance(share, bool) or not isinstance(share, int | float) or not 0 < share <= 1:
        raise UsageError(f"The entry security.tried of {path} is {share!r}: it is a share, above 0 and at most 1.")
    return float(share)


def waive(scan: Scan, probe_ids: Iterable[str]) -> None:
    """Leave out the locations that the environment openly does without."""
    for probe_id in probe_ids:
        counted = scan.coverage.of(probe_id)
        for location in counted.open:
            if scan.target.system.waiver(f"security.{probe_id}.{location}"):
                counted.waived.add(location)


def judge(checks: Checks, scan: Scan, probe: Probe, found: Sequence[Finding], worst: Severity) -> None:
    """Record the verdict on one attack: findings first, then whether enough was tried."""
    waive(scan, [probe.id])
    counted = scan.coverage[probe.id]
    check, expected = f"security.{probe.id}", f"no finding ({probe.title})"
    expected += "" if worst is Severity.INFO else f" above {worst}"
    bad = [finding for finding in found if finding.severity > worst and not finding.accepted]
    if bad:
        checks.that(check, False, expected, "; ".join(map(str, bad)), n=max(len(counted.tried), 1))
        return
    sufficient = sufficient_share(scan.target.system)
    missing = scan.stopped or counted.undecided(sufficient)
    if not missing and not counted.tried:  # an attack that had nothing to attack has shown nothing
        reasons = _reasons(counted.skipped) or "0 applicable locations"
        missing = reasons if counted.applies else f"not applicable: {reasons}"
    if missing:
        scan.target.system.lacks(checks, check, expected, missing, f"security.{probe.id}")
        return
    accepted = [finding for finding in found if finding.accepted]
    seen = f"{plural(len(accepted), 'accepted finding')}; " if accepted else "0 findings; "
    share = f", {sufficient:.0%} suffice" if counted.open else ""
    why = _reasons(counted.untried)
    observed = f"{seen}{counted} tried{share}" + (f" (skipped: {why})" if why else "")
    checks.that(check, True, expected, observed, n=len(counted.tried))


def _reasons(skipped: dict[str, str]) -> str:
    """Why locations were skipped, each reason once."""
    reasons = list(dict.fromkeys(skipped.values()))
    more = f"; and {len(reasons) - MOST_REASONS} more reasons" if len(reasons) > MOST_REASONS else ""
    return "; ".join(reasons[:MOST_REASONS]) + more


def as_data(probe: Probe, scan: Scan) -> dict[str, Any]:
    """What an attack tried and could not try, when and on what, as evidence and reports keep it."""
    coverage, system = scan.coverage.of(probe.id), scan.target.system
    decided = not coverage.undecided(sufficient_share(system)) or system.waiver(f"security.{probe.id}")
    left_out = {location: reason for location, reason in coverage.untried.items() if decided or location in coverage.waived}
    return {
        "system": system.name,
        "url": system.url,
        "began": _moment(coverage.began),
        "ended": _moment(coverage.ended),
        "stopped": scan.stopped,
        "probe": probe.id,
        "title": probe.title,
        "severity": str(probe.severity),
        "cwe": probe.cwe,
        "owasp": list(probe.owasp),
        "mend": probe.remediation,
        "tried": len(coverage.tried),
        "sent": list(coverage.samples),
        "open": {location: reason for location, reason in coverage.open.items() if location not in left_out},
        "leftOut": left_out,
        "notApplicable": {location: coverage.skipped[location] for location in sorted(coverage.not_applicable)},
    }


def _moment(at: dt.datetime | None) -> str:
    return at.isoformat(timespec="seconds").replace("+00:00", "Z") if at else ""


def waivers(scan: Scan, probe_ids: Iterable[str]) -> str:
    """The lines of an environment file that would waive what was not tried; empty if nothing is open."""
    open_locations = [
        f"{scan.target.name}.security.{name}.{location}" for name in probe_ids for location in scan.coverage.of(name).open
    ]
    entries = "".join(
        f"  {json.dumps(location)}:\n    reason: ...\n    owner: ...\n    until: 2099-12-31\n" for location in open_locations
    )
    return f"not_available:\n{entries}" if entries else ""


def show(findings: Sequence[Finding], scan: Scan, listed: Sequence[Probe]) -> None:
    """Write findings with their evidence and remediation, and the coverage of the probes, into the log."""
    counted = {probe.id: scan.coverage[probe.id] for probe in listed if probe.id in scan.coverage}
    _show_findings(findings, scan)
    if scan.access_matrix and "missing-authentication" in counted:
        log_table(
            "Access matrix (status codes)",
            ("Operation", "Anonymous", "Identity", "Identity, on an unknown path"),
            [(name, *statuses) for name, statuses in scan.access_matrix.items()],
            cap=100,
        )
    _show_coverage(counted)
    if stand_ins := scan.plan.stand_ins.rows():
        log_table("Sent by another identity", ("Operation", "Forbidden to", "Sent by"), stand_ins, cap=100)
    if lines := waivers(scan, counted):
        title = "Lines that waive what is open, for the environment file, each with its reason"
        _fold(title, f"<pre>{escape(lines)}</pre>")
    if scan.sender.traces.left:
        log_table("Not put back, not removed", ("What",), [(line,) for line in scan.sender.traces.left], cap=100)


def _show_findings(findings: Sequence[Finding], scan: Scan) -> None:
    """A table of the findings, and below it the exchanges that show each, folded in."""
    stopped = f"; {scan.stopped}" if scan.stopped else ""
    log_table(
        f"{plural(len(findings), 'finding')}; {plural(scan.client.sent, 'request')}, seed {scan.seed}{stopped}",
        ("Severity", "Finding", "Weakness", "Where", "Observed", "Remediation"),
        [
            (
                finding.severity,
                finding.title,
                f"CWE-{finding.cwe}, {', '.join(finding.owasp)}",
                "\n".join(finding.locations[:MOST_LOCATIONS]),
                finding.observed,
                finding.remediation,
            )
            for finding in findings
        ],
    )
    for finding in findings:
        texts = [
            text
            for exchange in finding.evidence[:MOST_EXCHANGES]
            for text in (exchange["request"], exchange["response"], exchange.get("curl", ""))
        ]
        if texts:
            title = f"Evidence: {finding.title} at {finding.location}"
            _fold(title, "".join(f"<pre>{escape(text)}</pre>" for text in texts))


def _show_coverage(counted: dict[str, Coverage]) -> None:
    """What each attack tried, and what it did not try, with the reasons."""
    log_table(
        "Coverage",
        ("Attack", "Tried", "Some of what was sent last"),
        [(name, str(coverage), "\n".join(coverage.samples)) for name, coverage in counted.items()],
        cap=80,
    )
    skipped = [
        (name, location, why, _kind(coverage, location))
        for name, coverage in counted.items()
        for location, why in coverage.skipped.items()
    ]
    if skipped:
        log_table(f"{len(skipped)} not tried", ("Attack", "Location", "Reason", "Counts as"), skipped, cap=200)


def _fold(title: str, html: str) -> None:
    """Log HTML of our own below a title that opens it; its texts are escaped already, and the title is escaped here."""
    from robot.api import logger

    from theodore_qa.redaction.markup import own_html

    logger.info(own_html(f"<details><summary>{escape(title)}</summary>{html}</details>"), html=True)


def _kind(coverage: Coverage, location: str) -> str:
    """What a location that was skipped counts as."""
    if location in coverage.tried:
        return "tried in another way"
    if location in coverage.not_applicable:
        return "not applicable"
    return "left out on purpose" if location in coverage.waived else "open"


def risk(findings: Sequence[Finding]) -> float:
    """The score of findings, from 0 to 10, with its arithmetic in the log; accepted findings do not count.

    The worst finding decides: a hundred low ones must not look worse than a critical one.
    """
    weighted = sorted(
        ((WEIGHTS[finding.severity], finding) for finding in findings if not finding.accepted), key=lambda pair: -pair[0]
    )
    worst = weighted[0][0] if weighted else 0
    others = sum(weight for weight, _ in weighted[1:]) / 10
    score = min(MOST_RISK, round(worst + others, 1))
    posture = next(name for least, name in POSTURES if score > least)
    sum_text = f"{worst} (worst finding) + {others:g} (a tenth of the others)"
    log_table(
        f"Risk {score:g} of {MOST_RISK:g}: {posture} = min({MOST_RISK:g}, {sum_text})",
        ("Weight", "Severity", "Finding", "Where"),
        [(weight, finding.severity, finding.title, finding.location) for weight, finding in weighted],
    )
    return score
