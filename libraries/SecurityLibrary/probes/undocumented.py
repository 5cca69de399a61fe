"""What is served beside the documented operations."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from SecurityLibrary import comparison
from SecurityLibrary.discovery import described, Discovery, LISTING
from SecurityLibrary.findings import Severity
from SecurityLibrary.probes.base import Probe
from theodore_qa.errors import NotEvaluatedError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from SecurityLibrary.findings import Finding
    from SecurityLibrary.scan import Scan
    from theodore_qa.systems.exchange import Exchange

# Looked for at the root, and below what the API's own paths have in common, such as /api and /api/v2.
NAMES = (
    "admin", "admin/users", "debug", "debug/config", "debug/vars", "debug/env", "debug/pprof/",
    "internal", "internal/status", "internal/config", "config", "config.json", "settings", "env",
    "actuator", "actuator/env", "actuator/health", "metrics", "status", "users", "test", "trace", "console",
    "backup", "dump", "export", "logs", "graphql", "swagger.json", "openapi.json", "docs", "redoc",
)  # fmt: skip
ROOT = (
    "/.env", "/.git/HEAD", "/.git/config", "/backup.sql", "/dump.sql", "/phpinfo.php", "/server-status",
    "/swagger-ui/", "/api-docs", "/graphiql", "/v1/users", "/api/users", "/api/internal", "/api/debug",
    "/.env.bak", "/.env.local", "/.DS_Store", "/.htpasswd", "/backup.zip", "/backup.tar.gz", "/db.sqlite3", "/database.sqlite",
    "/dump.json", "/app.log", "/debug.log", "/config.yaml", "/config.yml", "/settings.ini", "/secrets.json", "/credentials.json",
    "/docker-compose.yml", "/Dockerfile", "/package.json", "/web.config", "/_debug", "/__debug__/", "/_internal", "/private/",
    "/old/", "/dev/", "/heapdump", "/actuator/heapdump", "/api/admin", "/api/config", "/api/export", "/api/backup",
)  # fmt: skip
SERIOUS = re.compile(
    r"debug|env|\.git|\.sql|actuator|console|internal|admin|phpinfo|users|trace|config|settings|backup|dump|logs?|secret|credential|sqlite|htpasswd|private"
)
MOST_PREFIXES = 4
VERSION = re.compile(r"/v(\d+)(?=/|$)")


class Undocumented(Probe):
    """Something is served that the document does not have."""

    id = "undocumented"
    title = "Undocumented operation is served"
    topic = "api"
    severity = Severity.MEDIUM
    cwe = 1059
    owasp = ("A05:2021", "A02:2025", "API9:2023")
    sends = (
        "paths under which there is often something forgotten, at the root and below the API's own, earlier versions of its own, "
        "and those that answers, redirects, robots.txt, sitemaps, scripts, source maps and directory listings name; without "
        "credentials, and as an ordinary identity; and OPTIONS to each path of its own"
    )
    oracle = (
        "it is answered 2xx with a content, twice, unlike made-up paths beside it and unlike the start page; for information if "
        "Allow names a method that the description does not have, twice"
    )
    bad = '@app.get("/debug/vars")'
    good = "if settings.development: app.include_router(debug)"
    remediation = "Take what is forgotten out of service, or document and protect it."

    def run(self, scan: Scan) -> Iterator[Finding]:
        """Ask for each path that is not documented."""
        patterns = described(scan)
        identity = scan.plan.identity_for()
        callers = {"anonymous callers": None} | ({"any signed-in user": identity} if identity else {})
        start = scan.sender.request("GET", "/")
        usual: dict[tuple[str, str], list[Exchange]] = {}
        discovery = Discovery(scan)
        named = discovery.all()
        yield from self._mapped(scan, discovery)
        yield from self._listed(scan, discovery, patterns)
        for path in dict.fromkeys([*_paths([operation.route for operation in scan.target.operations]), *named]):
            if path in scan.target.served or any(pattern.fullmatch(path) for pattern in patterns):
                continue
            scan.coverage.tried(self.id, path)
            beside = path.rstrip("/").rpartition("/")[0]
            for who, caller in callers.items():
                answer = scan.sender.request("GET", path, caller)
                if not answer.ok or not answer.text.strip():
                    continue
                key = beside, who
                if key not in usual:
                    usual[key] = [
                        scan.sender.request("GET", f"{beside}/qa-nowhere-{scan.random.number()}", caller) for _ in range(2)
                    ]
                    if not usual[key][0].status:
                        raise NotEvaluatedError("a made-up path was not answered")
                again = scan.sender.request("GET", path, caller)
                if again.ok and _new(answer, [*usual[key], start]):
                    severity = Severity.MEDIUM if SERIOUS.search(path) else Severity.LOW
                    observed = f"served to {who}, not documented"
                    if path in named:
                        observed += f", but named by {named[path]}"
                        severity = Severity.INFO if answer.media == "text/html" else severity
                    if LISTING.search(answer.text) and LISTING.search(again.text):
                        observed, severity = f"{observed}; it lists the files of a folder", Severity.LOW
                    yield self.finding(f"GET {path}", observed, answer, again, severity=severity)
                    break
        yield from self._allowed(scan)

    def _listed(self, scan: Scan, discovery: Discovery, patterns: list[re.Pattern[str]]) -> Iterator[Finding]:
        """Folders that list their files behind a path of the description, with a slash too many."""
        for folder, listing in discovery.listed.items():
            if any(pattern.fullmatch(folder) for pattern in patterns):
                scan.coverage.tried(self.id, folder)
                yield self.finding(f"GET {folder}", "it lists the files of a folder", listing, severity=Severity.LOW)

    def _mapped(self, scan: Scan, discovery: Discovery) -> Iterator[Finding]:
        """Source maps that scripts name: they hold what the scripts were made of."""
        for path, (script, answer) in discovery.maps.items():
            scan.coverage.tried(self.id, path)
            observed = f"the source map of {script} is served, with the sources themselves"
            yield self.finding(f"GET {path}", observed, answer, severity=Severity.LOW)

    def _allowed(self, scan: Scan) -> Iterator[Finding]:
        """The methods that a path of the description says to have beyond those of the description."""
        described: dict[str, set[str]] = {}
        for operation in scan.target.operations:
            described.setdefault(operation.path, {"OPTIONS", "HEAD"}).add(operation.method)
        for operation in scan.plan.working(self.id, sample=True):
            known = described.pop(operation.path, None) if operation.method == "GET" else None
            if known is None:
                continue
            identity = scan.plan.identity_for(operation)
            path = scan.plan.control(operation, identity)[0].path
            answers = [scan.sender.request("OPTIONS", path, identity) for _ in range(2)]
            more, again = ({part.strip().upper() for part in answer.headers.get("allow", "").split(",")} for answer in answers)
            scan.coverage.tried(self.id, f"OPTIONS {operation.path}")
            if beyond := sorted((more & again) - known - {""}):
                observed = f"Allow names {', '.join(beyond)}, not documented"
                yield self.finding(f"OPTIONS {operation.path}", observed, answers[0], severity=Severity.INFO)


def _new(answer: Exchange, usual: list[Exchange]) -> bool:
    """Whether an answer is none of those that are given to any path."""
    leaves = comparison.leaves(answer, answer.path)
    for response in usual:
        if (
            response.text == answer.text
            or comparison.leaves(response, response.path) == leaves
            or (response.ok and comparison.same_kind(response, answer))
        ):
            return False
    return True


def _paths(documented: list[str]) -> list[str]:
    """The paths to look for: usual names at the root and below the API's own prefixes, and its own paths of earlier versions."""
    tops: dict[str, int] = {}
    for path in documented:
        parts = [part for part in path.split("{")[0].split("/") if part][:-1]
        for depth in range(1, len(parts[:2]) + 1):
            top = "/" + "/".join(parts[:depth])
            tops[top] = tops.get(top, 0) + 1
    prefixes = [top for top, _ in sorted(tops.items(), key=lambda counted: -counted[1])][:MOST_PREFIXES]
    earlier = [
        VERSION.sub(lambda match: f"/v{int(match[1]) - 1}", path, count=1)
        for path in documented
        if "{" not in path and (version := VERSION.search(path)) and int(version[1]) > 1
    ]
    return list(dict.fromkeys([*ROOT, *(f"{top}/{name}" for top in ("", *prefixes) for name in NAMES), *earlier]))
