"""Properties of objects that nobody should see (excessive data)."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any, TYPE_CHECKING

from SecurityLibrary.description import graphql
from SecurityLibrary.description.protected_properties import find
from SecurityLibrary.exposure import documented, private_data, schema_fields
from SecurityLibrary.exposure.sensitive_data import GIVING
from SecurityLibrary.findings.finding import Severity
from SecurityLibrary.findings.owasp import ACCESS
from SecurityLibrary.identities.registrations import FORGOTTEN
from SecurityLibrary.objects.identifiers import identifiers_of
from SecurityLibrary.objects.ownership import is_named
from SecurityLibrary.probes.base import Probe

if TYPE_CHECKING:
    from collections.abc import Iterator

    from SecurityLibrary.description.operations import ScanOperation
    from SecurityLibrary.findings.finding import Finding
    from SecurityLibrary.scan import Scan
    from theodore_qa.systems.exchange import Exchange
    from theodore_qa.systems.identities import Identity

RECOVERY = 640


class ExcessiveData(Probe):
    """Answers hold internal or secret properties."""

    id = "excessive-data"
    title = "Answers hold internal properties"
    topic = "authorization"
    severity = Severity.MEDIUM
    cwe = 213
    owasp = (*ACCESS, "API3:2023")
    sends = (
        "each operation as it is meant, and what the other probes send; queries of GraphQL with fields whose names say that they "
        "are secret or private, by the schema, by what errors suggest, and usual ones"
    )
    oracle = (
        "an answer holds, twice, a property whose name says that it is secret (password, hash, salt, ssn) and that has a value; "
        "keys and tokens may be shown where they are made; or a list of people shows an ordinary user what concerns others "
        "alone, such as the number of their bank account, or anybody is told it; low where it is only how to reach them, and the "
        "document does not say otherwise, and where the document gives the answer a secret, key or token"
    )
    bad = "return account"
    good = "return UserProfile(**account)"
    remediation = "Answer with a model of what callers may see, not with what is stored."

    NEVER = re.compile(
        r"(?:\w*(?:password|passwd|passphrase)|pwd|pin)(?:hash|hashed|digest|salt|encrypted)?|(?:hashed|encrypted)(?:password|pin)|salt"
        r"|ssn|socialsecurity(?:number)?|cvv|cvc|cvv2|internalnotes?|securityanswers?|(?:mfa|otp|totp)(?:secret|seed|key)"
        r"|\w*(?:reset|recovery)(?:token|code|key)|privatekey|signingkey|encryptionkey"
    )
    ONCE = re.compile(
        r"\w*secret(?:key|token)?|(?:\w*api|access|auth|service)(?:key|token)|(?:session|bearer|refresh|id)token|token"
    )
    KEPT = re.compile(r"\w*(?:recovery|backup)(?:code|key)s?")  # what people are given to keep
    DIGEST = re.compile(r"(?=.*\d)[\w+/$=.-]{16,}")  # a digest may also be a summary: its value decides
    MASKED = re.compile(r"[*•…]|\.\.\.|^\s*$|(?i:redacted|hidden|masked|^x+$)")
    SHORTEST, MOST_OBJECTS = 3, 4

    def run(self, scan: Scan) -> Iterator[Finding]:
        """Look at each control, and at all that was answered to other values."""
        for operation in scan.plan.working(self.id):
            identity = scan.plan.identity_for(operation)
            controls = scan.plan.control(operation, identity)
            scan.coverage.tried(self.id, str(operation))
            answers = [
                *controls,
                *(exchange for label, exchange in scan.sender.answers.exchanges if label == str(operation) and exchange.ok),
            ]
            answers = [answer for answer in answers if _same_sender(answer, controls[0], identity)]
            holding_by_name: dict[str, list[Exchange]] = {}
            for response in answers:
                for name in set(self._names(response.body, once=_gives(scan, operation, response))):
                    holding_by_name.setdefault(name, []).append(response)
            if named := sorted(name for name, holding in holding_by_name.items() if len(holding) > 1 or len(controls) == 1):
                finding = self.finding(str(operation), f"the answer holds {', '.join(named)}", *holding_by_name[named[0]][:1])
                if FORGOTTEN.search(operation.path) and any(re.search(r"(?i)token|code|key", name) for name in named):
                    finding = replace(finding, severity=Severity.CRITICAL, cwe=RECOVERY)  # whoever asks may set the password
                elif self._meant(scan, controls[0], named) or self._are_own(controls[0].body, named, identity):
                    finding = replace(finding, severity=Severity.LOW)
                yield finding
            yield from self._of_others(scan, operation, identity, controls)
            if operation.secured is False and graphql.reads(operation):
                yield from self._to_anybody(scan, operation, identity)
            if schema_fields.applies(operation) and not operation.admin:
                with scan.apart(self.id, str(operation)):
                    yield from self._unasked(scan, operation, identity)

        yield from self._sign_ins(scan)

    def _unasked(self, scan: Scan, operation: ScanOperation, identity: Identity | None) -> Iterator[Finding]:
        """Fields of GraphQL that the description's query does not ask for, and that come when somebody does."""

        def secret(name: str) -> bool:
            return bool(self.NEVER.fullmatch(_plain(name)) or self.ONCE.fullmatch(_plain(name))) or "digest" in name.lower()

        def matters(name: str) -> bool:
            return secret(name) or private_data.concerns_one(name)

        others = _everybody(scan)
        found: dict[str, list[Exchange]] = {}
        grave = False
        for name in schema_fields.names(scan, operation, matters):
            for extended in schema_fields.asking(operation, name):
                answers = [scan.sender.send(extended, identity)]
                if find(answers[0].body, name) in (None, "", [], {}):
                    continue
                answers.append(scan.sender.send(extended, identity))
                value = find(answers[1].body, name)
                private, reaching = private_data.of_others(answers[1].body, identity, others) if identity else (set(), set())
                hidden = secret(name) and isinstance(value, str | int) and self._whole(str(value))
                hidden = hidden and not self._is_own(answers[1].body, name, identity)
                if hidden or name in private | reaching:
                    found.setdefault(name, answers)
                    grave = grave or hidden or name in private
        if found:
            severity = self.severity if grave else Severity.LOW  # low where it is only how to reach people
            observed = f"the answer holds {', '.join(sorted(found))} when asked for, which no described query does"
            yield self.finding(str(operation), observed, *next(iter(found.values())), severity=severity)

    def _are_own(self, body: Any, names: list[str], identity: Identity | None) -> bool:
        return all(self._is_own(body, name, identity) for name in names)

    def _is_own(self, body: Any, name: str, identity: Identity | None) -> bool:
        """Whether a code that people are given to keep is shown to those alone whom it belongs to."""
        if identity is None or not self.KEPT.fullmatch(_plain(name)):
            return False
        holding = list(_holding(body, name))
        return bool(holding) and all(is_named(each, identity) for each in holding)

    def _meant(self, scan: Scan, answer: Exchange, names: list[str]) -> bool:
        """Whether the document gives an answer these properties, none of which is a secret of the system itself."""
        known = documented.properties(scan.target.system.contract, answer) or set()
        return all(name in known and self.ONCE.fullmatch(_plain(name)) for name in names)

    def _of_others(
        self, scan: Scan, operation: ScanOperation, identity: Identity | None, controls: tuple[Exchange, ...]
    ) -> Iterator[Finding]:
        """What a list of people tells an ordinary user of others, which concerns them alone."""
        if identity is None or identity.role == "admin" or operation.admin or not graphql.reads(operation):
            return
        others = _everybody(scan)

        def disclosed_by(answers: tuple[Exchange, ...]) -> tuple[set[str], set[str]]:
            contract = scan.target.system.contract
            places = [(each, documented.properties(contract, each)) for each in answers]
            kinds = [private_data.of_others(each.body, identity, others, known) for each, known in places]
            private, reaching = (set.intersection(*kind) for kind in zip(*kinds, strict=True))
            return private, reaching

        for answers in (controls, *self._of_other_objects(scan, operation, identity, controls)):
            private, reaching = disclosed_by(answers)
            if names := sorted(private | reaching):
                severity = self.severity if private else Severity.LOW
                observed = f"'{identity.name}' is shown {', '.join(names)} of others"
                yield self.finding(str(operation), observed, *answers[:2], severity=severity, identity=identity.name)
                return

    def _to_anybody(self, scan: Scan, operation: ScanOperation, identity: Identity | None) -> Iterator[Finding]:
        """What callers who have not signed in are told of people."""
        answers = [scan.sender.send(operation, None, owner=identity) for _ in range(2)]
        disclosed = [private_data.of_anybody(each.body, _everybody(scan)) for each in answers if each.ok]
        if len(disclosed) < len(answers):
            return
        private, reaching = (set.intersection(*kind) for kind in zip(*disclosed, strict=True))
        if names := sorted(private | reaching):
            severity = self.severity if private else Severity.LOW
            yield self.finding(str(operation), f"anybody is shown {', '.join(names)} of people", *answers, severity=severity)

    def _of_other_objects(
        self, scan: Scan, operation: ScanOperation, identity: Identity, controls: tuple[Exchange, ...]
    ) -> Iterator[tuple[Exchange, ...]]:
        """The lists below other objects than that of the control: what is below the scan's own object holds nobody else."""
        last = operation.last
        if last is None or operation.method != "GET" or operation.route.rstrip("/").endswith("}"):
            return
        collection = operation.route.partition(f"{{{last.name}}}")[0].rstrip("/")
        lists = [each for each in scan.plan.operations if each.method == "GET" and each.route.rstrip("/") == collection]
        listed = {known for each in lists[:1] for known in identifiers_of(scan.sender.send(each, identity).body)}
        for identifier in sorted(listed)[: self.MOST_OBJECTS]:
            answers = tuple(scan.sender.send(operation, identity, {last: identifier}) for _ in range(2))
            if all(answer.ok for answer in answers) and answers[0].path != controls[0].path:
                yield answers

    def _sign_ins(self, scan: Scan) -> Iterator[Finding]:
        """Look at the answers to sign-ins, which give tokens and have no reason to give what is stored."""
        for answer in scan.authenticator.answers.values():
            location = f"{answer.method} {answer.path}"
            scan.coverage.tried(self.id, location)
            if named := sorted(set(self._names(answer.body, once=True))):
                yield self.finding(location, f"the answer holds {', '.join(named)}", answer)
                return

    def _names(self, body: Any, *, once: bool) -> Iterator[str]:
        if isinstance(body, dict):
            for name, value in body.items():
                plain = _plain(name)
                digest = (plain == "digest" and self.DIGEST.fullmatch(str(value))) or private_data.is_digest(body, name)
                secret = digest or self.NEVER.fullmatch(plain) or (not once and self.ONCE.fullmatch(plain))
                if secret and not isinstance(value, bool) and isinstance(value, str | int) and self._whole(str(value)):
                    yield name
                yield from self._names(value, once=once)
        elif isinstance(body, list):
            for value in body[:5]:
                yield from self._names(value, once=once)

    def _whole(self, value: str) -> bool:
        return len(value) >= self.SHORTEST and not self.MASKED.search(value)


def _everybody(scan: Scan) -> list[Identity]:
    """All identities of the description, the one among them that may be changed."""
    spare = scan.target.lockable
    return [*scan.target.identities.values(), *([spare] if spare else [])]


def _holding(body: Any, name: str) -> Iterator[dict[str, Any]]:
    """The objects in a body that hold a value by this name."""
    if isinstance(body, dict) and body.get(name) is not None:
        yield body
    for value in body.values() if isinstance(body, dict) else body if isinstance(body, list) else ():
        yield from _holding(value, name)


def _plain(name: str) -> str:
    """The letters and digits of a name, in small letters."""
    return re.sub(r"[-_.\s]", "", name).lower()


def _gives(scan: Scan, operation: ScanOperation, answer: Exchange) -> bool:
    """Whether an operation hands out keys or tokens: it signs in, or has just made what it shows."""
    made = operation.method == "POST" and answer.status == 201  # noqa: PLR2004  # HTTP's created
    csrf = scan.authenticator.way.csrf
    own = (scan.authenticator.operation, " ".join(scan.authenticator.located(csrf.operation)) if csrf and csrf.operation else "")
    return made or str(operation) in own or bool(GIVING.search(str(operation)))


def _same_sender(exchange: Exchange, other: Exchange, identity: Identity | None) -> bool:
    """Whether two requests came from one identity: an administrator may see more."""
    known_by = ("Cookie", identity.header if identity else "Authorization")
    return all(exchange.sent_headers.get(name) == other.sent_headers.get(name) for name in known_by)
