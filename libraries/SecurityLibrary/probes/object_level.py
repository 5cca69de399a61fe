"""Object-level authorization (BOLA, IDOR): objects of other users and of other tenants that one may see or change."""

from __future__ import annotations

from functools import partial
from typing import Any, TYPE_CHECKING

from SecurityLibrary.authorization import (
    accounts_by_path,
    body_references,
    claimed_objects,
    foreign_accounts,
    foreign_lists,
    foreign_writes,
    new_accounts,
    personal_queries,
)
from SecurityLibrary.coverage import NotApplicableError
from SecurityLibrary.description import graphql, listing_filters
from SecurityLibrary.description.nouns import noun_of, USER_NOUNS
from SecurityLibrary.findings.finding import Severity
from SecurityLibrary.findings.owasp import ACCESS
from SecurityLibrary.identities.accounts import people, registering
from SecurityLibrary.objects.identifiers import holds, item_of, unknown_identifier
from SecurityLibrary.objects.ownership import beyond_names, is_named, is_open, own_values, OWNING_ITEM, tells
from SecurityLibrary.probes.base import Probe
from SecurityLibrary.proof import comparison
from SecurityLibrary.proof.effects import done, effect
from theodore_qa.errors import NotEvaluatedError, QaError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from SecurityLibrary.description.operations import InsertableParameter, ScanOperation
    from SecurityLibrary.findings.finding import Finding
    from SecurityLibrary.scan import Scan
    from theodore_qa.systems.exchange import Exchange
    from theodore_qa.systems.identities import Identity

    Way = Callable[[Scan, ScanOperation, Identity, Identity], Finding | None]

REFUSALS = (401, 403, 404, 410)


def owners_and_others(scan: Scan, *, tenants: bool) -> list[tuple[Identity, Identity]]:
    """Owner and other user, both without special rights: of two tenants, or of one; the other one may be of the scan's own."""
    described = [identity for identity in scan.target.identities.values() if identity.role != "admin"]
    identities = described if tenants else people(scan)
    return [
        (identity, two)
        for identity in identities
        for two in identities
        if identity is not two and (identity.tenant != two.tenant) is tenants
    ]


class ObjectLevel(Probe):
    """A user sees or changes the objects of another user."""

    id = "object-level"
    tier = 2  # Theodore's objects belong to tenants, not to single accounts
    title = "Objects of other users are open (BOLA)"
    topic = "authorization"
    severity = Severity.HIGH
    cwe = 639
    owasp = (*ACCESS, "API1:2023")
    sends = (
        "the identifier of an object that one identity made or listed, or another text that it alone is shown, in path, query "
        "or body, as another identity; what one identity has just added, added once more by another"
    )
    oracle = (
        "the other user gets what the owner gets, and does not get it for an unknown identifier, for two requests; or the "
        "owner sees afterwards what the other user changed; or a list shows what the object's own operation refuses"
    )
    bad = "return orders[order_id]"
    good = "return orders.where(id=order_id, owner=caller.id)"
    remediation = "Look objects up together with their owner, in one query, in each operation."

    tenants = False

    def run(self, scan: Scan) -> Iterator[Finding]:
        """Each owner's objects, as each other user."""
        chosen = owners_and_others(scan, tenants=self.tenants)
        if not chosen:
            kind = "two tenants" if self.tenants else "one tenant"
            raise NotEvaluatedError(f"two identities without special rights, of {kind}, are needed")
        self.read_by_others: set[str] = set()  # what is not meant for them
        self.lists: dict[str, list[ScanOperation]] = {}
        for operation in sorted(scan.target.operations, key=_order):
            if operation.admin or operation.secured is False:
                continue
            if not self.tenants and any(operation.path.startswith(path) for path in scan.target.shared):
                scan.coverage.skip(self.id, str(operation), "the API's description says that it is shared")
                continue
            for owner, other_user in chosen[:2]:
                if found := self._tried(scan, operation, owner, other_user):
                    self.read_by_others |= {str(operation)} if operation.safe else set()
                    yield found
                    break

    def _tried(self, scan: Scan, operation: ScanOperation, owner: Identity, other_user: Identity) -> Finding | None:
        """Try an operation in each way that it allows."""
        if not self.tenants and scan.allow_changes and new_accounts.names_account(scan, operation):
            return self._password(scan, operation, other_user)
        for way in self._ways(scan, operation, owner):
            try:
                if found := way(scan, operation, owner, other_user):
                    return found
            except QaError as error:
                if scan.stopped:
                    raise
                scan.coverage.skip(self.id, str(operation), error)
        return None

    def _ways(self, scan: Scan, operation: ScanOperation, owner: Identity) -> list[Way]:
        """The ways that an operation allows."""
        ways: list[Way] = []
        if _naming(operation, owner):
            ways.append(self._read if operation.safe else self._change)
        elif operation.method == "GET" and foreign_lists.item_operation(scan, operation) is not None:
            ways.append(self._listed)
        if self.tenants and operation.method == "GET":
            ways.append(partial(foreign_lists.by_tenant, self, self.lists))
        if graphql.reads(operation):
            ways += [partial(personal_queries.read_by_name, self), partial(foreign_lists.by_conditions, self)]
            lists = (foreign_lists.by_hidden_owner, foreign_lists.by_owner, foreign_lists.by_what_owners_see)
            ways += [partial(look, self, self.read_by_others) for look in lists]
        if not operation.safe and any(body_references.object_references(scan, operation, owner)):
            ways += [partial(body_references.used_by_other_user, self), partial(body_references.disclosed_to_other_user, self)]
        if scan.allow_changes and claimed_objects.listing(scan, operation):
            ways.append(partial(claimed_objects.by_adding, self))
        if not self.tenants and scan.allow_changes and registering(scan):
            naming = [module for module in (foreign_accounts, accounts_by_path) if module.naming(scan, operation)]
            ways += [partial(module.changed_by_another, self) for module in naming]
        return ways

    def _password(self, scan: Scan, operation: ScanOperation, other_user: Identity) -> Finding | None:
        """Passwords of accounts that were made for this, set by another one that was."""
        try:
            done = new_accounts.password_set_by_another(scan, operation)
        except NotEvaluatedError as error:
            if scan.stopped:
                raise
            scan.coverage.skip(self.id, str(operation), error)
            return None
        scan.coverage.tried(self.id, str(operation))
        observed = f"a new account sets the password of another one, as '{other_user.name}' could: it signs in with it"
        return self.finding(str(operation), observed, *done, identity=other_user.name) if done else None

    def _read(self, scan: Scan, operation: ScanOperation, owner: Identity, other_user: Identity) -> Finding | None:
        control = scan.plan.control(operation, owner)[0]
        naming = _naming(operation, owner)
        ready = scan.sender.builder.found.get((str(operation), str(naming[-1]), owner.name))
        known = [*own_values(operation, naming[-1], owner), ready, scan.objects.identifier(operation, naming[-1], owner)]
        known.append(scan.objects.identifier(operation, naming[-1], owner, listed=True))
        candidates = [identifier for identifier in dict.fromkeys(known) if identifier is not None]
        reason = "no object belongs to one identity alone"
        for identifier in candidates:
            both = scan.objects.belongs_to_both(operation, naming[-1], (owner, other_user), identifier)
            if both and not self._is_owned(scan, operation, naming[-1], (owner, other_user), identifier):
                continue
            owned = scan.sender.send(operation, owner, {naming[-1]: identifier})
            if not tells(owned if owned.ok else control, identifier):
                reason = "what belongs to one identity alone is empty"
                continue
            if is_open(item_of(owned.body, identifier)):
                reason = "the object says that it is meant for everybody"
                continue
            return self._foreign(scan, operation, naming, (owner, other_user), identifier, control)
        raise NotEvaluatedError(reason)

    @staticmethod
    def _is_owned(
        scan: Scan,
        operation: ScanOperation,
        parameter: InsertableParameter,
        identities: tuple[Identity, Identity],
        identifier: Any,
    ) -> bool:
        """Whether an object that a list shows to another user says whose it is, and holds more than the list tells.

        What anonymous callers may read as well is meant for everybody.
        """
        owner, other_user = identities
        listed = scan.objects.sharing.listed(operation, parameter, identities, identifier)
        if not is_named(listed, owner) or is_named(listed, other_user):
            return False
        item = scan.sender.send(operation, owner, {parameter: identifier})
        if scan.sender.send(operation, None, {parameter: identifier}, owner=owner).ok:
            return False
        return item.ok and bool(beyond_names(item.body, identifier) - beyond_names(listed, identifier))

    def _foreign(
        self,
        scan: Scan,
        operation: ScanOperation,
        naming: list[InsertableParameter],
        identities: tuple[Identity, Identity],
        identifier: Any,
        control: Exchange,
    ) -> Finding | None:
        """An owner's object as another user gets it."""
        owner, other_user = identities
        parameter = naming[-1]
        # Of several identifiers in a path the last one alone is foreign, and then all of them.
        for whose in (other_user, owner)[: len(naming)]:
            owned = scan.sender.send(operation, owner, {parameter: identifier})
            first = scan.sender.send(operation, other_user, {parameter: identifier}, owner=whose)
            nowhere = scan.sender.send(operation, other_user, {parameter: unknown_identifier(identifier)}, owner=whose)
            scan.coverage.tried(self.id, str(operation))
            if (
                not first.ok
                or not tells(first, identifier)
                or not self._same(owned if owned.ok else control, first)
                or (nowhere.ok and self._same(nowhere, first))
            ):
                continue
            other = scan.objects.identifier(operation, parameter, owner, fresh=True)
            given = {parameter: other if other is not None else identifier}
            second, owned = scan.sender.send(operation, other_user, given, owner=whose), scan.sender.send(operation, owner, given)
            if second.ok and any(comparison.same_kind(second, answer) for answer in (owned, first, control)):
                observed = f"'{other_user.name}' reads an object of '{owner.name}'"
                return self.finding(str(operation), observed, first, second, identity=other_user.name)
        return None

    def _change(self, scan: Scan, operation: ScanOperation, owner: Identity, other_user: Identity) -> Finding | None:
        if reason := scan.plan.skip_reason(operation):
            raise NotEvaluatedError(reason)
        try:
            return self._change_of_new(scan, operation, owner, other_user)
        except NotEvaluatedError:
            named = _naming(operation, owner)[-1]
            if scan.stopped or operation.method == "DELETE" or scan.objects.identifier(operation, named, owner, fresh=True):
                raise
        changed = foreign_writes.changed_by_another(scan, operation, owner, other_user)  # nothing makes another one
        scan.coverage.tried(self.id, str(operation))
        observed = f"'{other_user.name}' changes an object of '{owner.name}'"
        return self.finding(str(operation), observed, *changed, identity=other_user.name) if changed else None

    def _change_of_new(self, scan: Scan, operation: ScanOperation, owner: Identity, other_user: Identity) -> Finding | None:
        if not self.tenants:
            self._refuse_shared(scan, operation, owner, other_user)
        look = effect if effect(scan, operation, owner, owner) else _unread_effect
        if look is _unread_effect and not _unread_effect(scan, operation, owner, owner):
            raise NotEvaluatedError("its effect cannot be seen by reading the object")
        scan.coverage.tried(self.id, str(operation))
        seen = [look(scan, operation, owner, other_user) for _ in range(2)]
        if seen[0] and seen[1]:
            observed = f"'{other_user.name}' changes an object of '{owner.name}'"
            return self.finding(str(operation), observed, seen[0], seen[1], identity=other_user.name)
        return None

    def _refuse_shared(self, scan: Scan, operation: ScanOperation, owner: Identity, other_user: Identity) -> None:
        """Raise where a change by another user may be meant: both see the object, and it names no owner."""
        parameter = _naming(operation)[-1]
        identifier = scan.objects.identifier(operation, parameter, owner, fresh=True)
        if identifier is None:
            raise NotEvaluatedError("no object belongs to one identity alone")
        beyond = operation.path.partition(f"{{{parameter.name}}}")[2].strip("/")
        items = [
            operation
            for operation in scan.plan.operations
            if operation.method == "GET"
            and _names_last(operation, parameter)
            and not operation.admin
            and str(operation) not in self.read_by_others
        ]
        answers = [scan.sender.send(item, other_user, {_naming(item)[-1]: identifier}, owner=owner) for item in items]
        readable = [answer for answer in answers if answer.ok]
        if answers and not readable:
            return  # a list may show it: that is not meant where the object itself is refused
        if not readable and not scan.objects.sharing.shared(operation, parameter, (owner, other_user), identifier):
            return
        if operation.method == "POST" and beyond:
            raise NotApplicableError("it adds to what the other user may read as well")
        named = any(is_named(answer.body, owner) for answer in readable)
        if not named and parameter.noun not in USER_NOUNS:  # a list may show by whom a thing is
            item = scan.objects.sharing.listed(operation, parameter, (owner, other_user), identifier)
            named = is_named(item, owner, OWNING_ITEM)
        if not named:
            raise NotEvaluatedError("both users see the object, and it names no owner: if nobody owns it, name it by 'shared'")

    def _listed(self, scan: Scan, operation: ScanOperation, owner: Identity, other_user: Identity) -> Finding | None:
        """A list that shows what the object's own operation refuses."""
        item = foreign_lists.item_operation(scan, operation)
        if item is None:
            return None
        scan.plan.control(operation, other_user)
        for given in ({}, *listing_filters.variants(operation)):
            served = not given or scan.sender.send(operation, other_user, given).ok
            if served and (found := self._shown_by(scan, operation, item, given, (owner, other_user))):
                return found
        return None

    def _shown_by(
        self,
        scan: Scan,
        operation: ScanOperation,
        item: ScanOperation,
        given: dict[InsertableParameter, Any],
        identities: tuple[Identity, Identity],
    ) -> Finding | None:
        """A list, with a filter of choice, that shows what the object's own operation refuses."""
        owner, other_user = identities
        parameter = _naming(item)[-1]
        pairs_seen: list[Exchange] = []
        for _ in range(2):
            identifier = scan.objects.identifier(item, parameter, owner, fresh=True)
            identifier = identifier if identifier is not None else scan.objects.identifier(item, parameter, owner)
            if identifier is None:
                raise NotEvaluatedError("no object belongs to one identity alone")
            refused = scan.sender.send(item, other_user, {parameter: identifier})
            listing = scan.sender.send(operation, other_user, given)
            scan.coverage.tried(self.id, str(operation))
            its_own = scan.sender.send(item, owner, {parameter: identifier})
            if refused.status not in REFUSALS or not its_own.ok or not holds(listing.body, identifier):
                return None
            disclosed = beyond_names(item_of(listing.body, identifier), identifier)
            if not disclosed & beyond_names(its_own.body, identifier):
                return None  # an index names objects, and nothing of what is in them
            if holds(scan.sender.send(operation, None, given).body, identifier):
                return None  # it is open to everybody: that is meant, or an operation without authentication
            pairs_seen += [listing, refused]
        by = "".join(f" by {each.name}={value}" for each, value in given.items())
        observed = f"'{other_user.name}' sees an object of '{owner.name}' in the list{by}, which {item} refuses"
        return self.finding(str(operation), observed, *pairs_seen[-2:], identity=other_user.name)

    @staticmethod
    def _same(answer: Exchange, other: Exchange) -> bool:
        """Whether two answers are about one thing: what does not change by itself is nearly all the same."""
        if answer.media in comparison.PAGES and other.media == answer.media:
            first_texts, other_texts = comparison.texts(answer), comparison.texts(other)
            return len(first_texts & other_texts) * 10 >= max(len(first_texts), len(other_texts), 1) * 7
        first, second = comparison.leaves(answer), comparison.leaves(other)
        same = sum(first.get(location) == value for location, value in second.items())
        return comparison.same_kind(answer, other) and same * 10 >= max(len(first), len(second)) * 7


class TenantLevel(ObjectLevel):
    """One tenant sees or changes the objects of another."""

    id = "tenant-level"
    tier = 1
    title = "Other tenants' objects are open"
    severity = Severity.CRITICAL
    cwe = 639
    bad = "return jobs[job_id]"
    good = "return jobs.where(id=job_id, tenant=caller.tenant)"
    remediation = "Bind each query to the caller's tenant, in one place that no operation can go round."

    tenants = True


def _order(operation: ScanOperation) -> tuple[bool, bool]:
    """What reads one object comes first, then what lists, then what changes."""
    return not operation.safe, operation.last is None


def _naming(operation: ScanOperation, owner: Identity | None = None) -> list[InsertableParameter]:
    """The parameters that name an object: those of the path, or else those of the query that are called as identifiers.

    So are those for which the description has a value of the owner's own.
    """
    path = [parameter for parameter in operation.parameters if parameter.location == "path"]
    return path or [
        parameter
        for parameter in operation.parameters
        if parameter.location == "query"
        and (noun_of(operation, parameter) or (owner and own_values(operation, parameter, owner)))
    ]


def _names_last(operation: ScanOperation, parameter: InsertableParameter) -> bool:
    """Whether a path ends with this parameter."""
    return operation.path.rstrip("/").endswith(f"{{{parameter.name}}}") and bool(_naming(operation))


def _unread_effect(scan: Scan, operation: ScanOperation, owner: Identity, sender: Identity) -> Exchange | None:
    """The answer to a change that nothing reads, as it shows by itself: a second removal finds nothing, or it tells the object.

    A made-up identifier has to be refused, so that it is this object that was meant.
    """
    parameter = _naming(operation)[-1]
    identifier = scan.objects.identifier(operation, parameter, owner, fresh=True)
    if identifier is None:
        return None
    answer = scan.sender.send(operation, sender, {parameter: identifier}, owner=owner)
    nowhere = scan.sender.send(operation, sender, {parameter: unknown_identifier(identifier)}, owner=owner)
    if not done(answer) or done(nowhere):
        return None
    if operation.method == "DELETE":
        again = scan.sender.send(operation, owner, {parameter: identifier})
        return answer if again.status in REFUSALS else None
    return answer if holds(answer.body, identifier) else None
