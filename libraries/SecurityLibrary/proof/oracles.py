"""Oracles: how a probe tells that a payload took effect, by a differential, by a computed text, or by a delay (time-based)."""

from __future__ import annotations

from statistics import median
from typing import TYPE_CHECKING

from SecurityLibrary.proof import comparison
from theodore_qa.systems.exchange import NO_ANSWER

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any

    from SecurityLibrary.description.insertion_points import InsertionPoint
    from SecurityLibrary.scan import Scan
    from theodore_qa.systems.exchange import Exchange

    Read = Callable[..., comparison.Leaves]

ROUNDS = 3
MANY, AGAIN = 100, 3  # places of an answer, and how often three rounds are held anew then
DOSES = (0, 2, 4)
STRAY = 0.9


def differential(
    scan: Scan, point: InsertionPoint, true: Callable[[], Any], false: Callable[[], Any]
) -> tuple[list[str], Exchange, Exchange] | None:
    """The differential (boolean-based) oracle: whether answers follow a condition in the value of an insertion point.

    ``true`` and ``false`` make values that differ in the condition only, each time with other numbers. After a first difference
    there are three rounds in random order, during which no other thread sends anything; places that change by themselves are
    masked. Returns the places and one exchange of each kind.
    """
    sent: list[str] = []  # an answer may hold any of them, its own as well as one that an earlier request has stored

    def ask(*, condition: bool) -> Exchange:
        value = true() if condition else false()
        sent.append(value if isinstance(value, str) else "")
        return scan.sender.put(point, value)

    answers = ask(condition=True), ask(condition=False)
    held, failed = (comparison.leaves(answer, *sent) for answer in answers)
    if not comparison.differ(held, failed, point.mask()):
        return None
    # Once more before anything waits for it: what differs from one request to the next by itself tells nothing.
    held_again, failed_again = (comparison.leaves(ask(condition=condition), *sent) for condition in (True, False))
    changing = comparison.changing([held, held_again]) | comparison.changing([failed, failed_again])
    if not comparison.differ(held_again, failed_again, point.mask() | changing):
        return None
    with scan.sender.lock.exclusive():
        usual = comparison.changing([comparison.leaves(scan.sender.put(point, point.value)) for _ in range(2)])
        return in_rounds(scan, ask, sent, point.mask() | usual)


def in_rounds(
    scan: Scan, ask: Callable[..., Exchange], sent: list[str], mask: set[str], read: Read = comparison.leaves
) -> tuple[list[str], Exchange, Exchange] | None:
    """The places at which what ``ask`` brings follows its ``condition`` in three rounds of random order.

    ``mask`` names places that change by themselves; those that change within one kind of answer are masked too. ``sent`` is what
    answers may repeat, ``read`` tells what an answer says. Where no status follows, there are three more rounds, and then other
    ones in which the same places have to follow: of the thousands of lines of a log that grows, some follow any order of few.
    Returns the places and one exchange of each kind.
    """
    seen: dict[bool, list[Exchange]] = {True: [], False: []}
    differences = _differences(scan, ask, sent, mask, read, seen)
    if differences and "status" not in differences:
        differences = _differences(scan, ask, sent, mask, read, seen)
        many = len(read(seen[True][0], *sent)) > MANY
        for _ in range(AGAIN if differences and many else 0):
            following = _differences(scan, ask, sent, mask, read, {True: [], False: []})
            differences = [place for place in differences if place in following]
    return (differences, seen[True][0], seen[False][0]) if differences else None


def _differences(
    scan: Scan,
    ask: Callable[..., Exchange],
    sent: list[str],
    mask: set[str],
    read: Read,
    seen: dict[bool, list[Exchange]],
) -> list[str]:
    """Ask in three rounds more; the places that follow the condition in all that was ``seen``."""
    turned = scan.random.randrange(ROUNDS)  # never in turn alone: what changes by itself may do that too
    first = scan.random.choice((True, False))
    for number in range(ROUNDS):
        for condition in (first, not first) if number != turned else (not first, first):
            seen[condition].append(ask(condition=condition))
    held, failed = ([read(answer, *sent) for answer in seen[condition]] for condition in (True, False))
    mask = mask | comparison.changing(held) | comparison.changing(failed)
    if "status" in mask or any(answer.status == NO_ANSWER for answers in seen.values() for answer in answers):
        return []
    return comparison.differ(held[0], failed[0], mask)


def computed(
    scan: Scan, point: InsertionPoint, payload: Callable[[int, int], tuple[str, str]]
) -> tuple[Exchange, Exchange] | None:
    """Whether a value is computed: the result, which the value does not contain, comes back twice, for other numbers each."""
    found: list[Exchange] = []
    for _ in range(2):
        value, result = payload(scan.random.number(), scan.random.number())
        answer = scan.sender.put(point, value)
        if result not in answer.text or result in point.controls[0].text:
            return None
        found.append(answer)
    return found[0], found[1]


def delayed(scan: Scan, point: InsertionPoint, payload: Callable[[float], Any]) -> tuple[str, Exchange] | None:
    """Whether an answer is delayed by as many seconds as a value asks for, at 0, 2 and 4 seconds in random order, twice."""
    usual = median(answer.duration for answer in point.controls)
    first = scan.sender.put(point, payload(DOSES[1]))
    if first.duration < usual + DOSES[1] - STRAY:
        return None
    with scan.sender.lock.exclusive():
        times: dict[int, list[float]] = {dose: [] for dose in DOSES}
        for dose in scan.random.sample(DOSES * 2, len(DOSES) * 2):
            answer = scan.sender.put(point, payload(dose))
            times[dose].append(answer.duration)
            base = min(times[0], default=usual)
            if abs(answer.duration - base - dose) > STRAY:
                return None
    waits = ", ".join(f"{dose} s asked: {' and '.join(f'{taken:.1f} s' for taken in taken_s)}" for dose, taken_s in times.items())
    return waits, first


def first_of(looks: Iterator[Any]) -> Any:
    """The first of several attempts that found something."""
    return next((found for found in looks if found), None)
