"""Keywords about what belongs to a tenant alone."""

from __future__ import annotations

from typing import Literal, TYPE_CHECKING

from robotlibcore import keyword

from PromptCraftLibrary import isolation, sign_on, specimens
from PromptCraftLibrary.realm import Realm
from theodore_qa.context import context
from theodore_qa.errors import NotEvaluatedError, UsageError
from theodore_qa.observing.checks import Checks
from theodore_qa.observing.display import plural
from theodore_qa.systems import conformance

if TYPE_CHECKING:
    from collections.abc import Callable

    from PromptCraftLibrary.specimens import Specimen

OK, ACCEPTED, NOT_FOUND = 200, 202, 404
MOST_SHOWN = 3
ENOUGH_TO_GUESS = 3  # items whose ids are compared
Looking = Literal["list", "search", "read", "error", "guess", "neighbours", "analytics", "cache", "file name", "same name"]
Acting = Literal["change", "remove", "deploy", "approve", "cancel"]
Way = Literal[Looking, Acting]


class TenantBoundKeywords:
    """Isolation of tenants."""

    @keyword(tags=("tenant",))
    def tenant_data_should_be_separate(self, kind: str, way: Way, *, owner: str, other: str) -> None:
        """Reaches for one tenant's data as an identity of another, by one way, and checks that it seems not to be there.

        The owner must see it before, and unchanged afterwards; the other identity must see what is its own. Where the vocabulary
        says how an item is made, the owner makes one; what can be taken back is taken back at the end of the test.

        Args:
            kind: A kind of ``tenant_bound`` in the vocabulary, such as ``users``, ``agents`` or ``workflows``.
            way: ``list``; ``search`` by its name; ``read``, ``change``, ``remove``, ``deploy``, ``approve`` or ``cancel`` by its
                id; ``error``: what is said of it is what is said of an id that nothing has; ``guess``: ids are no numbers and
                share no beginning; ``neighbours``: ids that are guessed from its own, by counting or by time, are answered as one
                that nothing has; ``analytics``: it is not in the other's figures; ``cache``: nor in figures that the owner has
                asked for before; ``file name``: items of one name have files of their own; ``same name``: the removal of one
                leaves that of the owner.
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
        reached = isolation.Kind.named(realm, kind)
        own, foreign = (sign_on.session_of(realm, name)["access_token"] for name in (owner, other))
        checks = Checks(f"{kind}: {way}", f"{kind} of {first.tenant} by {second.tenant}")
        WAYS[way](checks, reached, own, foreign)
        checks.conclude()


def _list(checks: Checks, kind: isolation.Kind, own: str, foreign: str) -> None:
    made = ""
    if "make" in kind.entry:
        made = specimens.made(kind, own).number
        specimens.made(kind, foreign)
    answer, items = kind.listed(own)
    conformance.conform(checks, "tenants.contract", answer)
    other, visible = kind.listed(foreign)
    conformance.conform(checks, "tenants.contract", other)
    checks.that(
        "tenants.own_listed",
        bool(items) and bool(visible),
        "items of each tenant",
        f"{len(items)} and {plural(len(visible), 'item')}",
    )
    leaked = kind.leaked(items, visible, made)
    checks.that("tenants.list", not leaked, "none of the other tenant's", f"{len(leaked)} of {len(items)}", n=len(visible))
    for operation in kind.entry.get("lists", ()):
        _other_list(checks, kind, str(operation), own, foreign, made)


def _other_list(checks: Checks, kind: isolation.Kind, operation: str, own: str, foreign: str, made: str) -> None:
    """A list under a filter, or of another operation, which the owner's request shows to hold something."""
    items, visible = (kind.items(specimens.sent(kind, operation, token)) for token in (own, foreign))
    if not items:
        checks.not_evaluated("tenants.list", f"items of the owner by {operation}", "0 items")
        return
    leaked = kind.leaked(items, visible, made)
    observed = f"{len(leaked)} of {len(items)} by {operation}"
    checks.that("tenants.list", not leaked, "none of the other tenant's", observed, n=len(items))


def _search(checks: Checks, kind: isolation.Kind, own: str, foreign: str) -> None:
    query = kind.query(kind.specimen(own).title)
    _, found = kind.listed(own, **query)
    checks.that("tenants.own_found", bool(found), "the owner finds it", f"{len(found)} found", n=len(found))
    _, leaked = kind.listed(foreign, **query)
    checks.that("tenants.search", not leaked, "nothing found by the other tenant", f"{len(leaked)} found")


def _read(checks: Checks, kind: isolation.Kind, own: str, foreign: str) -> None:
    number = kind.specimen(own).number
    _owner_reads(checks, kind, number, own)
    answer = kind.send("read", number, foreign)
    conformance.answered(checks, "tenants.read", NOT_FOUND, answer)
    conformance.conform(checks, "tenants.contract", answer)


def _written(way: str) -> Callable[[Checks, isolation.Kind, str, str], None]:
    def write(checks: Checks, kind: isolation.Kind, own: str, foreign: str) -> None:
        specimen = kind.specimen(own)
        before = kind.state(specimen, own)
        if visible := "read" in kind.entry or "list" in kind.entry:
            checks.that("tenants.owner_sees", before is not None, "seen by its owner", "seen" if before else "not there")
        answer = kind.send(way, specimen.number, foreign)
        conformance.answered(checks, f"tenants.{way}", NOT_FOUND, answer)
        conformance.conform(checks, "tenants.contract", answer)
        if visible:
            after = kind.state(specimen, own)
            checks.that("tenants.untouched", after == before, "unchanged for its owner", isolation.difference(before, after))
        else:  # what nobody can look at is still there if its owner may do the same with it
            own_turn = kind.send(way, specimen.number, own)
            checks.that(
                "tenants.untouched", own_turn.ok, f"success of {way} for its owner afterwards", f"status {own_turn.status}"
            )

    return write


def _error(checks: Checks, kind: isolation.Kind, own: str, foreign: str) -> None:
    specimen = kind.specimen(own)
    number, title = specimen.number, specimen.title
    way = next((way for way in ("read", "deploy", "remove") if way in kind.entry), "read")
    if way == "read":
        _owner_reads(checks, kind, number, own)
    answer, nobodys = kind.send(way, number, foreign), kind.send(way, isolation.near(number), foreign)
    same = isolation.alike(answer, number) == isolation.alike(nobodys, isolation.near(number))
    quiet = title.casefold() not in answer.text.replace(number, "").casefold()
    checks.that(
        "tenants.error",
        same and quiet,
        f"what is answered for an id that nothing has: {nobodys.excerpt(100)}",
        answer.excerpt(100),
    )


def _analytics(checks: Checks, kind: isolation.Kind, own: str, foreign: str) -> None:
    """The other tenant asks first, and not what the owner asks, so that no cache stands between them."""
    specimen = kind.specimen(own)
    others = _counted(checks, kind, specimen, foreign, "other")
    owners = _counted(checks, kind, specimen, own, "owner")
    checks.that("tenants.own_counted", bool(owners), "1 or more counted for the owner", f"{owners}", n=owners)
    checks.that("tenants.analytics", not others, "0 counted for the other tenant", f"{others} of {owners}", n=max(owners, 1))


def _cache(checks: Checks, kind: isolation.Kind, own: str, foreign: str) -> None:
    """The owner's answer stands in the cache when the other tenant asks the same."""
    specimen = kind.specimen(own)
    owners = _counted(checks, kind, specimen, own, "owner")
    again = _counted(checks, kind, specimen, own, "owner")
    checks.that("tenants.own_counted", bool(owners), "1 or more counted for the owner", f"{owners}, then {again}", n=owners)
    others = _counted(checks, kind, specimen, foreign, "owner")
    checks.that("tenants.cache", not others, "0 counted for the other tenant", f"{others} of {owners}", n=max(owners, 1))


def _counted(checks: Checks, kind: isolation.Kind, specimen: Specimen, token: str, whose: str) -> int:
    answer, number = kind.counted(specimen, token, whose)
    conformance.answered(checks, "tenants.figures", OK, answer)
    conformance.conform(checks, "tenants.contract", answer)
    return number


def _file_name(checks: Checks, kind: isolation.Kind, own: str, foreign: str) -> None:
    """Both tenants make an item of one name: each has a file of its own, and the first one stays."""
    first = kind.specimen(own)
    before = kind.file(first, own)
    expected = "a file of its own for each tenant's item of one name"
    try:
        second = specimens.made(kind, foreign, first.title)
    except NotEvaluatedError as error:
        checks.that("tenants.file_name", False, expected, f"none for the second tenant: {str(error).rstrip('.')}")
    else:
        files = [before, kind.file(second, foreign)]
        apart = all(files) and files[0] != files[1]
        checks.that("tenants.file_name", apart, expected, "two files" if apart else f"{files[0]} for both", n=2)
    checks.equal("tenants.untouched", before, kind.file(first, own))


def _same_name(checks: Checks, kind: isolation.Kind, own: str, foreign: str) -> None:
    """Another tenant makes an item of the same name and removes it again: the owner's is still there to be removed."""
    specimen = kind.specimen(own)
    same = specimens.made(kind, foreign, specimen.title)
    conformance.answered(checks, "tenants.own_removed", ACCEPTED, kind.send("remove", same.number, foreign))
    conformance.answered(checks, "tenants.same_name", ACCEPTED, kind.send("remove", specimen.number, own))


def _neighbours(checks: Checks, kind: isolation.Kind, own: str, foreign: str) -> None:
    """The other tenant knows the name and the moment of an item, and counts on from there."""
    number = kind.specimen(own).number
    _owner_reads(checks, kind, number, own)
    guesses = isolation.neighbours(number)
    if not guesses:
        expected = "a count or a time in the id, from which others could be guessed"
        checks.not_evaluated("tenants.neighbours", expected, f"{plural(len(number), 'character')} without a number of its own")
        return
    nobodys = isolation.near(number)
    nothing = kind.send("read", nobodys, foreign)
    conformance.answered(checks, "tenants.nothing", NOT_FOUND, nothing)
    answers = {guess: kind.send("read", guess, foreign) for guess in (number, *guesses)}
    off = [
        f"{guess}: {answer.excerpt(60)}"
        for guess, answer in answers.items()
        if isolation.alike(answer, guess) != isolation.alike(nothing, nobodys)
    ]
    expected = f"for each of {len(answers)} ids what is answered for one that nothing has"
    checks.that("tenants.neighbours", not off, expected, "; ".join(off[:MOST_SHOWN]) or expected, n=len(answers))


def _guess(checks: Checks, kind: isolation.Kind, own: str, foreign: str) -> None:  # noqa: ARG001  # one signature for all ways
    if "list" in kind.entry:
        _, items = kind.listed(own)
        numbers = list({kind.number(item) for item in items})
    else:
        numbers = [kind.specimen(own).number for _ in range(ENOUGH_TO_GUESS)]
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


WAYS: dict[str, Callable[[Checks, isolation.Kind, str, str], None]] = {
    "list": _list,
    "search": _search,
    "read": _read,
    "change": _written("change"),
    "remove": _written("remove"),
    "error": _error,
    "guess": _guess,
    "neighbours": _neighbours,
    "deploy": _written("deploy"),
    "approve": _written("approve"),
    "cancel": _written("cancel"),
    "analytics": _analytics,
    "cache": _cache,
    "file name": _file_name,
    "same name": _same_name,
}


def _owner_reads(checks: Checks, kind: isolation.Kind, number: str, own: str) -> object:
    answer = kind.send("read", number, own)
    conformance.answered(checks, "tenants.owner_sees", OK, answer)
    conformance.conform(checks, "tenants.contract", answer)
    return answer.body
