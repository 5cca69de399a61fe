"""New values for places that are called as a property of what another operation makes, such as the code of a voucher."""

from __future__ import annotations

from functools import partial
from typing import Any, TYPE_CHECKING

from SecurityLibrary.description.protected_properties import find
from theodore_qa.errors import NotEvaluatedError

if TYPE_CHECKING:
    from collections.abc import Callable

    from SecurityLibrary.description.operations import InsertableParameter, ScanOperation
    from SecurityLibrary.scan import Scan
    from theodore_qa.systems.identities import Identity


def maker(
    scan: Scan, operation: ScanOperation, parameter: InsertableParameter, identity: Identity | None = None
) -> Callable[[], Any] | None:
    """What makes a new value for a parameter each time; None where no operation does.

    It is made by an ``identity``, or by whoever may, an administrator too: a voucher is of worth to whom it is given.
    """
    name = parameter.name.rpartition(".")[2]
    sources = [
        each
        for each in scan.plan.operations
        if each.method == "POST"
        and "{" not in each.route
        and str(each) != str(operation)
        and not scan.authenticator.signs_in(each)
    ]
    first = operation.route.strip("/").partition("/")[0]
    for source in sorted(sources, key=lambda each: each.route.strip("/").partition("/")[0] != first):
        if scan.plan.skip_reason(source) or any(each.name == parameter.name for each in source.parameters):
            continue
        try:
            whose = scan.plan.identity_for(source) if identity is None or source.admin else identity
            control = scan.plan.control(source, whose)
        except NotEvaluatedError:
            if scan.stopped:
                raise
            continue
        values = [find(answer.body, name) for answer in control]
        if len(set(map(str, values))) == len(values) and all(isinstance(value, str | int) for value in values):
            return partial(_made, scan, source, name, whose)
    return None


def _made(scan: Scan, source: ScanOperation, name: str, whose: Identity | None) -> Any:
    value = find(scan.sender.send(source, whose).body, name)
    if value is None:
        raise NotEvaluatedError(f"{source} made no further {name}")
    return value
