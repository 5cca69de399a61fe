"""Keywords that hold an API against itself."""

from __future__ import annotations

from robotlibcore import keyword

from theodore_qa.context import context
from theodore_qa.errors import unknown
from theodore_qa.observing.checks import Checks


class ConsistencyKeywords:
    """What was written is read back, and what was deleted is gone."""

    @keyword("API Should Be Consistent", tags=("contract", "consistency"))
    def api_should_be_consistent(
        self,
        *paths: str,
        identity: str | None = None,
        other: str | None = None,
        ignored: list[str] | None = None,
        shared: bool = False,
    ) -> None:
        """Creates objects of each resource of the contract and checks that all routes agree about them until they are deleted.

        A resource is a path with a POST whose objects can be read below it, such as ``/orders`` and ``/orders/{order_id}``. Where
        it belongs to another, such as ``/orders/{order_id}/items``, an object of that is made first.

        What is checked, in the order of an object's life:

        - Objects are read back as they were sent, with each value that a field may have, and reading them changes nothing.
        - The answer to the creation, and the place that its Location names, show the same.
        - They are listed once, on whole, stable pages with true totals.
        - Filters by a field, each alone and in twos, give all and only the objects with the value.
        - Lists are in the order that was requested, and hold what lies within a bound such as ``min_price`` or ``created_after``.
        - Times have a zone and are in order.
        - A change is read back, keeps the other fields, and changes no other object.
        - Who may not read an object may not change it, and who reads it has it in his list.
        - What is refused leaves nothing behind.
        - What is deleted is gone from every route.

        What cannot be looked at, such as a resource of which no object can be created, or a list that nobody can read to its end,
        is NOT EVALUATED.

        The objects that it makes have new random texts, and are deleted in the end where the contract has a DELETE.

        Args:
            paths: Paths of resources, such as ``/orders``; by default all that the contract has.
            identity: The identity that owns the objects; by default the first one of the system.
            other: An identity that has nothing to do with them; by default the second one of the same role.
            ignored: Fields that may change by themselves or be written otherwise than they were sent; none by default.
            shared: Whether anybody may read an object by its identifier, although his list does not have it; no by default.

        Raises:
            UsageError: The contract has no such resource.

        Example:

        ```robotframework
        API Should Be Consistent    ignored=${{['last_seen']}}
        ```
        """
        from ApiLibrary.consistency.hierarchy import lead
        from ApiLibrary.consistency.resources import resources

        system = context.system
        known = {resource.path: resource for resource in resources(system.contract.needed)}
        for path in paths:
            if path not in known:
                raise unknown("resource", path, known, f"the contract of {system.name}")
        caller = system.sender(identity)
        others = [
            name for name, entry in system.identities.items() if caller and name != caller.name and entry.role == caller.role
        ]
        someone_else = system.sender(other or others[0]) if other or others else None
        checks = Checks("Consistency", system.name)
        if not known:
            checks.not_evaluated("consistency.created", "a resource in which objects can be created", "none in the contract")
        for path in paths or known:
            own = Checks("Consistency", path)
            lead(system, known[path], known, own, caller, someone_else, ignored or (), shared=shared)
            checks.done += own.done
        checks.conclude()
