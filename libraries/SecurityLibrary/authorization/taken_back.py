"""What is gone, or was taken back: whether it is still read by its identifier, by its link, or by whom it was shared with."""

from __future__ import annotations

import re
from functools import partial
from typing import Any, TYPE_CHECKING

from SecurityLibrary.coverage import NotApplicableError
from SecurityLibrary.description.nouns import noun_of, USER_NOUNS
from SecurityLibrary.description.operations import DISRUPTIVE
from SecurityLibrary.discovery.named_paths import DOES
from SecurityLibrary.objects.identifiers import identifier_in, scalars, unknown_identifier
from SecurityLibrary.proof.effects import done
from SecurityLibrary.values import other_names, own_identifiers, recipients
from theodore_qa.errors import NotEvaluatedError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from SecurityLibrary.description.operations import InsertableParameter, ScanOperation
    from SecurityLibrary.scan import Scan
    from theodore_qa.systems.exchange import Exchange
    from theodore_qa.systems.identities import Identity

Read = tuple[str, "Callable[[], Exchange]"]  # what reads, and how it is sent
MOST_READERS = 4
KEPT = re.compile(r"(?i)/(?:sessions?|tokens?|(?:api-?)?keys?|devices?|me|self|profile)/\{[^/]+\}/?$")
GONE = re.compile(r"(?i)deleted|removed|archiv|revoked|trash|inactive|cancel|expired|disabled|withdrawn|closed")
PERSON = re.compile(
    r"(?i)user|member|e?-?mail|person|account|collaborator|grantee|guest|invitee|friend|with$|reader|viewer|editor"
)


def removals(scan: Scan) -> list[ScanOperation]:
    """The operations that remove an object that their path names, or take something back."""
    return [
        each for each in scan.plan.operations if each.takes_away and each.last is not None and not scan.plan.skip_reason(each)
    ]


def maker(scan: Scan, operation: ScanOperation) -> ScanOperation | None:
    """What makes the objects that an operation removes; None where nothing does."""
    last = operation.last
    collection = operation.route.partition(f"{{{last.name}}}")[0].rstrip("/") if last else ""
    making = (each for each in scan.plan.operations if each.method == "POST" and each.route.rstrip("/") == collection)
    return next((each for each in making if not scan.plan.skip_reason(each)), None)


def still_read(scan: Scan, operation: ScanOperation, identity: Identity) -> tuple[str, str, list[Exchange]] | None:
    """What still reads two objects after each was removed: its name, by whom, and its answers; None where nothing does.

    It reads the same as before, and nothing for an identifier that there is not.

    Raises:
        NotEvaluatedError: No object is made for it, or nothing reads it.
    """
    rounds = [_after(scan, operation, identity) for _ in range(2)]
    for name, answer in rounds[0].items():
        if name in rounds[1]:
            who = "anybody" if name.endswith(" (anybody)") else "who removed it"
            return name.removesuffix(" (anybody)"), who, [answer, rounds[1][name]]
    return None


def _after(scan: Scan, operation: ScanOperation, identity: Identity) -> dict[str, Exchange]:
    """The answers that are the same before and after an object was removed, by what reads it."""
    last, making = operation.last, maker(scan, operation)
    if last is not None and (noun_of(operation, last) in USER_NOUNS or KEPT.search(operation.route)):
        raise NotApplicableError("accounts and sessions are removed by attacks of their own")
    if last is None or making is None:
        raise NotEvaluatedError("nothing is known that makes an object for it")
    others = scan.plan.control(making, identity)
    outer = [each for each in operation.parameters if each.location == "path" and each != last]
    above = {each: scan.sender.builder.good(operation, each, identity) for each in outer}
    made, identifier = _new(scan, making, last, identity, above)
    reads = _reads(scan, operation, identity, made, identifier, above, others)
    before = {name: (send, answer) for name, send in reads if (answer := send()).ok}
    if not before:
        raise NotEvaluatedError("nothing reads what it removes")
    removed = scan.sender.send(operation, identity, {last: identifier} | above)
    if not done(removed):
        raise NotEvaluatedError(f"the removal was answered {removed.status}")
    kept: dict[str, Exchange] = {}
    for name, (send, earlier) in before.items():
        answer = send()
        if answer.ok and answer.text == earlier.text and not GONE.search(answer.text):
            kept[name] = answer
    return kept


def _new(
    scan: Scan,
    making: ScanOperation,
    last: InsertableParameter,
    identity: Identity,
    above: dict[InsertableParameter, Any],
) -> tuple[Exchange, Any]:
    """The answer to what made a new object, and its identifier, which no list had before."""
    given = {each: value for each in making.parameters for other, value in above.items() if each.name == other.name}
    made = scan.sender.send(making, identity, given)
    identifier = identifier_in(made.body, last.name) if made.ok else None
    if identifier is None:
        raise NotEvaluatedError("no object of the scan's own could be made for it")
    if str(identifier) in scan.objects.made and scan.sender.builder.give_new_names(making):
        made = scan.sender.send(making, identity, given)
        identifier = identifier_in(made.body, last.name)
    if identifier is None or scan.objects.existed(making, identifier):
        raise NotEvaluatedError("what is made for it was there before")
    scan.objects.made.add(str(identifier))
    return made, identifier


def _reads(
    scan: Scan,
    operation: ScanOperation,
    identity: Identity,
    made: Exchange,
    identifier: Any,
    above: dict[InsertableParameter, Any],
    others: Sequence[Exchange],
) -> Iterator[Read]:
    """What reads one object: by its identifier, below its path, and by a link or token that its maker was handed.

    ``others`` are the answers to what made other objects.
    """
    last = operation.last
    route = operation.route.rpartition("}")[0] + "}"
    found = 0
    for read in scan.plan.operations:
        if read.method != "GET" or scan.plan.skip_reason(read) or found >= MOST_READERS or last is None:
            continue
        if read.route.startswith(route) and read.route.count("{") == route.count("{"):
            place, value = read.last, identifier
        else:
            place, value = _handed(read, made, identifier, others)
        if place is None or value is None:
            continue
        outer = {
            each: item for each in read.parameters for other, item in above.items() if each.name == other.name and each != place
        }
        if scan.sender.send(read, identity, {place: unknown_identifier(value)} | outer).ok:
            continue
        found += 1
        given = {place: value} | outer
        yield f"{read} (anybody)", partial(scan.sender.send, read, None, given, owner=identity)
        yield str(read), partial(scan.sender.send, read, identity, given)
    for address in dict.fromkeys(map(str, scalars(made.body))):
        path = address.removeprefix(scan.client.url)
        harmless = not DISRUPTIVE.search(path) and not DOES.search(path)
        if harmless and path.startswith("/") and not path.startswith("//") and str(identifier) != path and found < MOST_READERS:
            found += 1
            name = "GET (the address that the answer names)"
            yield f"{name} (anybody)", partial(scan.sender.request, "GET", path)
            yield name, partial(scan.sender.request, "GET", path, identity)


def _handed(
    read: ScanOperation, made: Exchange, identifier: Any, others: Sequence[Exchange]
) -> tuple[InsertableParameter | None, Any]:
    """Where another operation takes what the maker was handed under its name, such as the token of a link.

    What ``others`` have too, such as a state, names none of them.
    """
    own = [each for each in read.parameters if each.location in ("path", "query") and each.name != "id"]
    for place in own if len([each for each in read.parameters if each.location == "path"]) < 2 else ():  # noqa: PLR2004
        value = next(other_names.called(made.body, place.name), None)
        shared = value in [next(other_names.called(answer.body, place.name), None) for answer in others]
        if isinstance(value, str) and value != str(identifier) and len(value) > 5 and not shared:  # noqa: PLR2004  # a token
            return place, value
    return None, None


def still_shared(scan: Scan, operation: ScanOperation, owner: Identity, other: Identity) -> tuple[str, list[Exchange]] | None:
    """What another identity still reads after it was taken back from them, for two objects; None where nothing.

    Raises:
        NotEvaluatedError: Nothing shares an object so, or the other one never reads it.
    """
    making = maker(scan, operation)
    places = (
        [each for each in making.parameters if each.location == "body" and each.kind == "string" and _names_person(each)]
        if making
        else []
    )
    outer = next((each for each in operation.parameters if each.location == "path"), None)
    if making is None or not places or outer is None or outer == operation.last:
        raise NotEvaluatedError("nothing shares an object with somebody by name")
    path_of_object = operation.route.partition(f"{{{outer.name}}}")[0] + f"{{{outer.name}}}"
    read = next(
        (each for each in scan.plan.operations if each.method == "GET" and each.route.rstrip("/") == path_of_object), None
    )
    if read is None or read.last is None:
        raise NotEvaluatedError("nothing reads what is shared")
    kept = []
    for _ in range(2):
        answer = _kept_by(scan, (making, operation, read), (owner, other), (outer, places[0]))
        if answer is None:
            return None
        kept.append(answer)
    return str(read), kept


def _names_person(parameter: InsertableParameter) -> bool:
    name = parameter.name.rpartition(".")[2]
    return bool(PERSON.search(name) or recipients.WHO.match(name) or parameter.noun in USER_NOUNS)


def _kept_by(
    scan: Scan,
    operations: tuple[ScanOperation, ScanOperation, ScanOperation],
    people: tuple[Identity, Identity],
    places: tuple[InsertableParameter, InsertableParameter],
) -> Exchange | None:
    """The answer to somebody who reads an object that is not shared with them any more; None where it is refused."""
    (making, removing, read), (owner, other), (outer, place) = operations, people, places
    object_id = scan.objects.identifier(removing, outer, owner, fresh=True)
    if object_id is None or str(object_id) not in scan.objects.made or removing.last is None or read.last is None:
        raise NotEvaluatedError("no object of the scan's own could be made for it")
    if scan.sender.send(read, other, {read.last: object_id}).ok:
        raise NotEvaluatedError("the other identity reads the object without its being shared")
    above = {each: object_id for each in making.parameters if each.location == "path" and each.name == outer.name}
    for who in _names(scan, other):
        shared = scan.sender.send(making, owner, above | {place: who})
        if done(shared) and scan.sender.send(read, other, {read.last: object_id}).ok:
            break
    else:
        raise NotEvaluatedError("nothing that was tried shares the object")
    named = [value for value in (identifier_in(shared.body, removing.last.name), *_names(scan, other)) if value is not None]
    given = {each: object_id for each in removing.parameters if each.name == outer.name}
    for value in dict.fromkeys(map(str, named)):
        if done(scan.sender.send(removing, owner, given | {removing.last: value})):
            answer = scan.sender.send(read, other, {read.last: object_id})
            return answer if answer.ok else None
    raise NotEvaluatedError("what was shared was not taken back")


def _names(scan: Scan, identity: Identity) -> list[str]:
    """What an identity may be named by: what it signs in by, its address, its identifier."""
    about = scan.objects.about(identity)
    own = next((found for body in about if (found := own_identifiers.of_account(body, "user")) is not None), None)
    given = (identity.username, scan.objects.address_of(identity), own, identity.name)
    return [str(each) for each in dict.fromkeys(given) if each]
