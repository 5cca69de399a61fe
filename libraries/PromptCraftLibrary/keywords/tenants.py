"""Keywords about what belongs to a tenant alone."""

from __future__ import annotations

from typing import Literal, TYPE_CHECKING

from robotlibcore import keyword

from PromptCraftLibrary import isolation, sign_on
from PromptCraftLibrary.isolation import Kind
from PromptCraftLibrary.realm import Realm
from theodore_qa.context import context
from theodore_qa.errors import NotEvaluatedError, UsageError
from theodore_qa.observing.checks import Checks
from theodore_qa.observing.display import plural
from theodore_qa.systems import conformance

if TYPE_CHECKING:
    from collections.abc import Callable

OK, NOT_FOUND = 200, 404
Way = Literal["list", "search", "read", "change", "remove", "error", "guess"]


class TenantBoundKeywords:
    """Isolation of tenants."""

    @keyword(tags=("tenant",))
    def tenant_data_should_be_separate(self, kind: str, way: Way, *, owner: str, other: str) -> None:
        """Reaches for one tenant's data as an identity of another, by one way, and checks that it seems not to be there.

        The owner must see it before, and unchanged afterwards; the other identity must see what is its own.

        Args:
            kind: A kind of ``tenant_bound`` in the vocabulary, such as ``users``, ``sessions`` or ``audit events``.
            way: ``list``; ``search`` by its name; ``read``, ``change`` or ``remove`` by its id; ``error``: what is said of it is
                what is said of an id that nothing has; ``guess``: ids are no numbers and share no beginning.
            owner: An identity that may administer one tenant.
            other: An identity that may administer another one.

        Example:

        ```robotframework
        Tenant Data Should Be Separate    users    read    owner=admin    other=partner
        ```
        """
        realm = Realm(context.system)
        first, second = realm.system.identity(owner), realm.system.identity(other)
        if first.tenant == second.tenant:
            raise UsageError(
                f"The identities {first.name} and {second.name} are of one tenant ({first.tenant}): name one of another."
            )
        reached = Kind.named(realm, kind)
        own, foreign = (sign_on.session_of(realm, name)["access_token"] for name in (owner, other))
        checks = Checks(f"{kind}: {way}", f"of {first.tenant} by {second.tenant}")
        WAYS[way](checks, reached, own, foreign)
        checks.conclude()


def _list(checks: Checks, kind: Kind, own: str, foreign: str) -> None:
    answer, items = kind.listed(own)
    conformance.conform(checks, "tenants.contract", answer)
    other, visible = kind.listed(foreign)
    conformance.conform(checks, "tenants.contract", other)
    numbers, seen = {kind.number(item) for item in items}, {kind.number(item) for item in visible}
    checks.that(
        "tenants.own_listed",
        bool(numbers) and bool(seen),
        "items of each tenant",
        f"{len(numbers)} and {plural(len(seen), 'item')}",
    )
    leaked = sorted(numbers & seen)
    checks.that("tenants.list", not leaked, "none of the other tenant's", f"{len(leaked)} of {len(numbers)}", n=len(seen))


def _search(checks: Checks, kind: Kind, own: str, foreign: str) -> None:
    item = _specimen(kind, own)
    query = kind.query(item)
    _, found = kind.listed(own, **query)
    numbers = [kind.number(result) for result in found]
    checks.that(
        "tenants.own_found",
        kind.number(item) in numbers or bool(numbers),
        "the owner finds it",
        f"{len(numbers)} found",
        n=len(numbers),
    )
    _, leaked = kind.listed(foreign, **query)
    names = [kind.title(result) for result in leaked]
    checks.that("tenants.search", not names, "nothing found by the other tenant", f"{len(names)} found")


def _read(checks: Checks, kind: Kind, own: str, foreign: str) -> None:
    number = kind.number(_specimen(kind, own))
    _owner_reads(checks, kind, number, own)
    answer = kind.send("read", number, foreign)
    conformance.answered(checks, "tenants.read", NOT_FOUND, answer)
    conformance.conform(checks, "tenants.contract", answer)


def _written(way: str) -> Callable[[Checks, Kind, str, str], None]:
    def write(checks: Checks, kind: Kind, own: str, foreign: str) -> None:
        number = kind.number(_specimen(kind, own))
        before = _owner_reads(checks, kind, number, own)
        conformance.answered(checks, f"tenants.{way}", NOT_FOUND, kind.send(way, number, foreign))
        after = kind.send("read", number, own)
        unchanged = after.status == OK and _lasting(after.body) == _lasting(before)
        observed = "unchanged" if unchanged else f"status {after.status} with {after.excerpt()}"
        checks.that("tenants.untouched", unchanged, "unchanged for its owner", observed)

    return write


def _error(checks: Checks, kind: Kind, own: str, foreign: str) -> None:
    item = _specimen(kind, own)
    number, title = kind.number(item), kind.title(item)
    _owner_reads(checks, kind, number, own)
    answer, nobodys = kind.send("read", number, foreign), kind.send("read", isolation.near(number), foreign)
    same = isolation.alike(answer, number) == isolation.alike(nobodys, isolation.near(number))
    quiet = title.casefold() not in answer.text.replace(number, "").casefold()
    checks.that(
        "tenants.error",
        same and quiet,
        f"what is answered for an id that nothing has: {nobodys.excerpt(100)}",
        answer.excerpt(100),
    )


def _guess(checks: Checks, kind: Kind, own: str, foreign: str) -> None:  # noqa: ARG001  # one signature for all ways
    _, items = kind.listed(own)
    numbers = list({kind.number(item) for item in items})
    if not numbers:
        raise NotEvaluatedError(f"The owner has no {kind.name}: how their ids are made cannot be seen.")
    reason = isolation.guessable(numbers)
    checks.that(
        "tenants.guess",
        not reason,
        "ids of 64 random bits or more",
        reason or f"{plural(len(numbers), 'id')} of {len(numbers[0])} characters",
        n=len(numbers),
    )


WAYS: dict[str, Callable[[Checks, Kind, str, str], None]] = {
    "list": _list,
    "search": _search,
    "read": _read,
    "change": _written("change"),
    "remove": _written("remove"),
    "error": _error,
    "guess": _guess,
}


def _specimen(kind: Kind, own: str) -> dict[str, object]:
    """An item of the owner's, which the run has made by signing on."""
    _, items = kind.listed(own)
    if not items:
        raise NotEvaluatedError(f"The owner has no {kind.name}: there is nothing to reach for.")
    return items[0]


def _owner_reads(checks: Checks, kind: Kind, number: str, own: str) -> object:
    answer = kind.send("read", number, own)
    conformance.answered(checks, "tenants.owner_sees", OK, answer)
    conformance.conform(checks, "tenants.contract", answer)
    return answer.body


def _lasting(body: object) -> object:
    """A record without what each look at it changes."""
    return {name: value for name, value in body.items() if name != "last_activity"} if isinstance(body, dict) else body
