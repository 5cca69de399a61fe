"""Keywords for findings of other tools: reports that are imported, and scanners that are run."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from robotlibcore import keyword

from theodore_qa.context import context
from theodore_qa.errors import NotEvaluatedError, UsageError
from theodore_qa.log import log_table
from theodore_qa.observing.checks import Checks
from theodore_qa.observing.display import plural
from theodore_qa.observing.observations import recorder

if TYPE_CHECKING:
    from collections.abc import Callable

    from SecurityLibrary.findings.finding import Finding
    from SecurityLibrary.keywords.attacks import ScanningKeywords
    from theodore_qa.systems.system import System

HALF_AN_HOUR = timedelta(minutes=30)


def _refuse_skipped(system: System, method: str, path: str) -> None:
    """Raise for a request to an operation that the description skips."""
    from SecurityLibrary import target

    for label, reason in target.skipped(system).items():
        known_method, _, template = label.partition("#")[0].partition(" ")
        if known_method == method and re.fullmatch(re.sub(r"\\{[^}]+\\}", "[^/]+", re.escape(template)), path.partition("?")[0]):
            raise UsageError(f"{method} {path} is not scanned: the description of {system.name} skips {label} ({reason}).")


def _refuse_where_skipped(system: System, tool: str) -> None:
    """Raise where a tool that goes its own ways could send what the description skips."""
    from SecurityLibrary import target

    if skipped := target.skipped(system):
        raise UsageError(
            f"{tool} goes its own ways and could send what the description of {system.name} skips ({', '.join(skipped)}): "
            f"scan it by Scan API, or run {tool} yourself and import its report by Import Findings."
        )


class OtherToolsKeywords:
    """Findings that others made."""

    def __init__(self, scanning: ScanningKeywords) -> None:
        self.scanning = scanning

    @keyword(tags=("security", "import"))
    def import_findings(self, path: str, *targets: str, older_than: timedelta | None = None) -> int:
        """Takes the findings of a report in: of OWASP ZAP (JSON or XML) or SARIF of any tool; returns how many.

        Judge them by `Findings Should Not Exceed`, together with what was scanned. A report without grave findings is NOT
        EVALUATED there unless it says that a run took place and was whole, on the system, and recently. What the tool cannot say,
        such as Bandit the repository, is waived by ``security.imports.target`` under ``not_available`` of the environment file;
        the run prints the lines. Findings on other hosts are listed in the log and not judged. What the report suppresses, and
        false positives of ZAP, count as accepted.

        Args:
            path: The report; one that is empty, damaged, above 32 MB or of another kind is an error.
            targets: The names by which the report may call the system: its address, its repository, its image; by default the
                address in the environment file.
            older_than: A report that is older is NOT EVALUATED; by default ``--older-than``, else 7 days.

        Example:

        ```robotframework
        Scan API    banner
        ${report} =    Save Findings    pipeline.sarif
        Import Findings    ${report}    older_than=1 day
        Findings Should Not Exceed    info
        ```
        """
        from SecurityLibrary.external_tools import imported_reports

        system = context.system
        report = imported_reports.read(Path(path), targets or (system.url,))
        recorder.exchanged()  # the report is what a tool has seen of the system
        name = Path(path).name
        self.scanning.imports.append(imported_reports.Imported(name, report, system, older_than or imported_reports.age_limit()))
        self._take(name, report.findings)
        if others := [finding for run in report.foreign for finding in run.findings]:
            log_table(
                f"{plural(len(others), 'finding')} of {name} on other hosts, which are not judged",
                ("Severity", "Finding", "Where"),
                [(finding.severity, finding.title, finding.location) for finding in others],
            )
        return len(report.findings)

    @keyword(tags=("security", "scanner"), name="Scan With ZAP")
    def scan_with_zap(self, url: str, key_env: str = "", *, within: timedelta = HALF_AN_HOUR) -> int:
        """Lets a running OWASP ZAP crawl and attack the system under test and takes its alerts in; returns how many.

        ZAP sends what it finds: for a system whose description skips operations this is refused. Without ZAP this is NOT
        EVALUATED, with how to get it.

        Args:
            url: Where ZAP's API answers, such as http://127.0.0.1:8090.
            key_env: The environment variable that holds its API key; no key by default.
            within: How long each step may take; 30 minutes by default.

        Example:

        ```robotframework
        Scan With ZAP    http://127.0.0.1:8090
        Findings Should Not Exceed    low
        ```
        """
        from SecurityLibrary.external_tools import external_scanners

        system = context.system
        system.permit("active_scan")
        system.client.refuse_foreign(url)
        _refuse_where_skipped(system, "OWASP ZAP")
        return self._run("OWASP ZAP", lambda: external_scanners.zap(url, key_env, system.url, within.total_seconds()))

    @keyword(tags=("security", "scanner"))
    def scan_with_sqlmap(
        self, path: str, *, data: str | None = None, level: int = 3, identity: str | None = None, within: timedelta = HALF_AN_HOUR
    ) -> int:
        """Lets sqlmap look at one path of the system under test and takes what it finds in; returns how many.

        It runs with risk 1, which changes nothing, and reads no data. An operation that the description skips is refused. Without
        sqlmap this is NOT EVALUATED, with how to get it.

        Args:
            path: From the root, with its query, such as /api/v2/discover/suggestions?query=Sla.
            data: A body, which makes it a POST; none by default.
            level: How much it tries, 1 to 5; 3 by default, since below it nothing is tried inside of LIKE patterns.
            identity: Who sends; the first identity of the environment by default.
            within: How long it may take; 30 minutes by default.

        Example:

        ```robotframework
        Scan With Sqlmap    /api/v2/version?qa=1    within=1 s
        Findings Should Not Exceed    info
        ```
        """
        from SecurityLibrary.external_tools import external_scanners

        system = context.system
        system.permit("active_scan")
        method = "POST" if data else "GET"
        _refuse_skipped(system, method, path)
        who = system.sender(identity)
        headers = system.authenticator.credentials(who, method, path)
        url = f"{system.url}{system.authenticator.signed_path(who, path)}"
        return self._run("sqlmap", lambda: external_scanners.sqlmap(url, headers, within.total_seconds(), data, level))

    @keyword(tags=("security", "scanner"))
    def scan_with_testssl(
        self, url: str | None = None, *, ca: str | None = None, checks: str = "", within: timedelta = HALF_AN_HOUR
    ) -> int:
        """Lets testssl look at a TLS server and takes what it finds in; returns how many.

        Without testssl this is NOT EVALUATED, with how to get it.

        Args:
            url: The system's ``tls.url`` or ``url`` by default.
            ca: The file of a private CA; the environment's ``tls.ca`` by default.
            checks: Only these, with commas between them: ``protocols``, ``server defaults``, ``cipher categories``, ``forward
                secrecy``, ``headers``, ``vulnerabilities``; all of testssl's by default.
            within: How long it may take; 30 minutes by default.

        Example:

        ```robotframework
        Scan With Testssl    checks=protocols, server defaults    within=1 s
        Findings Should Not Exceed    info
        ```
        """
        from SecurityLibrary.external_tools import external_scanners

        system = context.system
        system.permit("active_scan")
        tls = system.tls
        where = url or (tls.url if tls else "") or system.url
        system.client.refuse_foreign(where)
        chosen = [name.strip() for name in checks.split(",") if name.strip()]
        trusted = ca or (tls.ca if tls else None)
        return self._run("testssl", lambda: external_scanners.testssl(where, within.total_seconds(), trusted, chosen))

    def _run(self, tool: str, work: Callable[[], list[Finding]]) -> int:
        from SecurityLibrary import target

        api = target.described()
        client = api.client()
        client.reach(api.probe_path)
        client.close()
        try:
            found = work()
        except NotEvaluatedError as error:
            checks = Checks(tool)
            checks.not_evaluated("security.scanner", f"a scan by {tool}", str(error))
            checks.conclude()
            raise
        self._take(tool, found)
        return len(found)

    def _take(self, source: str, found: list[Finding]) -> None:
        self.scanning.add(found)
        log_table(
            f"{plural(len(found), 'finding')} of {source}",
            ("Severity", "Finding", "Weakness", "Where", "Observed", "Remediation"),
            [
                (finding.severity, finding.title, f"CWE-{finding.cwe}", finding.location, finding.observed, finding.remediation)
                for finding in found
            ],
        )
