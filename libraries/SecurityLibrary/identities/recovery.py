"""How those who have forgotten their password get a new one: who asks, what is handed out, and where it is handed in."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, TYPE_CHECKING

from SecurityLibrary.identities.registrations import FORGOTTEN, is_password, NAMING, plain
from theodore_qa.errors import NotEvaluatedError
from theodore_qa.redaction.secrets import secrets
from theodore_qa.systems import pointers

if TYPE_CHECKING:
    from collections.abc import Iterator

    from SecurityLibrary.description.operations import InsertableParameter, ScanOperation
    from SecurityLibrary.identities.made_identity import MadeIdentity
    from SecurityLibrary.scan import Scan
    from theodore_qa.systems.exchange import Exchange

HANDED = re.compile(
    r"(?i)(?:[\w.-]*[._-])?(?:token|code|key|secret|nonce|ticket|pin|otp)|(?-i:[\w.-]*[a-z](?:Token|Code|Key|Pin))"
)
IN_LINK = re.compile(r"(?i)[?&](?:\w*[_-])?(?:token|code|key|t|k)=([\w.~-]{4,})|/reset(?:-password)?/([\w.~-]{6,})")
IN_TEXT = re.compile(r"(?i)(?:token|code|key|pin)\b\W{1,12}([A-Za-z0-9_-]{4,})")
IN_SENTENCE = re.compile(r"(?i)\b(?:token|code|key|pin)\b[^.!?<>\d]{1,60}?\b([A-Za-z0-9]*\d[A-Za-z0-9_-]{3,})")
LETTERS = re.compile(r"(?i)mail|outbox|inbox|message|letter|notification|sms")
LONG_ENOUGH, MOST_CANDIDATES, MOST_LETTERS = 4, 3, 3


@dataclass(frozen=True)
class Recovery:
    """The operation that asks, where it takes a name; the one that sets a password, where it takes what was handed out."""

    asks: ScanOperation
    naming: InsertableParameter
    sets: ScanOperation
    handed: InsertableParameter
    passwords: tuple[InsertableParameter, ...]

    @property
    def also_naming(self) -> list[InsertableParameter]:
        """Where the operation that sets a password takes a name as well."""
        places = (each for each in self.sets.parameters if each.location in ("body", "query") and each is not self.handed)
        return [each for each in places if NAMING.search(each.name)]


def ways(scan: Scan) -> list[Recovery]:
    """The recoveries of passwords that the description has, as far as they may be sent."""
    changing = (each for each in scan.plan.operations if each.method in ("POST", "PUT", "PATCH") and not each.admin)
    sendable = [each for each in changing if not scan.authenticator.signs_in(each)]
    setting = [(each, *places) for each in sendable if (places := _setting(each)) is not None]
    asking = []
    for each in sendable:
        naming = next((place for place in each.parameters if place.location == "body" and NAMING.search(place.name)), None)
        if FORGOTTEN.search(each.path) and naming is not None and _setting(each) is None:
            asking.append((each, naming))
    return [Recovery(each, naming, *found) for each, naming in asking for found in setting[:1]]


def _setting(operation: ScanOperation) -> tuple[InsertableParameter, tuple[InsertableParameter, ...]] | None:
    """Where an operation takes what was handed out, and the new password; None where it takes not both."""
    passwords = tuple(each for each in operation.parameters if each.location == "body" and _is_password(each))
    handed = next((each for each in operation.parameters if each not in passwords and HANDED.fullmatch(each.name)), None)
    about = FORGOTTEN.search(operation.path) or (passwords and "password" in operation.path.lower())
    return (handed, passwords) if handed is not None and passwords and about else None


def _is_password(parameter: InsertableParameter) -> bool:
    return is_password(parameter) and not HANDED.fullmatch(parameter.name)


class Recovering:
    """One way to recover passwords, on accounts of the scan's own."""

    def __init__(self, scan: Scan, recovery: Recovery) -> None:
        self.scan, self.recovery = scan, recovery

    def answer_to_request(self, account: MadeIdentity) -> tuple[Exchange, list[str]]:
        """The answer to the request for a new password, by whoever knows the account's name, and what of it may be handed in.

        Raises:
            NotEvaluatedError: The request was refused.
        """
        recovery = self.recovery
        answer = self.scan.sender.send(recovery.asks, None, {recovery.naming: account.called(plain(recovery.naming))})
        if not answer.ok:
            raise NotEvaluatedError(f"the request of an account of the scan's own was answered {answer.status}")
        return answer, _kept(_candidates(answer))

    def handed_out(self, account: MadeIdentity) -> tuple[Exchange, list[str]]:
        """The answer to the request of an account for a new password, and what may have been handed out by it.

        It stands in the answer, or in a letter that an operation shows.

        Raises:
            NotEvaluatedError: Neither shows it.
        """
        before = {text for letter in self._letters(account) for text in _candidates(letter)}
        answer, found = self.answer_to_request(account)
        found += [text for letter in self._letters(account) for text in _candidates(letter) if text not in before]
        if not found:
            raise NotEvaluatedError("what is handed out is shown neither by the answer nor by an operation that shows letters")
        return answer, _kept(found)

    def set_by(self, handed: str, account: MadeIdentity) -> tuple[Exchange, bool]:
        """The answer to a new password by what was handed out, and whether the account signs in with it."""
        scan, recovery = self.scan, self.recovery
        password = f"Qa-{scan.random.number()}-Newer-{scan.random.number()}"
        secrets.add(password, "a password of the scan")
        given: dict[InsertableParameter, Any] = dict.fromkeys(recovery.passwords, password)
        given |= {each: account.called(plain(each)) for each in recovery.also_naming}
        answer = scan.sender.send(recovery.sets, None, given | {recovery.handed: handed})
        return answer, bool(scan.authenticator.token_in(scan.sender.try_sign_in(account.username, password)))

    def _letters(self, account: MadeIdentity) -> Iterator[Exchange]:
        """What operations show that show letters, to the account itself and to whoever reads them otherwise."""
        scan = self.scan
        shows = [each for each in scan.plan.operations if each.method == "GET" and LETTERS.search(each.route)]
        for operation in [each for each in shows if not scan.plan.skip_reason(each)][:MOST_LETTERS]:
            own = () if operation.admin or operation.secured is False else (account,)
            for reader in (*own, scan.plan.identity_for(operation)):
                answer = scan.sender.send(operation, reader)
                if answer.ok:
                    yield answer


def _kept(candidates: list[str]) -> list[str]:
    """The first ones of what may be handed in; no log shows them."""
    kept = list(dict.fromkeys(candidates))[:MOST_CANDIDATES]
    for text in kept:
        secrets.add(text, "what was handed out for a new password")
    return kept


def _candidates(answer: Exchange) -> list[str]:
    """What in an answer may be handed in: values that are called so, ends of links, and what a text names."""
    named = [
        str(value)
        for name, value in (*pointers.leaves(answer.body), *answer.headers.items())
        if isinstance(value, str | int) and not isinstance(value, bool) and HANDED.fullmatch(name) and "://" not in str(value)
    ]
    linked = [part for match in IN_LINK.findall(f"{answer.text}\n{answer.location}") for part in match if part]
    texts = (*IN_TEXT.findall(answer.text), *IN_SENTENCE.findall(answer.text))
    written = [text for text in texts if re.search(r"\d", text)]
    return [text for text in dict.fromkeys((*named, *linked, *written)) if len(text) >= LONG_ENOUGH]
