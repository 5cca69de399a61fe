"""Who may do what: other people's rights, properties that nobody may set or see."""

from __future__ import annotations

from typing import Any, TYPE_CHECKING

from SecurityLibrary import compare
from SecurityLibrary.findings import Severity
from SecurityLibrary.probe import Probe
from theodore_qa.errors import NotEvaluatedError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from SecurityLibrary.exchange import Exchange
    from SecurityLibrary.findings import Finding
    from SecurityLibrary.identities import Person
    from SecurityLibrary.operations import Operation
    from SecurityLibrary.scan import Scan

ACCESS = ("A01:2021", "A01:2025")


class FunctionLevel(Probe):
    """Ordinary users do what is for administrators."""

    id = "function-level"
    title = "Administration is open to everybody (BFLA)"
    topic = "authorization"
    severity = Severity.HIGH
    cwe = 285
    owasp = (*ACCESS, "API5:2023")
    sends = "each administrative operation as an ordinary identity"
    decides = (
        "what comes is of the kind that the administrator gets, twice; for what changes something, the administrator sees it"
    )
    bad = '@router.post("/config")\ndef configure(caller: SignedIn): ...'
    good = '@router.post("/config")\ndef configure(caller: Administrator): ...'
    mend = "Ask for the role in each administrative operation, and refuse by default."

    def run(self, scan: Scan) -> Iterator[Finding]:
        """Each administrative operation, as each ordinary identity of another role."""
        guarded = [one for one in scan.api.operations if one.admin]
        boss = next((one for one in scan.api.people.values() if one.role == "admin"), None)
        user = next((one for one in scan.api.people.values() if one.role != "admin"), None)
        if not guarded or boss is None or user is None:
            raise NotEvaluatedError("administrative operations ('admin'), an administrator and an ordinary identity are needed")
        for operation in guarded:
            try:
                control = scan.control(operation, boss)[0]
            except NotEvaluatedError as error:
                if scan.stopped:
                    raise
                refusal = self._refusal(scan, operation, boss, error)
                if refusal is None:
                    continue
                control = refusal
            first, second = scan.send(operation, user, owner=boss), scan.send(operation, user, owner=boss)
            scan.tried(self, str(operation))
            if (first.ok or first.status == control.status) and second.status == first.status and self._alike(first, control):
                told = f"'{user.name}', who is no administrator, is served as '{boss.name}' is"
                yield self.finding(str(operation), told, first, second, identity=user.name)

    def _refusal(self, scan: Scan, operation: Operation, boss: Person, error: NotEvaluatedError) -> Exchange | None:
        """How an administrator is refused what is not possible now, such as enabling what is enabled: that is a control too."""
        reason = scan.forbidden(operation)
        answer = None if reason else scan.send(operation, boss)
        if answer is None or answer.status not in (400, 404, 409):
            scan.left_out(self, str(operation), str(error))
            return None
        return answer

    @staticmethod
    def _alike(answer: Exchange, control: Exchange) -> bool:
        if control.ok:
            return compare.alike(answer, control)
        same, other = compare.leaves(answer), compare.leaves(control)
        return not compare.differ(same, other)


class MassAssignment(Probe):
    """A property that nobody may set is set because it was sent."""

    id = "mass-assignment"
    title = "Properties that nobody may set are taken (mass assignment)"
    topic = "authorization"
    severity = Severity.HIGH
    cwe = 915
    owasp = (*ACCESS, "A08:2021", "API3:2023")
    changes = True
    sends = "properties beside those of the operation's schema: role, is_admin, tenant, balance and their like"
    decides = "the property has the value when the object is read afterwards, by a request of its own, for two values"
    bad = "account.update(await request.json())"
    good = "account.update(UpdateProfile.model_validate(body).model_dump(exclude_unset=True))"
    mend = 'Take over named properties only; refuse others (`extra="forbid"`).'

    VALUES: tuple[tuple[str, tuple[Any, Any]], ...] = (
        ("role", ("admin", "system")),
        ("is_admin", (True, 1)),
        ("admin", (True, 1)),
        ("is_verified", (True, False)),
        ("is_active", (False, True)),
        ("tenant", ("qa-tenant-1", "qa-tenant-2")),
        ("tenant_id", ("qa-tenant-1", "qa-tenant-2")),
        ("user_id", ("qa-user-1", "qa-user-2")),
        ("owner", ("qa-user-1", "qa-user-2")),
        ("owner_id", ("qa-user-1", "qa-user-2")),
        ("balance", (424_242, 434_343)),
        ("credits", (424_242, 434_343)),
        ("price", (0.01, 0.02)),
        ("status", ("approved", "paid")),
        ("api_quota", ({"global": 424_242}, {"global": 434_343})),
        ("created_at", ("1999-01-01T00:00:00Z", "1999-01-02T00:00:00Z")),
        ("permissions", (["admin"], ["*"])),
        ("scopes", (["admin"], ["*"])),
    )

    def run(self, scan: Scan) -> Iterator[Finding]:
        """Each operation that takes an object and can be read back."""
        writers = [one for one in scan.api.operations if one.method in ("POST", "PUT", "PATCH") and isinstance(one.body, dict)]
        for operation in writers:
            if str(operation) == scan.api.door.operation or operation.admin:
                continue
            person = scan.person(operation)
            read = self._reader(scan, operation)
            try:
                control = scan.control(operation, person)[0]
            except NotEvaluatedError as error:
                if scan.stopped:
                    raise
                scan.left_out(self, str(operation), str(error))
                continue
            if read is None:
                scan.left_out(self, str(operation), "no operation reads what it writes")
                continue
            scan.tried(self, str(operation))
            yield from self._properties(scan, operation, read, person, control)

    @staticmethod
    def _reader(scan: Scan, operation: Operation) -> Operation | None:
        """The operation that reads what another one writes: the same path, or the one below it with an identifier."""
        gets = [one for one in scan.api.operations if one.method == "GET"]
        same = next((one for one in gets if one.path == operation.path), None)
        below = next((one for one in gets if one.path.startswith(f"{operation.path}/{{") and one.path.endswith("}")), None)
        return below if operation.method == "POST" and below else same

    def _properties(
        self, scan: Scan, operation: Operation, read: Operation, person: Person | None, control: Exchange
    ) -> Iterator[Finding]:
        known = {p.name for p in operation.parameters if p.location == "body"}
        before = self._read_back(scan, read, person, control)
        for name, values in self.VALUES:
            if name in known:
                continue
            kept = []
            for value in values:
                answer = scan.send(operation, person, extra={name: value})
                after = self._read_back(scan, read, person, answer)
                if (
                    not answer.ok
                    or after is None
                    or _find(after.body, name) != value
                    or _find(before.body if before else None, name) == value
                ):
                    break
                kept += [answer, after]
            if kept:
                self._put_back(scan, operation, person, name, _find(before.body if before else None, name))
            if len(kept) == 4:  # noqa: PLR2004  # two writes and two reads
                yield self.finding(f"{operation} {name}", "it was sent, and is there when the object is read", *kept)

    @staticmethod
    def _put_back(scan: Scan, operation: Operation, person: Person | None, name: str, value: Any) -> None:
        if operation.method != "POST" and value is not None:
            scan.send(operation, person, extra={name: value})

    @staticmethod
    def _read_back(scan: Scan, read: Operation, person: Person | None, written: Exchange) -> Exchange | None:
        from SecurityLibrary.objects import identifier_in

        path = [one for one in read.parameters if one.location == "path"]
        given = {}
        if path and (found := identifier_in(written.body, path[-1].name)) is not None:
            given = {path[-1]: found}
        answer = scan.send(read, person, given)
        return answer if answer.ok else None


def _find(body: Any, name: str) -> Any:
    if isinstance(body, dict):
        if name in body:
            return body[name]
        return next((found for value in body.values() if (found := _find(value, name)) is not None), None)
    if isinstance(body, list):
        return next((found for value in body if (found := _find(value, name)) is not None), None)
    return None


class ExcessiveData(Probe):
    """Answers hold properties that are nobody's business."""

    id = "excessive-data"
    title = "Answers hold internal properties"
    topic = "authorization"
    severity = Severity.MEDIUM
    cwe = 213
    owasp = (*ACCESS, "API3:2023")
    sends = "each operation as it is meant"
    decides = "an answer holds a property whose name says that it is secret (hash, salt, password) and that has a value, twice"
    bad = "return account"
    good = "return UserProfile(**account)"
    mend = "Answer with a model of what callers may see, not with what is stored."

    NAMES = ("password", "passwd", "password_hash", "hashed_password", "pwd", "salt", "secret", "secret_key", "private_key",
             "signing_key", "ssn", "cvv", "pin", "digest", "internal_notes", "security_answer", "mfa_secret",
             "otp_secret")  # fmt: skip

    def run(self, scan: Scan) -> Iterator[Finding]:
        """Look at each control."""
        for operation in scan.working(self):
            controls = scan.control(operation, scan.person(operation))
            scan.tried(self, str(operation))
            told = [set(self._names(one.body)) for one in controls]
            if named := sorted(set.intersection(*told)):
                yield self.finding(str(operation), f"the answer holds {', '.join(named)}", *controls[:1])

    def _names(self, body: Any) -> Iterator[str]:
        if isinstance(body, dict):
            for name, value in body.items():
                if name.lower() in self.NAMES and isinstance(value, str | int) and value not in ("", "***", "********"):
                    yield name
                yield from self._names(value)
        elif isinstance(body, list):
            for value in body[:5]:
                yield from self._names(value)
