"""Protected properties of objects that can be set (mass assignment)."""

from __future__ import annotations

import re
from typing import Any, TYPE_CHECKING

from SecurityLibrary.authorization import (
    account_columns,
    client_amounts,
    granted_roles,
    moved_objects,
    nested_properties,
    new_accounts,
)
from SecurityLibrary.authorization.nested_properties import value_in
from SecurityLibrary.description import graphql
from SecurityLibrary.description.insertion_points import value_at
from SecurityLibrary.description.nouns import noun_of
from SecurityLibrary.description.protected_properties import candidates, find, LOCKS_OUT, marked_read_only, OWNERSHIP, PROTECTED
from SecurityLibrary.findings.finding import Severity
from SecurityLibrary.findings.owasp import ACCESS
from SecurityLibrary.identities import known_rights
from SecurityLibrary.identities.accounts import account_to_change, register_any, registering
from SecurityLibrary.identities.made_identity import MadeIdentity
from SecurityLibrary.identities.profiles import ABOUT_ONESELF, CHANGES_ONESELF
from SecurityLibrary.objects import authorship, spare_objects
from SecurityLibrary.objects.identifiers import identifier_in, item_of
from SecurityLibrary.probes.base import Probe
from SecurityLibrary.proof import shown_effects

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from SecurityLibrary.description.operations import InsertableParameter, ScanOperation
    from SecurityLibrary.findings.finding import Finding
    from SecurityLibrary.scan import Scan
    from theodore_qa.systems.exchange import Exchange
    from theodore_qa.systems.identities import Identity


class MassAssignment(Probe):
    """A protected property is set because it was sent."""

    id = "mass-assignment"
    title = "Protected properties can be set (mass assignment)"
    topic = "authorization"
    severity = Severity.HIGH
    cwe = 915
    owasp = (*ACCESS, "A08:2021", "API3:2023")
    changes = True
    sends = (
        "properties beside those of the operation's schema: role, is_admin, tenant, balance and their like, those that the "
        "object shows, also in the objects and lists of the body, and those that are read only; flags that an account is shown "
        "of itself, beside its form; somebody else as the maker of an object that shows who made it; the administrator's role "
        "for somebody who is invited, and for a new account whose form has a role; prices of 1 and 2 for what is bought"
    )
    oracle = (
        "the property has the value when the object is read afterwards, by a request of its own, twice; or an object that was "
        "given to another tenant or owner is no longer there for its maker; low where a property of a made-up name is kept as "
        "well, and no such object shows it by itself"
    )
    bad = "account.update(await request.json())"
    good = "account.update(UpdateProfile.model_validate(body).model_dump(exclude_unset=True))"
    remediation = 'Take over named properties only; refuse others (`extra="forbid"`).'

    def run(self, scan: Scan) -> Iterator[Finding]:
        """Each operation that takes an object and can be read back."""
        writers = [
            operation
            for operation in scan.target.operations
            if operation.method in ("POST", "PUT", "PATCH") and isinstance(operation.body, dict) and not graphql.reads(operation)
        ]
        yield from scan.side_by_side(
            self.id,
            [operation for operation in writers if not scan.authenticator.signs_in(operation) and not operation.admin],
            lambda operation: self._alone(scan, operation),
            str,
        )
        for operation in scan.plan.operations:
            with scan.apart(self.id, str(operation)):
                if found := granted_roles.granted(scan, operation):
                    observed = "an ordinary identity gives the administrator's role to somebody; a made-up role is refused"
                    yield self.finding(f"{operation} {found[0].name}", observed, *found[1])
            with scan.apart(self.id, str(operation)):
                if not scan.plan.skip_reason(operation) and (paid := client_amounts.taken(scan, operation)):
                    yield self.finding(paid[0], "what has to be paid follows the price that the client sends", *paid[1])

    def _alone(self, scan: Scan, operation: ScanOperation) -> Finding | None:
        """Look at one operation while no other takes away what it makes."""
        with scan.sender.lock.exclusive():
            return self._look(scan, operation)

    def _look(self, scan: Scan, operation: ScanOperation) -> Finding | None:
        if operation in registering(scan):
            return self._at_registration(scan, operation)
        identity = scan.plan.identity_for(operation)
        about_oneself = (operation.method in ("PUT", "PATCH") or operation.takes_form) and ABOUT_ONESELF.search(operation.path)
        mutation = CHANGES_ONESELF.search(operation.path)
        if about_oneself and (account := register_any(scan)):
            identity = account  # nothing of the scan stands on it
        elif mutation:
            identity = account_to_change(scan)
        control = scan.plan.control(operation, identity)[0]
        if operation.method == "POST" and not mutation:  # what the control made may have been taken away since
            control = scan.sender.send(operation, identity)
        for read in _readers(scan, operation):
            before = _object(scan, operation, read, identity, control)[0]
            if before is not None:
                break
        else:
            columns = account_columns.taken(scan, operation) if about_oneself else None
            if columns is not None:
                scan.coverage.tried(self.id, str(operation))
            if columns:
                observed = "sent beside the form, and in place afterwards: an account shows it, or may do more with it"
                return self.finding([f"{operation} {name}" for name in columns], observed, *next(iter(columns.values())))
            if taken := shown_effects.on_pages(scan, operation, identity, _readers(scan, operation)):
                scan.coverage.tried(self.id, str(operation))
                observed = "sent, and shown by a page afterwards, which did not show it before"
                return self.finding([f"{operation} {name}" for name in taken], observed, *next(iter(taken.values())))
            return None if columns is not None else self._judged_by_answer(scan, operation, identity, control)
        scan.coverage.tried(self.id, str(operation))
        return self._written(_Writing(scan, operation, read, identity, before))

    def _written(self, writing: _Writing) -> Finding | None:
        """What is taken: given to somebody else, at the top of the body, or below it."""
        scan, operation = writing.scan, writing.operation
        given_away = moved_objects.given_away(scan, operation, writing.read, writing.identity)
        taken: dict[str, list[Exchange]] = dict(given_away or {})
        for name, values in writing.candidates():
            if given_away is not None and OWNERSHIP.search(name):
                continue  # it was tried on objects that were made for it
            if kept := writing.take(name, values):
                taken[name] = kept
                if writing.is_needed:  # one is enough to show it
                    break
        taken = taken or ({} if writing.is_needed else writing.nested())
        if not taken:
            return None
        moved = bool(given_away) and set(taken) == set(given_away or ())
        observed = "sent, and " + (
            "the object is somebody else's when it is read" if moved else "present when the object is read"
        )
        severity = None
        if not moved and not ABOUT_ONESELF.search(operation.path) and not writing.shows(taken) and writing.takes_anything():
            observed, severity = (
                "sent, and kept, as is a property of a made-up name: nothing shows what it is good for",
                Severity.LOW,
            )
        locations = [f"{operation} {name}" for name in taken]
        return self.finding(locations, observed, *next(iter(taken.values())), severity=severity)

    def _at_registration(self, scan: Scan, operation: ScanOperation) -> Finding | None:
        """Accounts that are made with properties, and sign in to see what they are."""
        taken = new_accounts.taken_at_registration(scan, operation)
        scan.coverage.tried(self.id, str(operation))
        if not taken:
            return None
        observed = "sent at the registration, and present when the new account reads itself, or in what it may do"
        return self.finding([f"{operation} {name}" for name in taken], observed, *next(iter(taken.values())))

    def _judged_by_answer(
        self, scan: Scan, operation: ScanOperation, identity: Identity | None, control: Exchange
    ) -> Finding | None:
        """Where nothing reads it: what the answer tells of the object without being sent, and tells otherwise when it is."""
        known = {parameter.pointer[0] for parameter in operation.parameters if parameter.location == "body"}
        answered = {name: find(control.body, name) for name in PROTECTED if name not in known}
        answered = {name: value for name, value in answered.items() if isinstance(value, str | bool | int)}
        if not answered:
            scan.coverage.skip(self.id, str(operation), "no operation reads what it writes")
            return None
        scan.coverage.tried(self.id, str(operation))
        taken: dict[str, list[Exchange]] = {}
        for name, was in answered.items():
            values = [value for value in PROTECTED[name] if value != was and isinstance(value, type(was))]
            answers = [scan.sender.send(operation, identity, extra={name: value}) for value in (values * 2)[:2]]
            if answers and all(answer.ok and find(answer.body, name) in values for answer in answers):
                taken[name] = answers
        if not taken:
            return None
        observed = "sent, and present in the answer; another value when not sent"
        return self.finding([f"{operation} {name}" for name in taken], observed, *next(iter(taken.values())))


class _Writing:
    """Properties that are written to one kind of object and read back."""

    def __init__(self, scan: Scan, operation: ScanOperation, read: ScanOperation, identity: Identity | None, before: Any) -> None:
        self.scan, self.operation, self.read, self.identity, self.before = scan, operation, read, identity, before

    def candidates(self) -> list[tuple[str, tuple[Any, ...]]]:
        """Properties and values for them; where the object is made anew each time, only those that are not ignored at once."""
        read_only = marked_read_only(self.scan.target.document)
        every = candidates(self.operation, self.before, read_only)
        every |= nested_properties.siblings(self.operation, self.before, read_only)
        named = {name: (*self._theirs(name), *values) for name, values in every.items()}
        if self.is_new:  # of what is there already nothing is given away so
            makers = authorship.of_another(self.scan, self.identity, self.before)
            beside = {name: other for name, other in makers.items() if name not in self.operation.body}
            named |= {name: tuple(dict.fromkeys((other, *named.get(name, ())))) for name, other in beside.items()}
        rights = {name: known_rights.of_accounts(self.scan, name, find(self.before, name)) for name in named}
        named = {name: (*rights[name][:2], *values) for name, values in named.items()}
        named = self._harmless(named) if self.is_needed else dict(sorted(named.items(), key=lambda item: _breaks(item[1])))
        if self.is_new:
            extra = nested_properties.put(self.before, {name: values[0] for name, values in named.items()})
            answer = self.scan.sender.send(self.operation, self.identity, extra=extra)
            if answer.ok:
                after = _object(self.scan, self.operation, self.read, self.identity, answer)[0]
                where = after if after is not None else answer.body
                named = {name: values for name, values in named.items() if value_in(where, name) == values[0]}
        return list(named.items())

    @property
    def is_new(self) -> bool:
        """Whether each request makes another object."""
        return self.operation.method == "POST" and not CHANGES_ONESELF.search(self.operation.path)

    @property
    def is_needed(self) -> bool:
        """Whether the object is an account that the scan stands on."""
        own = not self.is_new and any(kind.search(self.operation.path) for kind in (ABOUT_ONESELF, CHANGES_ONESELF))
        return own and self.identity is not None and not isinstance(self.identity, MadeIdentity)

    def _harmless(self, named: dict[str, tuple[Any, ...]]) -> dict[str, tuple[Any, ...]]:
        """Candidates for an account that must not break: what the object shows first, texts only as another account has them."""
        bodies = [body for other in self.scan.target.identities.values() for body in self.scan.objects.about(other)]
        of_others: dict[str, tuple[Any, ...]] = {}
        plain: dict[str, tuple[Any, ...]] = {}
        for name, values in named.items():
            was = value_in(self.before, name)
            usual = (value_in(body, name) for body in bodies)
            if not _breaks(values):
                flags = (*values, *(not value for value in values if isinstance(value, bool)))[:2]
                plain |= {} if LOCKS_OUT.search(name) else {name: flags}
            elif known := tuple(dict.fromkeys(value for value in usual if isinstance(value, str) and value != was)):
                of_others[name] = known
            elif was is not None:
                reason = "no other value of it is known, and the account is needed"
                self.scan.coverage.skip("mass-assignment", f"{self.operation} {name}", reason)
        seen = {name: values for name, values in plain.items() if value_in(self.before, name) is not None}
        return of_others | seen | plain

    def take(self, name: str, values: tuple[Any, ...]) -> list[Exchange]:
        """The exchanges by which a property was written and read twice; empty if it is not taken."""
        anew = self.is_new
        was = value_in(self.before, name)
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
            elif answer.without_data and not kept and name in answer.text:
                break  # a query of GraphQL is refused with each property that its schema does not have
            elif answer.ok and not (anew and kept):
                break  # it is ignored; of a value after one that was kept that says nothing
            elif kept and not answer.ok and not anew:
                kept += self._on_another(name, values[0])  # what it is now may keep it from being changed again
                break
            if len(kept) == 4:  # noqa: PLR2004  # two writes and two reads
                break
        if current != was and was is not None:
            self.scan.sender.send(self.operation, self.identity, extra=nested_properties.put(self.before, {name: was}))
        return kept if len(kept) == 4 else []  # noqa: PLR2004  # as above

    def _on_another(self, name: str, value: Any) -> list[Exchange]:
        """The write of a property to an object that was made for it, and the read that shows it; empty if it is not taken."""
        last, where, was = self.operation.last, self.read.last, value_in(self.before, name)
        made = spare_objects.another(
            self.scan, self.operation, self.read, self.identity, lambda body: value_in(body, name) == was != value
        )
        if last is None or where is None or made is None:
            return []
        before = self.scan.sender.send(self.read, self.identity, {where: made})
        extra = nested_properties.put(before.body, {name: value})
        answer = self.scan.sender.send(self.operation, self.identity, {last: made}, extra=extra)
        read = self.scan.sender.send(self.read, self.identity, {where: made})
        return [answer, read] if answer.ok and value_in(read.body, name) == value else []

    def shows(self, names: Iterable[str]) -> bool:
        """Whether the object shows one of some properties without being told."""
        return any(find(self.before, re.sub(r".*[.\]]", "", name)) is not None for name in names)

    def takes_anything(self) -> bool:
        """Whether a property of a made-up name is kept as well, as in a store of preferences."""
        return bool(self.take(f"qa_{self.scan.random.number()}", (424_242, 434_343)))

    def nested(self) -> dict[str, list[Exchange]]:
        """What is taken below the top of the body, twice with other values, in objects that are made for it."""
        taken: dict[str, list[Exchange]] = {}
        for operation, place, values in nested_properties.places(self.scan, self.operation, self.before):
            kept: list[Exchange] = []
            for value in (values * 2)[:4]:
                if len(kept) < 4 and find(self.before, place.pointer[-1]) != value:  # noqa: PLR2004  # two writes and two reads
                    exchanges = self._nested(operation, place, value)
                    kept += exchanges
                    if not exchanges:
                        break
            if len(kept) == 4:  # noqa: PLR2004  # as above
                taken[place.name] = kept
        return taken

    def _nested(self, operation: ScanOperation, place: InsertableParameter, value: Any) -> list[Exchange]:
        """The write of a value and the read that shows it; empty if it is not taken."""
        given: dict[InsertableParameter, Any] = {place: value}
        last = operation.last if operation.method != "POST" else None
        if operation.method != "POST":
            made = self.scan.objects.identifier(self.operation, last, self.identity, fresh=True) if last else None
            if last is None or made is None or self.read.last is None:
                return []
            given[last] = made
        answer = self.scan.sender.send(operation, self.identity, given)
        if not answer.ok:
            return []
        if last is not None and self.read.last is not None:
            read: Exchange | None = self.scan.sender.send(self.read, self.identity, {self.read.last: given[last]})
            after = read.body if read else None
        else:
            after, read = _object(self.scan, operation, self.read, self.identity, answer)
        return [answer, read] if read is not None and find(after, place.pointer[-1]) == value else []

    def _written(self, name: str, value: Any) -> tuple[Exchange, Exchange | None]:
        extra = nested_properties.put(self.before, {name: value})
        answer = self.scan.sender.send(self.operation, self.identity, self._own_name(), extra=extra)
        if not answer.ok:
            return answer, None
        after, read = _object(self.scan, self.operation, self.read, self.identity, answer)
        if after is None and OWNERSHIP.search(name):  # it has gone to whom it was given
            return answer, read if self.operation.method == "POST" and find(answer.body, name) == value else None
        return answer, read if value_in(after, name) == value else None

    def _own_name(self) -> dict[InsertableParameter, Any]:
        """The places that hold the name by which the identity signs in, with it: another is put back at once, with all else."""
        name = self.identity.username if self.identity and self.operation.method != "POST" else ""
        in_body = (parameter for parameter in self.operation.parameters if parameter.location == "body" and name)
        return {parameter: name for parameter in in_body if value_at(self.before, parameter.pointer) == name}

    def _theirs(self, name: str) -> tuple[Any, ...]:
        """The tenant or name of another user, as the API reports it to them."""
        if not OWNERSHIP.search(name) or self.identity is None:
            return ()
        others = [
            identity
            for identity in self.scan.target.identities.values()
            if identity.role != "admin" and identity.tenant != self.identity.tenant
        ]
        values = (find(body, name) for identity in others[:1] for body in self.scan.objects.about(identity))
        return tuple(value for value in values if isinstance(value, str | int))[:1]


def _breaks(values: tuple[Any, ...]) -> bool:
    """Whether values may break what they are set on: a text that is none of an enumeration does, a number or flag hardly."""
    return not all(isinstance(value, bool | int | float) for value in values)


def _readers(scan: Scan, operation: ScanOperation) -> list[ScanOperation]:
    """The operations that may read what another one writes: below its path for what it makes, at its path, above it."""
    if "#" in operation.path:  # queries and calls that share a path: those about the same, by an identifier first
        noun = graphql.noun(operation.path)
        alike = [each for each in scan.plan.operations if "#" in each.path and graphql.reads(each) and not each.admin]
        oneself = CHANGES_ONESELF.search(operation.path)
        about = [each for each in alike if oneself and ABOUT_ONESELF.search(each.path) and each.route == operation.route]
        alike = [each for each in alike if graphql.noun(each.path) == noun and each.route == operation.route] + about
        return sorted(alike, key=lambda each: not _naming(each))
    gets = [operation for operation in scan.plan.operations if operation.method == "GET" and not operation.admin]
    path = operation.path.rstrip("/")
    below = (
        [operation for operation in gets if re.fullmatch(re.escape(path) + r"/\{[^/]+\}", operation.path)]
        if operation.method == "POST"
        else []
    )
    above = [path.rsplit("/", cut)[0] for cut in (0, 1, 2)]
    return below + [operation for where in above if where for operation in gets if operation.path.rstrip("/") == where]


def _naming(read: ScanOperation) -> list[InsertableParameter]:
    """The variables of a query, or parameters of a call, that name what it reads."""
    shared = "#" in read.path
    return [each for each in read.parameters if shared and graphql.takes_variable(each) and noun_of(read, each)]


def _object(
    scan: Scan, operation: ScanOperation, read: ScanOperation, identity: Identity | None, written: Exchange
) -> tuple[Any, Exchange | None]:
    """The object that was written, read by a request of its own; None where it is not there."""
    path = [parameter for parameter in read.parameters if parameter.location == "path"] or _naming(read)
    identifier = identifier_in(written.body, path[-1].name if path else "id")
    ends = read.path.rstrip("/").endswith("}") or bool(_naming(read))
    answer = scan.sender.send(read, identity, {path[-1]: identifier} if ends and identifier is not None else {})
    if not answer.ok:
        return None, answer
    item = item_of(answer.body, identifier) if identifier is not None else None
    complete = ends or (operation.method != "POST" and read.path == operation.path)
    complete = complete or bool(CHANGES_ONESELF.search(operation.path) and ABOUT_ONESELF.search(read.path))
    return item if item is not None else answer.body if complete else None, answer
