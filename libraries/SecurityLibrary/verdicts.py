"""The verdict on an attack, and what a log shows of it."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from SecurityLibrary.findings import Severity
from theodore_qa.log import log_table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from SecurityLibrary.findings import Finding
    from SecurityLibrary.probes.base import Probe
    from SecurityLibrary.scan import Scan
    from theodore_qa.observing.checks import Checks

MOST_REASONS = 3
WEIGHTS = {Severity.CRITICAL: 10, Severity.HIGH: 7, Severity.MEDIUM: 5, Severity.LOW: 2, Severity.INFO: 0}
POSTURES = ((7, "Critical"), (5, "High Risk"), (3, "Medium"), (-1, "Good"))
MOST_RISK = 10.0


def judge(checks: Checks, scan: Scan, probe: Probe, found: Sequence[Finding], worst: Severity) -> None:
    """Record the verdict on one attack: findings first, then whether anything was tried at all."""
    counted = scan.coverage[probe.id]
    check, expected = f"security.{probe.id}", f"no finding ({probe.title})"
    expected += "" if worst is Severity.INFO else f" above {worst}"
    bad = [finding for finding in found if finding.severity > worst and not finding.accepted]
    if bad:
        checks.that(check, False, expected, "; ".join(map(str, bad)), n=max(len(counted.tried), 1))
        return
    reasons = list(dict.fromkeys(counted.skipped.values()))
    why = "; ".join(reasons[:MOST_REASONS]) + (
        f"; and {len(reasons) - MOST_REASONS} more reasons" if len(reasons) > MOST_REASONS else ""
    )
    if scan.stopped or not counted.tried or counted.undecided:
        why = scan.stopped or (counted.tried and counted.undecided) or why or "0 applicable locations"
        scan.target.system.lacks(checks, check, expected, why, f"security.{probe.id}")
        return
    accepted = [finding for finding in found if finding.accepted]
    seen = f"{len(accepted)} accepted findings; " if accepted else "0 findings; "
    checks.that(check, True, expected, f"{seen}{counted} tried" + (f" (skipped: {why})" if why else ""), n=len(counted.tried))


def show(findings: Sequence[Finding], scan: Scan, listed: Sequence[Probe]) -> None:
    """Write findings with their evidence and remediation, and the coverage of the probes, into the log."""
    from robot.api import logger

    from theodore_qa.redaction.markup import own_html

    counted = {probe.id: scan.coverage[probe.id] for probe in listed if probe.id in scan.coverage}
    log_table(
        f"{len(findings)} finding{'' if len(findings) == 1 else 's'}; {scan.client.sent} requests, seed {scan.seed}"
        + (f"; {scan.stopped}" if scan.stopped else ""),
        ("Severity", "Finding", "Weakness", "Where", "Observed", "Remediation"),
        [
            (
                finding.severity,
                finding.title,
                f"CWE-{finding.cwe}, {', '.join(finding.owasp)}",
                "\n".join(finding.locations[:10]),
                finding.observed,
                finding.remediation,
            )
            for finding in findings
        ],
    )
    for item in findings:
        exchanges = "".join(
            f"<pre>{escape(part['request'])}</pre><pre>{escape(part['response'])}</pre>" for part in item.evidence[:4]
        )
        if exchanges:
            title = f"Evidence: {escape(item.title)} at {escape(item.location)}"
            logger.info(own_html(f"<details><summary>{title}</summary>{exchanges}</details>"), html=True)
    if scan.access_matrix and "missing-authentication" in counted:
        log_table(
            "Access matrix (status codes)",
            ("Operation", "Anonymous", "Identity", "Identity, on an unknown path"),
            [(name, *statuses) for name, statuses in scan.access_matrix.items()],
            cap=100,
        )
    log_table("Coverage", ("Attack", "Tried"), [(name, str(coverage)) for name, coverage in counted.items()], cap=80)
    skipped = [(name, location, why) for name, coverage in counted.items() for location, why in coverage.skipped.items()]
    if skipped:
        log_table("Skipped", ("Attack", "Location", "Reason"), skipped, cap=200)


def risk(findings: Sequence[Finding]) -> float:
    """The score with its arithmetic in the log."""
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
        [(weight, answer.severity, answer.title, answer.location) for weight, answer in weighted],
    )
    return score
