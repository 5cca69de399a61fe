"""What is served beside the documented operations."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from SecurityLibrary.discovery import undescribed_paths
from SecurityLibrary.discovery.named_paths import described, Discovery, lists_files, pattern_of, read_all
from SecurityLibrary.discovery.undescribed_paths import MOST_OBJECTS, MOST_OLDER, VERSION
from SecurityLibrary.findings.finding import Severity
from SecurityLibrary.probes.base import Probe
from SecurityLibrary.proof import comparison
from SecurityLibrary.sending.never_sent import NeverSentError
from SecurityLibrary.sending.pacing import BudgetError
from SecurityLibrary.sending.sender import UnresponsiveError
from theodore_qa.errors import NotEvaluatedError, QaError

if TYPE_CHECKING:
    import re
    from collections.abc import Iterator

    from SecurityLibrary.description.operations import ScanOperation
    from SecurityLibrary.findings.finding import Finding
    from SecurityLibrary.scan import Scan
    from theodore_qa.systems.exchange import Exchange
    from theodore_qa.systems.identities import Identity


class Undocumented(Probe):
    """Something is served that the document does not have."""

    id = "undocumented"
    title = "Undocumented operation is served"
    topic = "api"
    severity = Severity.MEDIUM
    cwe = 1059
    owasp = ("A05:2021", "A02:2025", "API9:2023")
    sends = (
        "paths under which there is often something forgotten, at the root and below the API's own, in its collections and below "
        "their objects, earlier versions of its own, and those that answers, their headers (Link, Content-Location), redirects, "
        "robots.txt, sitemaps, scripts, source maps and directory listings name; without credentials, and as an ordinary "
        "identity; and OPTIONS to each path of its own"
    )
    oracle = (
        "it is answered 2xx with a content, twice, unlike made-up paths beside it, unlike the start page, and unlike what an "
        "operation answers whose path takes any name there; for information if "
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
        read_all(scan)
        discovery = Discovery(scan)
        named = discovery.all()
        yield from self._mapped(scan, discovery)
        yield from self._listed(scan, discovery, patterns)
        routes = [operation.route for operation in _described(scan)]
        items = list(self._items(scan))
        lock = threading.Lock()

        def made_up(beside: str, who: str) -> list[Exchange]:
            with lock:
                if (beside, who) not in usual:
                    paths = [f"{beside}/qa-nowhere-{scan.random.number()}" for _ in range(2)]
                    usual[beside, who] = [scan.sender.request("GET", each, callers[who]) for each in paths]
            if not usual[beside, who][0].status:
                raise NotEvaluatedError("a made-up path was not answered")
            return usual[beside, who]

        def look(path: str) -> Finding | None:
            alike = self._swallowing(scan, path, patterns)
            if alike is None or (path in named and path not in items and alike):
                return None
            scan.coverage.tried(self.id, path)
            for who, caller in callers.items():
                answer = self._answer(scan, path, caller)
                if answer is None:
                    continue
                beside = made_up(path.rstrip("/").rpartition("/")[0], who)
                again = self._answer(scan, path, caller)
                if again is not None and _new(answer, [*beside, *alike, start]):
                    if undescribed_paths.SERIOUS.search(path):
                        scan.forgotten.append((f"GET {path}", answer))
                    return self._served(path, who, named.get(path, ""), (answer, again))
            return None

        paths = dict.fromkeys([*undescribed_paths.paths(routes), *named, *items])
        requested = [path for path in paths if path not in scan.target.served and path not in routes]
        yield from scan.side_by_side(self.id, requested, look, str)
        yield from self._allowed(scan)

    @staticmethod
    def _answer(scan: Scan, path: str, caller: Identity | None) -> Exchange | None:
        """What is served under a path; None where nothing is, or the description skips it."""
        try:
            answer = scan.sender.request("GET", path, caller)
        except NeverSentError:
            return None
        return answer if answer.ok and answer.text.strip() else None

    def _served(self, path: str, who: str, where: str, answers: tuple[Exchange, Exchange]) -> Finding:
        severity = Severity.MEDIUM if undescribed_paths.SERIOUS.search(path) else Severity.LOW
        observed = f"served to {who}, not documented"
        if where:
            observed += f", but named by {where}"
            severity = Severity.INFO if answers[0].media == "text/html" else severity
        if all(lists_files(answer) for answer in answers):
            observed, severity = f"{observed}; it lists the files of a folder", Severity.LOW
        return self.finding(f"GET {path}", observed, *answers, severity=severity)

    @staticmethod
    def _swallowing(scan: Scan, path: str, patterns: list[re.Pattern[str]]) -> list[Exchange] | None:
        """What operations answer whose paths take any name there; None where that is not known.

        Below a path that no operation takes it is empty.
        """
        if not any(pattern.fullmatch(path) for pattern in patterns):
            return []
        answers: list[Exchange] = []
        for operation in _described(scan):
            if operation.method != "GET" or not pattern_of(operation.route).fullmatch(path):
                continue
            try:
                answers += scan.plan.control(operation, scan.plan.identity_for(operation))
            except (BudgetError, UnresponsiveError):
                raise
            except QaError:
                return None
        return answers

    @staticmethod
    def _items(scan: Scan) -> Iterator[str]:
        """Paths below objects of the API, and those of its objects in earlier versions."""
        objects = older = 0
        for operation in _described(scan):
            if operation.method != "GET" or "{" not in operation.route:
                continue
            ends = operation.route.endswith("}")
            if (not ends or objects >= MOST_OBJECTS) and (not VERSION.search(operation.route) or older >= MOST_OLDER):
                continue
            try:
                path = scan.plan.control(operation, scan.plan.identity_for(operation))[0].path.partition("?")[0]
            except (BudgetError, UnresponsiveError):
                raise
            except QaError:
                continue
            older += 1
            yield from undescribed_paths.earlier(path)
            if ends and objects < MOST_OBJECTS:
                objects += 1
                yield from (f"{path.rstrip('/')}/{name}" for name in undescribed_paths.OF_OBJECT)

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


def _described(scan: Scan) -> list[ScanOperation]:
    """The operations that the description has."""
    return [operation for operation in scan.target.operations if str(operation) not in scan.undescribed]


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
