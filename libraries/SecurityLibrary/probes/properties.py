"""Properties of objects: those that nobody may set and that are taken, those that nobody may see and that are shown."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any, TYPE_CHECKING

from SecurityLibrary.findings import Severity
from SecurityLibrary.objects import identifier_in, item_of
from SecurityLibrary.owasp import ACCESS
from SecurityLibrary.probes.base import Probe
from SecurityLibrary.registrations import FORGOTTEN
from SecurityLibrary.sensitive_data import GIVING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from SecurityLibrary.findings import Finding
    from SecurityLibrary.operations import Operation
    from SecurityLibrary.scan import Scan
    from theodore_qa.systems.exchange import Exchange
    from theodore_qa.systems.identities import Identity

# Two values for each property: the second where the first is refused, or is there already.
NOBODYS: dict[str, tuple[Any, ...]] = {
    "role": ("admin", "system"),
    "is_admin": (True,),
    "admin": (True,),
    "is_verified": (True, False),
    "is_active": (False, True),
    "tenant": ("qa-tenant-1", "qa-tenant-2"),
    "tenant_id": ("qa-tenant-1", "qa-tenant-2"),
    "user_id": ("qa-user-1", "qa-user-2"),
    "owner": ("qa-user-1", "qa-user-2"),
    "owner_id": ("qa-user-1", "qa-user-2"),
    "balance": (424_242, 434_343),
    "credits": (424_242, 434_343),
    "price": (0.01, 0.02),
    "total": (0.01, 0.02),
    "status": ("approved", "paid"),
    "api_quota": ({"global": 424_242}, {"global": 434_343}),
    "created_at": ("1999-01-01T00:00:00Z", "1999-01-02T00:00:00Z"),
    "permissions": (["admin"], ["*"]),
    "scopes": (["admin"], ["*"]),
}
# Of the properties that an object shows beside those of its schema, the ones that would matter.
MATTERS = re.compile(
    r"(?i)role|admin|staff|super|verified|approv|active|locked|tenant|owner|balance|credit|quota|price|total|amount|discount|paid"
    r"|status|state|plan|tier|level|permission|scope|limit|score|rating"
)
OWNERSHIP = re.compile(r"(?i)tenant|owner|user|org|account")


class MassAssignment(Probe):
    """A property that nobody may set is set because it was sent."""

    id = "mass-assignment"
    title = "Properties that nobody may set are taken (mass assignment)"
    topic = "authorization"
    severity = Severity.HIGH
    cwe = 915
    owasp = (*ACCESS, "A08:2021", "API3:2023")
    changes = True
    sends = (
        "properties beside those of the operation's schema: role, is_admin, tenant, balance and their like, and those that the "
        "object shows"
    )
    decides = (
        "the property has the value when the object is read afterwards, by a request of its own, twice; or an object that was "
        "given to another tenant or owner is no longer there for its maker"
    )
    bad = "account.update(await request.json())"
    good = "account.update(UpdateProfile.model_validate(body).model_dump(exclude_unset=True))"
    mend = 'Take over named properties only; refuse others (`extra="forbid"`).'

    def run(self, scan: Scan) -> Iterator[Finding]:
        """Each operation that takes an object and can be read back."""
        writers = [one for one in scan.target.operations if one.method in ("POST", "PUT", "PATCH") and isinstance(one.body, dict)]
        yield from scan.side_by_side(
            self.id,
            [one for one in writers if str(one) != scan.authenticator.operation and not one.admin],
            lambda operation: self._alone(scan, operation),
            str,
        )

    def _alone(self, scan: Scan, operation: Operation) -> Finding | None:
        """Look at one operation while no other takes away what it makes."""
        with scan.sender.gate.alone():
            return self._look(scan, operation)

    def _look(self, scan: Scan, operation: Operation) -> Finding | None:
        person = scan.plan.identity_for(operation)
        control = scan.plan.control(operation, person)[0]
        if operation.method == "POST":  # what the control made may have been taken away since
            control = scan.sender.send(operation, person)
        for read in _readers(scan, operation):
            before = _object(scan, operation, read, person, control)[0]
            if before is not None:
                break
        else:
            return self._told(scan, operation, person, control)
        scan.coverage.tried(self.id, str(operation))
        writing = _Writing(scan, operation, read, person, before)
        taken = {name: kept for name, values in writing.candidates() if (kept := writing.take(name, values))}
        if not taken:
            return None
        told = "it was sent, and is there when the object is read"
        places = [f"{operation} {name}" for name in taken]
        return self.finding(places, told, *next(iter(taken.values())))

    def _told(self, scan: Scan, operation: Operation, person: Identity | None, control: Exchange) -> Finding | None:
        """Where nothing reads it: what the answer tells of the object without being sent, and tells otherwise when it is."""
        known = {one.pointer[0] for one in operation.parameters if one.location == "body"}
        told = {name: find(control.body, name) for name in NOBODYS if name not in known}
        told = {name: value for name, value in told.items() if isinstance(value, str | bool | int)}
        if not told:
            scan.coverage.skip(self.id, str(operation), "no operation reads what it writes")
            return None
        scan.coverage.tried(self.id, str(operation))
        taken: dict[str, list[Exchange]] = {}
        for name, was in told.items():
            values = [value for value in NOBODYS[name] if value != was and isinstance(value, type(was))]
            answers = [scan.sender.send(operation, person, extra={name: value}) for value in (values * 2)[:2]]
            if answers and all(one.ok and find(one.body, name) in values for one in answers):
                taken[name] = answers
        if not taken:
            return None
        observed = "it was sent, and the answer says so, which says otherwise when it is not sent"
        return self.finding([f"{operation} {name}" for name in taken], observed, *next(iter(taken.values())))


class _Writing:
    """Properties that are written to one kind of object and read back."""

    def __init__(self, scan: Scan, operation: Operation, read: Operation, person: Identity | None, before: Any) -> None:
        self.scan, self.operation, self.read, self.person, self.before = scan, operation, read, person, before

    def candidates(self) -> list[tuple[str, tuple[Any, ...]]]:
        """Properties and values for them; where the object is made anew each time, only those that are not ignored at once."""
        known = {one.pointer[0] for one in self.operation.parameters if one.location == "body"} | set(self.operation.body)
        shown = self.before if isinstance(self.before, dict) else {}
        camel = any(re.search(r"[a-z][A-Z]", name) for name in known | set(shown))
        named = {_styled(name, camel=camel): values for name, values in NOBODYS.items()}
        for name, value in shown.items():
            if MATTERS.search(name) and name not in named:
                named[name] = _others(value)
        named = {name: (*self._theirs(name), *values) for name, values in named.items() if name not in known and values}
        if self.operation.method == "POST":
            answer = self.scan.sender.send(self.operation, self.person, extra={name: values[0] for name, values in named.items()})
            if answer.ok:
                after = _object(self.scan, self.operation, self.read, self.person, answer)[0]
                where = after if after is not None else answer.body
                named = {name: values for name, values in named.items() if find(where, name) == values[0]}
        return list(named.items())

    def take(self, name: str, values: tuple[Any, ...]) -> list[Exchange]:
        """The exchanges by which a property was written and read twice; empty if it is not taken."""
        anew = self.operation.method == "POST"
        was = find(self.before, name)
        tries = [*values, *values] if anew else [values[0], *([] if was is None else [was]), *values[1:], values[0]]
        kept: list[Exchange] = []
        current = was
        for value in tries:
            if value == current:
                continue
            answer, read = self._written(name, value)
            if read is not None:
                kept += [answer, read]
                current = was if anew else value
            elif answer.ok:
                break  # it is ignored
            if len(kept) == 4:  # noqa: PLR2004  # two writes and two reads
                break
        if current != was and was is not None:
            self.scan.sender.send(self.operation, self.person, extra={name: was})
        return kept if len(kept) == 4 else []  # noqa: PLR2004  # as above

    def _written(self, name: str, value: Any) -> tuple[Exchange, Exchange | None]:
        answer = self.scan.sender.send(self.operation, self.person, extra={name: value})
        if not answer.ok:
            return answer, None
        after, read = _object(self.scan, self.operation, self.read, self.person, answer)
        if after is None and OWNERSHIP.search(name):  # it has gone to whom it was given
            return answer, read if self.operation.method == "POST" and find(answer.body, name) == value else None
        return answer, read if find(after, name) == value else None

    def _theirs(self, name: str) -> tuple[Any, ...]:
        """Somebody else's tenant or name, as the API tells it to them."""
        if not OWNERSHIP.search(name) or self.person is None:
            return ()
        others = [one for one in self.scan.target.identities.values() if one.role != "admin" and one.tenant != self.person.tenant]
        told = (find(body, name) for one in others[:1] for body in self.scan.objects.about(one))
        return tuple(value for value in told if isinstance(value, str | int))[:1]


def _readers(scan: Scan, operation: Operation) -> list[Operation]:
    """The operations that may read what another one writes: below its path for what it makes, at its path, above it."""
    gets = [one for one in scan.target.operations if one.method == "GET" and not one.admin]
    path = operation.path.rstrip("/")
    below = [one for one in gets if re.fullmatch(re.escape(path) + r"/\{[^/]+\}", one.path)] if operation.method == "POST" else []
    above = [path.rsplit("/", cut)[0] for cut in (0, 1, 2)]
    return below + [one for where in above if where for one in gets if one.path.rstrip("/") == where]


def _object(
    scan: Scan, operation: Operation, read: Operation, person: Identity | None, written: Exchange
) -> tuple[Any, Exchange | None]:
    """The object that was written, read by a request of its own; None where it is not there."""
    path = [one for one in read.parameters if one.location == "path"]
    identifier = identifier_in(written.body, path[-1].name if path else "id")
    ends = read.path.rstrip("/").endswith("}")
    answer = scan.sender.send(read, person, {path[-1]: identifier} if ends and identifier is not None else {})
    if not answer.ok:
        return None, answer
    item = item_of(answer.body, identifier) if identifier is not None else None
    alone = ends or (operation.method != "POST" and read.path == operation.path)
    return item if item is not None else answer.body if alone else None, answer


def _others(value: Any) -> tuple[Any, ...]:
    """Two values of a kind that are not usual."""
    if isinstance(value, bool):
        return (not value, value)
    return (424_242, 434_343) if isinstance(value, int | float) else ("admin", "premium") if isinstance(value, str) else ()


def _styled(name: str, *, camel: bool) -> str:
    first, *rest = name.split("_")
    return first + "".join(map(str.capitalize, rest)) if camel else name


def find(body: Any, name: str) -> Any:
    """The first property of a name anywhere in a body; None where there is none."""
    if isinstance(body, dict):
        if name in body:
            return body[name]
        return next((found for value in body.values() if (found := find(value, name)) is not None), None)
    if isinstance(body, list):
        return next((found for value in body if (found := find(value, name)) is not None), None)
    return None


RECOVERY = 640


class ExcessiveData(Probe):
    """Answers hold properties that are nobody's business."""

    id = "excessive-data"
    title = "Answers hold internal properties"
    topic = "authorization"
    severity = Severity.MEDIUM
    cwe = 213
    owasp = (*ACCESS, "API3:2023")
    sends = "each operation as it is meant, and what the other probes send"
    decides = (
        "an answer holds, twice, a property whose name says that it is secret (password, hash, salt, ssn) and that has a value; "
        "keys and tokens may be shown where they are made"
    )
    bad = "return account"
    good = "return UserProfile(**account)"
    mend = "Answer with a model of what callers may see, not with what is stored."

    NEVER = re.compile(
        r"(?:\w*(?:password|passwd|passphrase)|pwd|pin)(?:hash|hashed|digest|salt|encrypted)?|(?:hashed|encrypted)(?:password|pin)|salt"
        r"|ssn|socialsecurity(?:number)?|cvv|cvc|cvv2|digest|internalnotes?|securityanswers?|(?:mfa|otp|totp)(?:secret|seed|key)"
        r"|\w*(?:reset|recovery)(?:token|code|key)|privatekey|signingkey|encryptionkey"
    )
    ONCE = re.compile(
        r"\w*secret(?:key|token)?|(?:\w*api|access|auth|service)(?:key|token)|(?:session|bearer|refresh|id)token|token"
    )
    MASKED = re.compile(r"[*•…]|\.\.\.|^\s*$|(?i:redacted|hidden|masked|^x+$)")
    SHORTEST = 3

    def run(self, scan: Scan) -> Iterator[Finding]:
        """Look at each control, and at all that was answered to other values."""
        for operation in scan.plan.working(self.id):
            person = scan.plan.identity_for(operation)
            controls = scan.plan.control(operation, person)
            scan.coverage.tried(self.id, str(operation))
            answers = [*controls, *(one for label, one in scan.sender.exchanges if label == str(operation) and one.ok)]
            answers = [one for one in answers if _same_sender(one, controls[0], person)]
            told: dict[str, list[Exchange]] = {}
            for one in answers:
                for name in set(self._names(one.body, once=_gives(scan, operation, one))):
                    told.setdefault(name, []).append(one)
            if named := sorted(name for name, holding in told.items() if len(holding) > 1 or len(controls) == 1):
                finding = self.finding(str(operation), f"the answer holds {', '.join(named)}", *told[named[0]][:1])
                if FORGOTTEN.search(operation.path) and any(re.search(r"(?i)token|code|key", name) for name in named):
                    finding = replace(finding, severity=Severity.CRITICAL, cwe=RECOVERY)  # whoever asks may set the password
                yield finding

    def _names(self, body: Any, *, once: bool) -> Iterator[str]:
        if isinstance(body, dict):
            for name, value in body.items():
                plain = re.sub(r"[-_.\s]", "", name).lower()
                secret = self.NEVER.fullmatch(plain) or (not once and self.ONCE.fullmatch(plain))
                if secret and not isinstance(value, bool) and isinstance(value, str | int) and self._whole(str(value)):
                    yield name
                yield from self._names(value, once=once)
        elif isinstance(body, list):
            for value in body[:5]:
                yield from self._names(value, once=once)

    def _whole(self, value: str) -> bool:
        return len(value) >= self.SHORTEST and not self.MASKED.search(value)


def _gives(scan: Scan, operation: Operation, answer: Exchange) -> bool:
    """Whether an operation hands out keys or tokens: it signs people in, or has just made what it shows."""
    made = operation.method == "POST" and answer.status == 201  # noqa: PLR2004  # HTTP's created
    csrf = scan.authenticator.way.csrf
    own = (scan.authenticator.operation, " ".join(scan.authenticator.located(csrf.operation)) if csrf and csrf.operation else "")
    return made or str(operation) in own or bool(GIVING.search(str(operation)))


def _same_sender(one: Exchange, other: Exchange, person: Identity | None) -> bool:
    """Whether two requests came from one person: an administrator may be told more."""
    known_by = ("Cookie", person.header if person else "Authorization")
    return all(one.sent_headers.get(name) == other.sent_headers.get(name) for name in known_by)
