"""What a request says of itself is believed: headers, cookies and queries that make somebody of its sender."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

from SecurityLibrary.authentication import believed_cookies, impersonation
from SecurityLibrary.coverage import NotApplicableError
from SecurityLibrary.findings.finding import Severity
from SecurityLibrary.findings.owasp import ACCESS
from SecurityLibrary.probes.base import Probe
from SecurityLibrary.proof import comparison
from theodore_qa.errors import NotEvaluatedError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from SecurityLibrary.description.operations import ScanOperation
    from SecurityLibrary.findings.finding import Finding
    from SecurityLibrary.scan import Scan
    from theodore_qa.systems.exchange import Exchange
    from theodore_qa.systems.identities import Identity

REFUSED = (401, 403, 404)
NAMES = ("X-User", "X-User-Id", "X-Username", "X-User-Name", "X-Real-User", "X-Remote-User", "Remote-User", "X-WEBAUTH-USER",
         "X-Authenticated-User", "X-Authenticated-Userid", "X-Auth-User", "X-Auth-Request-User", "X-Forwarded-User",
         "X-Auth-Request-Preferred-Username", "X-Forwarded-Email", "X-Forwarded-Preferred-Username", "X-Client-Cert-CN",
         "X-SSL-Client-CN")  # fmt: skip
ROLES = ("X-Role", "X-Roles", "X-User-Role", "X-User-Roles", "X-Forwarded-Groups", "X-Groups")
FLAGS = ("X-Admin", "X-Is-Admin", "X-Internal", "X-Internal-Request", "X-Debug", "X-Superuser", "X-Staff", "X-Bypass-Auth")
ADDRESSES = ("X-Forwarded-For", "X-Real-IP", "X-Client-IP", "X-Originating-IP", "True-Client-IP")
COOKIES = ("role", "admin", "is_admin", "isAdmin", "user_role")
QUERY = "admin=true&is_admin=true&role=admin&internal=true"


class GuardedProbe(Probe):
    """A probe that asks for what refuses: what is for administrators first."""

    topic = "authorization"
    tier = 2
    MOST = 6

    def run(self, scan: Scan) -> Iterator[Finding]:
        """A few operations that refuse."""
        refused: dict[ScanOperation, list[Identity | None]] = {}
        for operation in sorted(scan.plan.operations, key=lambda operation: not operation.admin):
            if sum(map(len, refused.values())) >= self.MOST or not operation.safe or operation.secured is False:
                continue
            with scan.apart(self.id, str(operation)):
                owner = scan.plan.identity_for(operation)
                if owner is None:
                    raise NotEvaluatedError("nobody is known who may do it")
                refused[operation] = _refused(scan, operation, owner)
        if not any(refused.values()):
            raise NotApplicableError("no operation refuses anybody")

        def look(operation: ScanOperation) -> Iterator[Finding]:
            owner = scan.plan.identity_for(operation)
            for sender in refused[operation]:
                if owner and (found := self.let_in(scan, operation, owner, sender)):
                    yield found
                    break

        yield from scan.over_operations(self.id, [operation for operation, who in refused.items() if who], look)

    def let_in(self, scan: Scan, operation: ScanOperation, owner: Identity, sender: Identity | None) -> Finding | None:
        """A finding if who is refused is served."""
        raise NotImplementedError


class TrustedRequest(GuardedProbe):
    """Who sends a header of the right name is let in."""

    id = "trusted-headers"
    group = "guards"
    title = "What a request says of its sender is believed"
    severity = Severity.CRITICAL
    cwe = 290
    owasp = (*ACCESS, "A07:2021", "A07:2025", "API5:2023")
    sends = (
        "to what refuses anonymous callers and ordinary identities: headers that proxies and programs of the own network set "
        "(X-User, X-Role, X-Internal, X-Forwarded-For: 127.0.0.1 and their like), cookies (role=admin, and those of the sign-in "
        "beside the session, as the other's would be) and queries (admin=true)"
    )
    oracle = (
        "it is served as to those who may, twice, with the header, and refused with one of a made-up name before and after; or "
        "who has a session is shown what another identity alone is shown, twice, and not with a made-up name in the header"
    )
    bad = 'if request.headers.get("X-Internal") == "true": return everything()'
    good = "caller = verify(request.headers['Authorization'])  # the proxy removes what clients send of its own headers"
    MOST_COOKIES = 16
    remediation = "Take who calls from what was proved alone; let the proxy remove such headers from what comes from outside."

    def run(self, scan: Scan) -> Iterator[Finding]:
        """Those who are refused, and those who are shown what is another's instead of their own."""
        if taken := impersonation.taken_for_another(scan, NAMES):
            operation, (sender, other), way, answers = taken
            name, value = next(iter(way.items()))
            by = f"the cookie {value.rpartition('; ')[2]} beside the session" if name == "Cookie" else f"{name}: {value}"
            scan.coverage.tried(self.id, str(operation))
            observed = f"'{sender.name}', with a session of their own, is taken for '{other.name}' by {by}"
            yield self.finding(str(operation), observed, *answers, identity=sender.name)
        yield from super().run(scan)

    def let_in(self, scan: Scan, operation: ScanOperation, owner: Identity, sender: Identity | None) -> Finding | None:
        """Headers of a kind at once, then each; last a query."""
        control = scan.plan.control(operation, owner)[0]
        scan.coverage.tried(self.id, str(operation))
        ways = _ways(scan, owner)
        groups = [{name: value for part in group for name, value in part.items()} for group in ways]
        for way, together in zip(ways, groups, strict=True):
            if not self._served(scan, operation, owner, sender, together, control):
                continue
            for part in way if len(way) > 1 else [together]:
                answers = [self._served(scan, operation, owner, sender, part, control) for _ in range(2)]
                other = {f"{name}-Qa" if name != "Cookie" else name: "qa=1" for name in part}
                if answers[0] and answers[1] and not self._served(scan, operation, owner, sender, other, control):
                    who = f"'{sender.name}'" if sender else "an anonymous caller"
                    claimed = ", ".join(f"{name}: {value}" for name, value in part.items())
                    observed = f"{who} is served like '{owner.name}' by {claimed}"
                    return self.finding(str(operation), observed, answers[0], answers[1])
        found = self._by_cookie(scan, operation, owner, sender, control) if sender else None
        return found or self._by_query(scan, operation, (owner, sender), control)

    def _by_cookie(
        self, scan: Scan, operation: ScanOperation, owner: Identity, sender: Identity, control: Exchange
    ) -> Finding | None:
        """A cookie beside those of the sender's own session."""
        session = scan.authenticator.credentials(sender).get("Cookie", "")
        if not session:
            return None

        def served(pair: str) -> Exchange | None:
            beside = {"Cookie": believed_cookies.joined(session, pair)}
            return self._served(scan, operation, owner, sender, beside, control)

        for pair in itertools.islice(believed_cookies.beside_session(scan, sender, owner), self.MOST_COOKIES):
            answers = [served(pair), served(pair)]
            name, _, value = pair.partition("=")
            if answers[0] and answers[1] and not served(f"{name}-qa={value}") and not served(f"{name}=qa{scan.random.number()}"):
                observed = f"'{sender.name}' is served like '{owner.name}' by the cookie {pair} beside the session"
                return self.finding(str(operation), observed, answers[0], answers[1])
        return None

    def _by_query(
        self, scan: Scan, operation: ScanOperation, identities: tuple[Identity, Identity | None], control: Exchange
    ) -> Finding | None:
        owner, sender = identities
        begun = f"{control.path}{'&' if '?' in control.path else '?'}"
        queries = (QUERY, "qa=true", QUERY)
        answers = [scan.sender.request(operation.method, f"{begun}{query}", sender) for query in queries]
        if [answer.ok and comparison.same_kind(answer, control) for answer in answers] != [True, False, True]:
            return None
        who = f"'{sender.name}'" if sender else "an anonymous caller"
        return self.finding(str(operation), f"{who} is served like '{owner.name}' by the query {QUERY}", answers[0], answers[2])

    @staticmethod
    def _served(
        scan: Scan, operation: ScanOperation, owner: Identity, sender: Identity | None, beside: dict[str, str], control: Exchange
    ) -> Exchange | None:
        answer = scan.sender.send(operation, sender, headers=beside, owner=owner)
        return answer if answer.ok and comparison.same_kind(answer, control) else None


def _ways(scan: Scan, owner: Identity) -> list[list[dict[str, str]]]:
    """Headers of a kind, which are sent together first and one by one then."""
    own = {*(name.lower() for identity in scan.target.identities.values() for name in identity.headers)}
    own |= {identity.header.lower() for identity in scan.target.identities.values()}
    name = owner.username or owner.name
    kinds = [
        [{each: name} for each in NAMES],
        [{each: "admin"} for each in ROLES],
        [{each: "true"} for each in FLAGS],
        [{each: "1"} for each in FLAGS],
        [{each: "127.0.0.1"} for each in ADDRESSES],
        [{"Cookie": f"{each}={'admin' if 'role' in each else 'true'}"} for each in COOKIES],
    ]
    kinds = [[part for part in kind if not {each.lower() for each in part} & own or "Cookie" in part] for kind in kinds]
    cookies_known = any(identity.cookie for identity in scan.target.identities.values())
    kinds = kinds[:-1] if cookies_known else [*kinds[:-1], [{"Cookie": "; ".join(part["Cookie"] for part in kinds[-1])}]]
    return [kind for kind in kinds if kind]


class PathSpelling(GuardedProbe):
    """Who writes the path in another way is let in."""

    id = "path-spelling"
    group = "guards"
    title = "Another spelling of a path goes round its protection"
    severity = Severity.CRITICAL
    cwe = 288
    owasp = (*ACCESS, "API5:2023")
    sends = (
        "to what refuses anonymous callers and ordinary identities: its path with a slash more, in capitals, with dots, with a "
        "parameter, encoded, and as the path that X-Original-URL and X-Rewrite-URL name"
    )
    oracle = "it is served as to those who may, twice; a path that there is not, spelt so, is not"
    bad = 'if request.path == "/admin/users": demand_administrator()'
    good = "each handler demands what it needs, however the path to it was written"
    remediation = "Check the rights in the operation itself, or in the router that has chosen it, never by comparing paths."

    def let_in(self, scan: Scan, operation: ScanOperation, owner: Identity, sender: Identity | None) -> Finding | None:
        """Each spelling."""
        control = scan.plan.control(operation, owner)[0]
        scan.coverage.tried(self.id, str(operation))
        nowhere = f"/qa-nowhere-{scan.random.number()}"
        spellings = zip(_spellings(control.path), _spellings(nowhere), strict=True)
        for (path, headers), (other, other_headers) in spellings:
            answers: list[Exchange] = []
            while len(answers) < 2 and _alike(answers, control):  # noqa: PLR2004  # twice, where the first is served
                answers.append(scan.sender.request("GET", path, sender, headers=headers))
            if not _alike(answers, control):
                continue
            made_up = scan.sender.request("GET", other, sender, headers=other_headers)
            if not made_up.ok or not comparison.same_kind(made_up, control):
                who = f"'{sender.name}'" if sender else "an anonymous caller"
                spelt = f"{path} with {', '.join(headers)}" if headers else path
                return self.finding(str(operation), f"{who} is served like '{owner.name}' at {spelt}", *answers)
        return None


def _alike(answers: list[Exchange], control: Exchange) -> bool:
    """Whether all of the answers are of the kind of a control request's."""
    return all(answer.ok and comparison.same_kind(answer, control) for answer in answers)


def _spellings(path: str) -> list[tuple[str, dict[str, str]]]:
    """Ways to write a path, each with the headers that it needs."""
    plain, mark, query = path.partition("?")
    before, _, last = plain.rpartition("/")
    spelt = [f"{plain}/", f"{before}/{last.upper()}", plain.upper(), f"/{plain}", f"{before}//{last}", f"{before}/./{last}",
             f"{before}/%2e/{last}", f"{before}/qa/../{last}", f"{plain};qa=1", f"{plain}.json", f"{plain}%20", f"{plain}%2f",
             f"{before}/%{ord(last[:1] or 'a'):02x}{last[1:]}", f"/%2e{plain}", f"/.{plain}"]  # fmt: skip
    ways: list[tuple[str, dict[str, str]]] = [(f"{each}{mark}{query}", {}) for each in spelt]
    return [*ways, ("/", {"X-Original-URL": path}), ("/", {"X-Rewrite-URL": path})]


def _refused(scan: Scan, operation: ScanOperation, owner: Identity) -> list[Identity | None]:
    """Who is refused: nobody in particular, and for what is for administrators an ordinary identity."""
    ordinary = [each for each in scan.target.identities.values() if operation.admin and each.role != "admin"][:1]
    senders: list[Identity | None] = [*ordinary, None]
    answers = [(sender, scan.sender.send(operation, sender, owner=owner)) for sender in senders]
    return [sender for sender, answer in answers if answer.status in REFUSED or answer.asks_to_sign_in]
