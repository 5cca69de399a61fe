"""Many codes in one request, as aliases of a mutation or as a batch: whether a limit of wrong ones counts each of them."""

from __future__ import annotations

import copy
import json
import re
from typing import Any, TYPE_CHECKING

from SecurityLibrary.description.insertion_points import put_in

if TYPE_CHECKING:
    from collections.abc import Iterator

    from theodore_qa.systems.exchange import Exchange

NUMBERS = re.compile(r"\d+")
LIMITS = re.compile(r"(?i)too many|limit|batch|alias|complex|attempt|locked|later")


def bodies(content: dict[str, Any], pointer: tuple[str, ...], codes: list[Any]) -> Iterator[tuple[str, bytes]]:
    """How a body with one code goes out with several, each with its name."""
    if (aliased := _aliased(content, pointer[-1], codes)) is not None:
        yield "by aliases", json.dumps(aliased).encode()
    batch = [put_in(copy.deepcopy(content), pointer, code) for code in codes]
    # Calls have a number each.
    numbered = [each | ({"id": number} if "jsonrpc" in each else {}) for number, each in enumerate(batch, 1)]
    yield "in a batch", json.dumps(numbered).encode()


def refusals(answer: Exchange) -> list[str]:
    """What is said of each code that was refused, without numbers, in the order of the codes; one of a plain request."""
    bodies = answer.body if isinstance(answer.body, list) else [answer.body]
    found = []
    for body in bodies:
        errors = body.get("errors") or [body.get("error")] if isinstance(body, dict) else []
        found += [NUMBERS.sub("#", str(error.get("message"))) for error in errors if isinstance(error, dict)]
    return found


def uncounted(together: list[tuple[str, Exchange]], alone: list[Exchange]) -> Iterator[tuple[str, Exchange]]:
    """The first request of several in which each code was looked at, though ``alone`` the last one was limited."""
    limited = refusals(alone[-1])
    wrong = refusals(alone[0]) if len(alone) > 1 else []
    for how, answer in together:
        (first, *others) = dict.fromkeys(refusals(answer))
        known = [first] == wrong if wrong else [first] != limited and not LIMITS.search(first)
        if not others and known:
            yield how, answer
            return


def _aliased(content: dict[str, Any], name: str, codes: list[Any]) -> dict[str, Any] | None:
    """A query with a mutation for each code; None where it is none, or one that is not simple."""
    head, _, rest = str(content.get("query", "")).partition("{")
    inner = rest.rpartition("}")[0].strip()
    used = re.compile(rf"\${re.escape(name)}\b(?!\s*:)")
    declared = re.search(rf"\${re.escape(name)}\s*:\s*([\w!]+)", head)
    simple = inner.count("(") == 1 and re.match(r"\w+\s*\(", inner) and len(used.findall(inner)) == 1
    if declared is None or not simple or "fragment" in rest:
        return None
    numbered = [f"${name}{number}" for number in range(len(codes))]
    kinds = ", ".join(f"{each}: {declared[1]}" for each in numbered)
    fields = " ".join(f"a{number}: {used.sub(each, inner)}" for number, each in enumerate(numbered))
    variables = {key: value for key, value in (content.get("variables") or {}).items() if key != name}
    variables |= {f"{name}{number}": code for number, code in enumerate(codes)}
    return {**content, "query": f"{head.replace(declared[0], kinds, 1)}{{{fields}}}", "variables": variables}
