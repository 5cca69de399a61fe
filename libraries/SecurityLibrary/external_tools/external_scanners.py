"""Scanners that a tester may have: OWASP ZAP by its API, sqlmap and testssl by their commands."""

from __future__ import annotations

import json
import os
import re
import subprocess
import tempfile
import time
from functools import partial
from pathlib import Path
from typing import Any, TYPE_CHECKING
from urllib.parse import urlsplit

from SecurityLibrary.external_tools import zap_alerts
from SecurityLibrary.findings.finding import Finding, Severity
from theodore_qa import extras
from theodore_qa.errors import NotEvaluatedError, unknown
from theodore_qa.redaction.secrets import secrets

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

VULNERABLE = re.compile(r"^Parameter: (.+?) \((\w+)\)$", re.MULTILINE)
INADEQUATE_ENCRYPTION = 326  # the CWE of rows that name none
LONGEST_OBSERVED = 300  # characters
TESTSSL = {"LOW": Severity.LOW, "MEDIUM": Severity.MEDIUM, "HIGH": Severity.HIGH, "CRITICAL": Severity.CRITICAL}

TESTSSL_CHECKS = {
    "protocols": "--protocols",
    "server defaults": "--server-defaults",
    "cipher categories": "--std",
    "forward secrecy": "--fs",
    "headers": "--headers",
    "vulnerabilities": "--vulnerable",
}


def zap(address: str, key_env: str, target: str, within: float) -> list[Finding]:
    """Let a running ZAP spider and attack ``target``, and read its alerts.

    Args:
        address: of ZAP's API.
        key_env: the environment variable with its key; empty without one.
        target: the address that ZAP attacks, as it is reached from where ZAP runs.
        within: the most seconds for the spider, and again for the attack.

    Raises:
        NotEvaluatedError: ZAP does not answer, took too long, or has reached nothing: no alert is then no proof.
    """
    import httpx

    key = os.environ.get(key_env, "") if key_env else ""
    if key:
        secrets.add(key, key_env)
    headers = {"X-ZAP-API-Key": key} if key else {}
    try:
        with httpx.Client(base_url=address, headers=headers, timeout=30, trust_env=False) as client:

            def ask(path: str, **parameters: str) -> Any:
                return client.get(f"/JSON/{path}/", params=parameters).raise_for_status().json()

            ask("core/view/version")
            for kind in ("spider", "ascan"):
                scan = str(ask(f"{kind}/action/scan", url=target)["scan"])
                _wait(partial(ask, f"{kind}/view/status", scanId=scan), kind, within)
            if not int(ask("core/view/numberOfMessages", baseurl=target)["numberOfMessages"]):
                raise NotEvaluatedError(f"ZAP has reached nothing at {target}: check that the address answers from where it runs")
            return zap_alerts.from_api(ask("core/view/alerts", baseurl=target)["alerts"])
    except (httpx.HTTPError, ValueError, KeyError, TypeError) as error:
        raise NotEvaluatedError(
            f"OWASP ZAP did not do its work at {address} ({error.__class__.__name__}): start it with "
            f"'zap.sh -daemon -port 8090 -config api.key=...' (https://www.zaproxy.org), and name it by url and key_env"
        ) from None


def _wait(ask_status: Callable[[], Any], kind: str, within: float) -> None:
    """Wait until ZAP reports 100 per cent."""
    deadline = time.monotonic() + within
    while int(ask_status()["status"]) < 100:  # noqa: PLR2004  # per cent
        if time.monotonic() > deadline:
            raise NotEvaluatedError(f"ZAP's {kind} did not end within {within:g} s")
        time.sleep(0.2)


def sqlmap(url: str, headers: dict[str, str], within: float, data: str | None = None, level: int = 3) -> list[Finding]:
    """Let sqlmap look at one address; it asks nothing, dumps nothing and forgets everything afterwards."""
    program = extras.program("sqlmap")
    with tempfile.TemporaryDirectory() as folder:
        arguments = [
            program,
            "-r",
            str(_request(Path(folder), url, headers, data)),
            "--batch",
            "--ignore-stdin",  # it would take an empty input for the list of its targets
            "--flush-session",
            "--disable-coloring",
            f"--level={level}",
            "--risk=1",
            "--output-dir",
            folder,
        ]
        try:
            done = subprocess.run(
                arguments, capture_output=True, text=True, timeout=within, check=False, stdin=subprocess.DEVNULL
            )
        except subprocess.TimeoutExpired:
            raise NotEvaluatedError(f"sqlmap did not end within {within:g} s") from None
    return _sqlmap_findings(url, done.stdout)


def _sqlmap_findings(url: str, output: str) -> list[Finding]:
    """What sqlmap's output says: only its own sentence proves that nothing was found."""
    if "all tested parameters do not appear to be injectable" in output:
        return []
    found = VULNERABLE.findall(output)
    if not found:
        last = [line for line in output.splitlines() if "[CRITICAL]" in line or "[ERROR]" in line]
        raise NotEvaluatedError(f"sqlmap came to no result: {last[-1][:200] if last else 'no output'}")
    return [
        Finding(
            probe="sqlmap",
            title="SQL injection",
            severity=Severity.CRITICAL,
            cwe=89,
            owasp=("A03:2021", "A05:2025"),
            locations=(f"{url} {where.lower()} {name}",),
            observed="sqlmap found it injectable",
            remediation="Pass values as parameters of the statement, never as parts of its text.",
            tool="sqlmap",
        )
        for name, where in found
    ]


def _request(folder: Path, url: str, headers: dict[str, str], data: str | None) -> Path:
    """The request as a file that only we can read: secrets do not belong into the list of processes."""
    parts = urlsplit(url)
    target = parts.path + (f"?{parts.query}" if parts.query else "")
    lines = [
        f"{'POST' if data else 'GET'} {target or '/'} HTTP/1.1",
        f"Host: {parts.netloc}",
        *(f"{name}: {value}" for name, value in headers.items()),
    ]
    file = folder / "request.txt"
    file.touch(0o600)
    file.write_text("\r\n".join(lines) + "\r\n\r\n" + (data or ""), encoding="utf-8")
    return file


def testssl(url: str, within: float, ca: str | None, checks: Sequence[str]) -> list[Finding]:
    """Let testssl look at one TLS server, by all its checks or some, trusting the authority in the file ``ca`` too."""
    for name in checks:
        if name not in TESTSSL_CHECKS:
            raise unknown("check of testssl", name, TESTSSL_CHECKS)
    program = extras.program("testssl")
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.json"
        trusted = ["--add-ca", ca] if ca else []
        try:
            subprocess.run(
                [program, "--quiet", "--color", "0", "--warnings", "off", "--jsonfile", str(report), *trusted,
                 *(TESTSSL_CHECKS[name] for name in checks), url],
                capture_output=True, timeout=within, check=False, stdin=subprocess.DEVNULL,
            )  # fmt: skip
            rows = json.loads(report.read_text(encoding="utf-8"))
        except subprocess.TimeoutExpired:
            raise NotEvaluatedError(f"testssl did not end within {within:g} s") from None
        except (OSError, ValueError):
            raise NotEvaluatedError(f"testssl left no report about {url}") from None
    if fatal := [str(row["finding"]) for row in rows if row.get("severity") == "FATAL"]:
        missing = extras.lacking("openssl")  # some releases of testssl bring one of their own
        raise NotEvaluatedError(f"testssl could not look at {url}: {fatal[0]}{f'; {missing}' if missing else ''}")
    return [_testssl_finding(url, row) for row in rows if row.get("severity") in TESTSSL]


def _testssl_finding(url: str, row: dict[str, Any]) -> Finding:
    cwe = str(row.get("cwe", "")).removeprefix("CWE-")
    return Finding(
        probe=f"testssl-{row['id']}",
        title=f"TLS: {row['id']}",
        severity=TESTSSL[row["severity"]],
        cwe=int(cwe or INADEQUATE_ENCRYPTION),
        owasp=("A02:2021", "A04:2025"),
        locations=(url,),
        observed=str(row["finding"])[:LONGEST_OBSERVED],
        remediation="Follow https://testssl.sh and Mozilla's server-side TLS guidelines.",
        tool="testssl",
    )
