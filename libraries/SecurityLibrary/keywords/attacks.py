"""Keywords that scan an API and judge what was found."""

from __future__ import annotations

import datetime as dt  # Robot converts by annotations
import sys
from collections import Counter
from pathlib import Path
from typing import Any, TYPE_CHECKING

from assertionengine import AssertionOperator, verify_assertion  # Robot converts by annotations
from robotlibcore import keyword

from theodore_qa.context import context
from theodore_qa.errors import unknown, UsageError
from theodore_qa.observing.checks import Checks
from theodore_qa.observing.display import plural
from theodore_qa.observing.observations import recorder

if TYPE_CHECKING:
    from SecurityLibrary.external_tools.imported_reports import Imported
    from SecurityLibrary.findings.finding import Finding
    from SecurityLibrary.probes.base import Probe
    from SecurityLibrary.scan import Scan
    from SecurityLibrary.target import Target


class ScanningKeywords:
    """Scans and their judgement."""

    def __init__(self) -> None:
        self.findings: list[Finding] = []
        self.imports: list[Imported] = []
        self.evaluated = False
        self.problem = ""
        self._to_be_forgotten = False
        self._scans: dict[tuple[str, bool, str | None], Scan] = {}

    @keyword(tags=("security",), name="API Should Withstand")
    def api_should_withstand(
        self,
        *attacks: str,
        at_most: str = "info",
        allow_changes: bool = False,
        identity: str | None = None,
        seed: int = 0,
        accepted_in: str | None = None,
    ) -> None:
        """Attacks an API in the named ways and checks that nothing worse than ``at_most`` is found.

        Each attack rests on control requests that succeeded. The verdict states how many locations were tried of all that apply;
        an attack without any is NOT EVALUATED. The environment must allow ``active_scan``, and the target prove itself.

        Args:
            attacks: Probes such as sql-injection, or topics: injection, authentication, authorization, api, exposure.
            at_most: The worst acceptable severity: info (the default), low, medium, high or critical.
            allow_changes: Whether operations that change something may be sent; by default they are not.
            identity: Who sends, the first one without special rights by default.
            seed: Of the random numbers; printed.
            accepted_in: A YAML file of accepted findings, ``variables/accepted-findings.yaml`` by default.

        Example:

        ```robotframework
        API Should Withstand    sql-injection    command-injection
        ```
        """
        from SecurityLibrary import probes
        from SecurityLibrary.findings import accepted, verdicts
        from SecurityLibrary.findings.finding import Severity

        if not attacks:
            raise UsageError("Name at least one attack, such as sql-injection, or a topic, such as injection.")
        listed = probes.chosen(attacks)
        worst = Severity.named(at_most)
        scan = self._scan(allow_changes=allow_changes, identity=identity, seed=seed)
        checks = Checks("Security", scan.target.name)
        known = accepted.load(accepted_in)
        every: list[Finding] = []
        for probe in listed:
            found = self._run(scan, [probe], known)
            verdicts.judge(checks, scan, probe, found, worst)
            every += found
        verdicts.show(every, scan, listed)
        checks.conclude()

    @keyword(tags=("security",), name="Scan API")
    def scan_api(
        self,
        *attacks: str,
        allow_changes: bool = False,
        identity: str | None = None,
        max_requests: int = 60_000,
        rate: float = 500,
        seed: int = 0,
        within: dt.timedelta | None = None,
    ) -> dict[str, Any]:
        """Attacks an API in all known ways, or in the named ones, and returns what was found.

        What was found until an interruption is kept. Judge it by `Findings Should Not Exceed`: a scan alone is no check, and a
        test that holds nothing else fails.

        Where the time is limited, each attack gets a part of it by what its finding would be worth. What an attack did not come
        to is NOT EVALUATED, with the reason.

        Args:
            attacks: Probes or topics; all by default.
            allow_changes: Whether operations that change something may be sent; by default they are not.
            identity: Who sends, the first one without special rights by default.
            max_requests: How many requests the scan may send; 60,000 by default.
            rate: How many requests a second it may send; 500 by default.
            seed: Of the random numbers; printed.
            within: How long it may take, such as ``15 minutes``; by default nine tenths of what is left of the test's timeout,
                and without one as long as it needs.

        Returns:
            ``findings`` (a list of texts), ``requests``, ``operations`` and ``stopped``, which says why a scan ended early.

        Example:

        ```robotframework
        ${scan} =    Scan API    cors    security-headers    banner    within=10 minutes
        Findings Should Not Exceed    info
        ```
        """
        from SecurityLibrary import probes
        from SecurityLibrary.findings import accepted, verdicts
        from SecurityLibrary.findings.finding import merged

        scan = self._scan(allow_changes=allow_changes, identity=identity, seed=seed, budget=max_requests, rate=rate, new=True)
        listed = probes.chosen(attacks)
        found: list[Finding] = []
        try:
            found = self._run(scan, listed, accepted.load(None), within)
        finally:
            verdicts.show(found or merged(scan.findings), scan, listed)
        return {
            "findings": [str(finding) for finding in found],
            "requests": scan.client.sent,
            "operations": len(scan.target.operations),
            "stopped": scan.stopped,
        }

    @keyword(tags=("security",))
    def findings_should_not_exceed(self, severity: str, *, accepted_in: str | None = None) -> None:
        """Checks that nothing worse than ``severity`` was found or imported in this suite so far.

        Without a scan or import that evaluated something before, this is NOT EVALUATED; so it is if an attack could not be tried
        at a location that it applies to, or if an imported report does not say that a run took place on the system, recently.
        ``security.tried`` in the thresholds says which share of locations suffices; the log has the lines that waive the rest.

        Args:
            severity: Info, low, medium, high or critical.
            accepted_in: A YAML file of accepted findings, ``variables/accepted-findings.yaml`` by default.

        Example:

        ```robotframework
        Scan API    banner    cors
        Findings Should Not Exceed    medium
        ```
        """
        from SecurityLibrary.findings import accepted
        from SecurityLibrary.findings.finding import merged, Severity

        worst = Severity.named(severity)
        checks = Checks("Findings")
        expected = f"no finding above {worst}"
        if self.problem:
            checks.not_evaluated("security.findings", expected, self.problem)
        elif not self.evaluated:
            checks.not_evaluated("security.findings", expected, self._why_nothing())
        found = accepted.applied(merged(self.findings), accepted.load(accepted_in))
        bad = [finding for finding in found if finding.severity > worst and not finding.accepted]
        unproved = [imported for imported in self.imports if not imported.judge(checks)]
        if bad or (self.evaluated and not unproved):
            observed = "; ".join(map(str, bad[:5])) + (f"; and {len(bad) - 5} more" if len(bad) > 5 else "")  # noqa: PLR2004  # five are named
            left = [finding.severity for finding in found if not finding.accepted]
            summary = (
                f"{plural(len(found), 'finding')}, {len(found) - len(left)} of them accepted, worst: {max(left, default='none')}"
            )
            undecided = self._undecided()
            if undecided and not bad:
                without = self._without_identities([name for name, _ in undecided])
                few = without + "; ".join(f"{name}: {why}" for name, why in undecided[:3])
                more = f"; and {len(undecided) - 3} more, which the log lists" if len(undecided) > 3 else ""  # noqa: PLR2004
                checks.not_evaluated(
                    "security.findings", expected, f"{plural(len(undecided), 'attack')} without a verdict: {few}{more}"
                )
            else:
                checks.that("security.findings", not bad, expected, observed or summary, n=max(len(found), 1))
        checks.conclude()

    @keyword(tags=("security", "getter"))
    def get_findings(
        self, assertion_operator: AssertionOperator | None = None, assertion_expected: Any = None, *, at_least: str = "info"
    ) -> list[str]:
        """Returns the findings of this suite so far as texts, the worst first, and may assert on them.

        Args:
            assertion_operator: Operator of AssertionEngine such as ``==``.
            assertion_expected: What the operator compares with.
            at_least: Omit findings that are less severe; by default none are.

        Example:

        ```robotframework
        Scan API    banner
        ${findings} =    Get Findings    at_least=medium
        Findings Should Not Exceed    info
        ```
        """
        from SecurityLibrary.findings.finding import merged, Severity

        least = Severity.named(at_least)
        found = [str(finding) for finding in merged(self.findings) if finding.severity >= least]
        return list(verify_assertion(found, assertion_operator, assertion_expected, "Findings")) if assertion_operator else found

    @keyword(tags=("security", "getter"))
    def get_risk_score(self) -> float:
        """Returns the risk of this suite's findings, 0 to 10, and logs how it comes about.

        The score is the weight of the worst finding, plus a tenth of the weights of all others, 10 at most. Weights are critical
        10, high 7, medium 5, low 2, info 0; accepted findings weigh nothing. Above 7 the posture is Critical, above 5 High Risk,
        above 3 Medium, else Good (source: the security tests of Theodore v2; the sum over all others is ours).

        Example:

        ```robotframework
        Scan API    banner    cors
        ${risk} =    Get Risk Score
        Findings Should Not Exceed    info
        ```
        """
        from SecurityLibrary.findings import accepted, verdicts
        from SecurityLibrary.findings.finding import merged

        found = accepted.applied(merged(self.findings), accepted.load(None))
        return verdicts.risk(found)

    @keyword(tags=("security",))
    def save_findings(self, path: str) -> str:
        """Writes the findings of this suite as SARIF 2.1.0 (``.sarif``) or JSON (``.json``); returns the file's path.

        Args:
            path: Where to; relative to the folder of outputs.

        Example:

        ```robotframework
        Scan API    banner    cors
        Save Findings    security/banner.sarif
        Findings Should Not Exceed    info
        ```
        """
        from robot.libraries.BuiltIn import BuiltIn

        from SecurityLibrary import probes
        from SecurityLibrary.findings import saved_findings, verdicts
        from SecurityLibrary.findings.finding import merged

        given = Path(path)
        file = given if given.is_absolute() else Path(BuiltIn().get_variable_value("${OUTPUT DIR}")) / given
        if file.suffix not in (".sarif", ".json"):
            raise UsageError(f"The file {path} cannot be written: its name must end with .sarif or .json.")
        problems = [self.problem] if self.problem else [f"{name}: {why}" for name, why in self._undecided()]
        scans = self._scans.values()
        attacks = [verdicts.as_data(probes.load(name)(), scan) for scan in scans for name in scan.coverage]
        saved_findings.save(merged(self.findings), file, attacks, problems)
        return str(file)

    def _undecided(self) -> list[tuple[str, str]]:
        """The attacks for which too little could be tried, and why, unless the environment does without them."""
        from SecurityLibrary.findings import verdicts

        undecided = []
        for scan in self._scans.values():
            system = scan.target.system
            verdicts.waive(scan, list(scan.coverage))
            share = verdicts.sufficient_share(system)
            undecided += [
                (name, why)
                for name, counted in scan.coverage.items()
                if (why := counted.undecided(share)) and not system.waiver(f"security.{name}")
            ]
        return undecided

    def _without_identities(self, undecided: list[str]) -> str:
        """Which attacks are left out where the description names no identities."""
        from SecurityLibrary import probes

        if any(scan.target.identities for scan in self._scans.values()):
            return ""
        named = [name for name in undecided if probes.load(name).topic in ("authentication", "authorization")]
        return f"without identities in the description these cannot be tried: {', '.join(named)}; " if named else ""

    def _why_nothing(self) -> str:
        """Why no attack could be tried: the reason that was met most."""
        every = [counted for scan in self._scans.values() for counted in scan.coverage.values()]
        reasons = Counter(reason for counted in every for reason in counted.open.values())
        return reasons.most_common(1)[0][0].rstrip(".") if reasons else "no scan and no imported report before"

    def add(self, findings: list[Finding]) -> None:
        """Take findings that no scan has made in."""
        from SecurityLibrary.findings.finding import merged

        self._forget_at_suite_end()
        self.evaluated = True
        self.findings = merged([*self.findings, *findings])
        self._keep(findings)

    def _scan(
        self,
        *,
        allow_changes: bool,
        identity: str | None,
        seed: int,
        budget: int = 60_000,
        rate: float = 500,
        new: bool = False,
    ) -> Scan:
        from SecurityLibrary import target
        from SecurityLibrary.scan import Scan

        described: Target = target.described()
        key = (described.name, allow_changes, identity)
        if identity is not None and identity not in described.identities:
            raise unknown("identity", identity, described.identities, f"the system {described.name}")
        if new or key not in self._scans or self._scans[key].stopped:
            described.system.permit("active_scan")
            if allow_changes:
                described.system.granted("destructive")
            self._forget_at_suite_end()
            client = described.client(budget, described.system.capped(rate))
            client.reach(described.probe_path)
            scan = Scan(described, client, allow_changes=allow_changes, seed=seed, identity=identity)
            scan.sign_in_identities()
            self._scans[key] = scan
        return self._scans[key]

    def _run(
        self, scan: Scan, listed: list[Probe], known: list[dict[str, Any]], within: dt.timedelta | None = None
    ) -> list[Finding]:
        from SecurityLibrary import runner
        from SecurityLibrary.allotted_time import AllottedTime
        from SecurityLibrary.findings import accepted, verdicts
        from SecurityLibrary.findings.finding import merged

        scan.findings = []
        kept: list[Finding] = []

        def keep(findings: list[Finding]) -> None:
            self._keep(new := [finding for finding in findings if finding not in kept], scan)
            kept.extend(new)

        try:
            allotted = AllottedTime.within(within.total_seconds() if within is not None else None, context.time_left())
            runner.run(scan, listed, _show_progress, lambda found: keep(accepted.applied(found, known)), allotted)
        finally:
            if scan.client.answered:
                recorder.exchanged()
            self.evaluated = self.evaluated or any(coverage.tried for coverage in scan.coverage.values())
            self.problem = scan.stopped
            found = accepted.applied(scan.findings, known)
            verdicts.waive(scan, [probe.id for probe in listed])
            for probe in listed:
                recorder.note("attack", attack=verdicts.as_data(probe, scan))
            self.findings = merged([*self.findings, *found])
            keep(found)
        return found

    @staticmethod
    def _keep(findings: list[Finding], scan: Scan | None = None) -> None:
        """Write findings into the evidence, those of a scan with the name of the system that it is of."""
        system = {"system": scan.target.name} if scan else {}
        for finding in findings:
            recorder.note("finding", finding=finding.as_data() | system)

    def _forget_at_suite_end(self) -> None:
        if not self._to_be_forgotten:
            self._to_be_forgotten = True
            context.at_suite_end("the scans could not be closed", self._forget)

    def _forget(self) -> None:
        for scan in self._scans.values():
            scan.close()
        self.__init__()  # type: ignore[misc]  # back to the state of a new one


def _show_progress(line: str) -> None:
    """Show progress on a terminal, and record it for whoever follows the run; the log has the tables."""
    recorder.note("progress", what=f"scan {line}")
    if sys.__stderr__ is not None and sys.__stderr__.isatty():
        from robot.api import logger

        logger.console(line)
