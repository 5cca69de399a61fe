"""Objects that belong to another one, such as the tasks of a project: the outer one is made first (resource hierarchy)."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from ApiLibrary.consistency.actor import Actor, NoObjectError, SUCCESS
from ApiLibrary.consistency.life import GONE, Life
from ApiLibrary.consistency.list_checks import not_listed
from theodore_qa.openapi.parts import VARIABLE

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from ApiLibrary.consistency.resources import Resource
    from theodore_qa.observing.checks import Checks
    from theodore_qa.systems.identities import Identity
    from theodore_qa.systems.system import System


def lead(
    system: System,
    resource: Resource,
    known: Mapping[str, Resource],
    checks: Checks,
    caller: Identity | None,
    other: Identity | None,
    ignored: Collection[str] = (),
    *,
    shared: bool = False,
) -> None:
    """Lead objects of a resource through their life, below an object of each resource that it belongs to.

    Args:
        system: under test.
        resource: whose objects are made.
        known: the resources of the contract by their paths, among them those that this one belongs to.
        checks: that the observations are added to.
        caller: who makes and owns the objects; None without sign-in.
        other: who must not see them; None if there is nobody else.
        ignored: fields that change by themselves.
        shared: whether anybody may read an object whose identifier he knows.
    """
    with contextlib.ExitStack() as stack:  # outer objects are deleted last, since the inner ones are reached through them
        values: dict[str, str] = {}  # path variables with the identifiers of the outer objects
        outer = inner = None
        try:
            for above in _above(resource, known):
                if above.variable in (system.declared.values or {}):
                    continue  # the environment file names an object that exists
                outer = Actor(system, above, caller, other, ignored, values)
                stack.callback(outer.clean_up)
                inner = outer.create(0)
                values = values | {above.variable: inner.id}
            actor = Actor(system, resource, caller, other, ignored, values)
            Life(actor, checks, shared=shared).run()
            if outer is not None and inner is not None:
                second = outer.create(1)
                elsewhere = Actor(system, resource, caller, other, ignored, values | {outer.resource.variable: second.id})
                _belongs(actor, elsewhere, outer, inner.id, checks)
        except NoObjectError as error:
            checks.not_evaluated("consistency.created", "an object to act on", str(error))


def _above(resource: Resource, known: Mapping[str, Resource]) -> list[Resource]:
    """The resources that a resource belongs to, the outermost first."""
    names = VARIABLE.findall(resource.path)
    outer = [other for other in known.values() if resource.path.startswith(f"{other.path}/{{{other.variable}}}/")]
    return sorted((other for other in outer if other.variable in names), key=lambda other: len(other.path))


def _belongs(actor: Actor, elsewhere: Actor, outer: Actor, outer_id: str, checks: Checks) -> None:
    """An object is found below its own outer object alone, and goes with it; ``elsewhere`` acts below another outer object."""
    made = actor.create(0)
    try:
        found = elsewhere.read(made.id)
        checks.that("consistency.hierarchy", found.status in GONE, "status 404", f"status {found.status} for {found.path}")
        if actor.may(actor.resource.listing):
            listed = elsewhere.listing()
            if not listed.problem:
                not_listed(checks, "consistency.hierarchy_list", made.id, elsewhere.identifiers(listed))
        if outer.may(outer.resource.delete) and not outer.moves:
            deletion = outer.send(outer.resource.delete, outer_id)
            if deletion.status in SUCCESS:
                left = actor.read(made.id)
                observed = f"status {left.status} for {left.path}"
                checks.that("consistency.gone_with_its_owner", left.status in GONE, "status 404", observed)
    finally:
        actor.clean_up()
