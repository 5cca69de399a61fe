"""Queries of GraphQL by GET: what exists may be named to them, as it may to all that only reads."""

from __future__ import annotations

import copy
import json
import posixpath
from typing import Any, TYPE_CHECKING
from urllib.parse import unquote, urlencode

from SecurityLibrary.description import graphql
from SecurityLibrary.description.insertion_points import put_in
from SecurityLibrary.sending.pacing import unlimited

if TYPE_CHECKING:
    import re

    from SecurityLibrary.description.insertion_points import InsertionPoint
    from SecurityLibrary.scan import Scan
    from theodore_qa.systems.exchange import Exchange


def reads(scan: Scan, point: InsertionPoint) -> bool:
    """Whether a place is read only: its method is safe, or it is a variable of a query that is answered by GET as by POST."""
    if point.operation.safe:
        return True
    if graphql.is_call(point.operation) or not graphql.takes_variable(point.parameter) or not graphql.reads(point.operation):
        return False
    answer = put(scan, point, point.value)
    return answer.ok and not answer.without_data and answer.body == point.controls[0].body


def put(scan: Scan, point: InsertionPoint, value: Any, *, raw: bool = False) -> Exchange:
    """Send an operation with a value in its place, a query of GraphQL by GET."""
    if point.operation.safe:
        return scan.sender.put(point, value, raw=raw)
    body = put_in(copy.deepcopy(point.operation.body), point.parameter.pointer, value)
    path = f"{point.operation.route}?{urlencode({'query': body['query'], 'variables': json.dumps(body.get('variables') or {})})}"
    return unlimited(scan.sender.request("GET", path, point.identity))


def disclosed(scan: Scan, point: InsertionPoint, value: str, sign: re.Pattern[str], *, raw: bool = False) -> Exchange | None:
    """The answer to a path if it has the sign of a file that the control does not have; else None."""
    answer = put(scan, point, value, raw=raw)
    return answer if sign.search(answer.text) and not sign.search(point.controls[0].text) else None


def at_plain_path(scan: Scan, answer: Exchange) -> Exchange:
    """What is served to anybody at the path that a path with ways up stands for: such a file is no secret."""
    return scan.sender.request("GET", posixpath.normpath(unquote(answer.path.partition("?")[0])))
