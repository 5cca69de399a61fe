"""Authorisation codes of OAuth: how a server hands one out, and exchanges it for tokens."""

from __future__ import annotations

import base64
import hashlib
import re
from dataclasses import replace
from typing import Any, TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

from SecurityLibrary.coverage import NotApplicableError
from SecurityLibrary.description.operations import InsertableParameter
from SecurityLibrary.objects.identifiers import scalars
from SecurityLibrary.values import other_names
from theodore_qa.errors import NotEvaluatedError
from theodore_qa.redaction.secrets import secrets

if TYPE_CHECKING:
    from SecurityLibrary.description.operations import ScanOperation
    from SecurityLibrary.scan import Scan
    from theodore_qa.systems.exchange import Exchange

ASKED_FOR = {"redirect_uri", "client_id"}
EXCHANGING = {"grant_type", "redirect_uri", "client_id", "code_verifier"}
SHORTEST = 12  # characters of a token


class CodeServer:
    """What hands authorisation codes out in a system, and what exchanges them."""

    def __init__(self, scan: Scan) -> None:
        self.scan = scan
        reads = [each for each in scan.plan.operations if {*_names(each)} >= ASKED_FOR and not _has(each, "code")]
        if not reads:
            raise NotApplicableError("no operation takes a redirect_uri and a client_id")
        self.asking = reads[0]
        takes = [each for each in scan.plan.operations if each.method == "POST" and _has(each, "code")]
        self.exchanging: ScanOperation | None = next((each for each in takes if {*_names(each)} & EXCHANGING), None)
        self.identity = scan.plan.identity_for(self.asking)
        self.redirect = _parameter(self.asking, "redirect_uri")
        self.good = str(scan.sender.builder.good(self.asking, self.redirect, self.identity))

    @property
    def proves_keys(self) -> bool:
        """Whether the description has PKCE (RFC 7636)."""
        both = [self.asking, *([self.exchanging] if self.exchanging else [])]
        return any(_has(each, "code_challenge") or _has(each, "code_verifier") for each in both)

    def answer_to_request(self, redirect: str | None = None, verifier: str = "", state: str = "") -> Exchange:
        """The answer to whoever asks for a code, for a redirect of choice, with the digest of a verifier."""
        more: dict[str, Any] = {"redirect_uri": redirect or self.good}
        if verifier:
            digest = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
            more |= {"code_challenge": digest, "code_challenge_method": "S256"}
        more |= {"state": state} if state else {}
        return self._sent(self.asking, more)

    def code(self, verifier: str = "") -> str:
        """A new code.

        Raises:
            NotEvaluatedError: None was handed out.
        """
        answer = self.answer_to_request(verifier=verifier)
        found = code_in(answer)
        if not found:
            raise NotEvaluatedError(f"no code was handed out: it was answered {answer.status}")
        secrets.add(found, "an authorisation code")
        return found

    def exchanged(self, code: str, verifier: str = "", **more: Any) -> Exchange:
        """The answer to a code and its verifier, or none."""
        if self.exchanging is None:
            raise NotApplicableError("no operation exchanges a code for tokens")
        proof = {"code_verifier": verifier} if verifier else {}
        return self._sent(self.exchanging, {"code": code, **proof, **more}, without=() if verifier else ("code_verifier",))

    def renewed(self, token: str, scope: str) -> Exchange:
        """The answer to a refresh token with a scope."""
        if self.exchanging is None:
            raise NotApplicableError("no operation exchanges a code for tokens")
        more = {"grant_type": "refresh_token", "refresh_token": token, "scope": scope}
        return self._sent(self.exchanging, more, without=("code", "code_verifier"))

    def _sent(self, operation: ScanOperation, more: dict[str, Any], without: tuple[str, ...] = ()) -> Exchange:
        """An operation with values by name: where it takes them, or beside what it takes."""
        location = "query" if operation.safe else "body"
        body = operation.body
        if isinstance(body, dict):
            body = {name: value for name, value in body.items() if name not in without}
        kept = [each for each in operation.parameters if _plain(each) not in without]
        named = {_plain(each): each for each in kept if each.location in ("query", "body")}
        for name in sorted(more.keys() - named.keys()):
            pointer = (name,) if location == "body" else ()
            named[name] = InsertableParameter(name, location, pointer, {"type": "string"})
            kept.append(named[name])
        sent = replace(operation, parameters=tuple(kept), body=body)
        identity = self.identity if operation is self.asking or operation.secured else None
        return self.scan.sender.send(sent, identity, {named[name]: value for name, value in more.items()})


def code_in(answer: Exchange) -> str:
    """The code that an answer hands out: in the address to which it leads, or in its body; empty if there is none."""
    for address in (answer.location or "", *(str(each) for each in scalars(answer.body) if "code=" in str(each))):
        parts = urlsplit(address)
        if found := parse_qs(parts.query).get("code") or parse_qs(parts.fragment).get("code"):
            return found[0]
    own = (str(value) for name in ("code", "authorization_code") for value in other_names.called(answer.body, name))
    return next(own, "") if answer.ok else ""


def leads_to(answer: Exchange, address: str) -> bool:
    """Whether an answer hands a code to an address."""
    addresses = (answer.location or "", *map(str, scalars(answer.body)))
    handed = any(each.startswith(address) and "code=" in each[len(address) :] for each in addresses)
    return handed or (answer.ok and bool(code_in(answer)) and address in addresses)


def token_in(answer: Exchange, name: str = "access_token") -> str:
    """A token of an answer by its name; empty where it has none."""
    found = next((value for value in other_names.called(answer.body, name) if isinstance(value, str)), "") if answer.ok else ""
    if len(found) < SHORTEST:
        return ""
    secrets.add(found, "a token of an authorisation server")
    return found


def _plain(parameter: InsertableParameter) -> str:
    return re.sub(r"(?<=[a-z])([A-Z])", r"_\1", parameter.name.rpartition(".")[2]).lower()


def _names(operation: ScanOperation) -> list[str]:
    return [_plain(each) for each in operation.parameters if each.location in ("query", "body")]


def _has(operation: ScanOperation, name: str) -> bool:
    return name in _names(operation)


def _parameter(operation: ScanOperation, name: str) -> InsertableParameter:
    return next(each for each in operation.parameters if _plain(each) == name)
