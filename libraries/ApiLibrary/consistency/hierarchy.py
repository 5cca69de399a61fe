"""Objects that belong to another one, such as the tasks of a project: the outer one is made first (resource hierarchy)."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from ApiLibrary.consistency.actor import Actor, NoObjectError, SUCCESS
from ApiLibrary.consistency.life import GONE, Life
from theodore_qa.observing.display import plural
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
) -> None:
    """Lead objects of a resource through their life, below an object of each resource that it belongs to."""
    with contextlib.ExitStack() as stack:
        values: dict[str, str] = {}
        outer = inner = None
        try:
            for above in _above(resource, known):
                if above.variable in (system.declared.values or {}):
                    continue
                outer = Actor(system, above, caller, other, ignored, values)
                stack.callback(outer.clean_up)
                inner = outer.create(0)
                values = values | {above.variable: inner.id}
            actor = Actor(system, resource, caller, other, ignored, values)
            Life(actor, checks).run()
            if outer is not None and inner is not None:
                elsewhere = Actor(
                    system, resource, caller, other, ignored, values | {outer.resource.variable: outer.create(1).id}
                )
                _belongs(actor, elsewhere, outer, inner.id, checks)
        except NoObjectError as error:
            checks.not_evaluated("consistency.created", "an object to act on", str(error))


def _above(resource: Resource, known: Mapping[str, Resource]) -> list[Resource]:
    """The resources that a resource belongs to, the outermost first."""
    names = VARIABLE.findall(resource.path)
    outer = [other for other in known.values() if resource.path.startswith(f"{other.path}/{{{other.variable}}}/")]
    return sorted((other for other in outer if other.variable in names), key=lambda other: len(other.path))


def _belongs(actor: Actor, elsewhere: Actor, outer: Actor, outer_id: str, checks: Checks) -> None:
    """An object is found below its own outer object alone, and goes with it."""
    made = actor.create(0)
    try:
        found = elsewhere.read(made.id)
        checks.that("consistency.hierarchy", found.status in GONE, "status 404", f"status {found.status} for {found.path}")
        if actor.may(actor.resource.listing):
            listed = elsewhere.listing()
            if not listed.problem:
                ids = elsewhere.identifiers(listed)
                observed = f"{ids.count(made.id)} times in {plural(len(ids), 'item')}"
                checks.that("consistency.hierarchy_list", made.id not in ids, f"not {made.id}", observed, n=max(1, len(ids)))
        if outer.may(outer.resource.delete) and not outer.moves:
            gone = outer.send(outer.resource.delete, outer_id)
            if gone.status in SUCCESS:
                left = actor.read(made.id)
                checks.that(
                    "consistency.gone_with_its_owner", left.status in GONE, "status 404", f"status {left.status} for {left.path}"
                )
    finally:
        actor.clean_up()
