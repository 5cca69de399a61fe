"""Cookies beside a session that say who somebody is or what they may, and what an attacker would write in them."""

from __future__ import annotations

import base64
import binascii
import json
import re
from typing import Any, TYPE_CHECKING
from urllib.parse import quote, unquote

from theodore_qa.errors import NotEvaluatedError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from SecurityLibrary.scan import Scan
    from theodore_qa.systems.identities import Identity

AUTHORITY = re.compile(r"(?i)role|admin|staff|super|level|group|perm|scope|plan|tier|user|uid|account|login|name|^id$|tenant|org")
ROLES = ("admin", "administrator")
TURNED = {"0": "1", "false": "true", "no": "yes", "n": "y", "off": "on", "False": "True"}
USUAL = ("role=admin", "admin=true", "is_admin=true", "isAdmin=true", "is_admin=1", "user_role=admin")
GUESSABLE = 24  # characters: a longer value is a secret, which nobody writes down without having seen it


def beside_session(scan: Scan, sender: Identity, owner: Identity) -> Iterator[str]:
    """Names with values that would make an ordinary sender the owner: those of the sign-in's cookies, then usual ones."""
    own, theirs = _given(scan, sender), _given(scan, owner)
    for name, value in own.items():
        for other in dict.fromkeys(_others(name, value, theirs.get(name, ""), owner)):
            if other != value:
                yield f"{name}={other}"
    known = {name.lower() for name in own}
    yield from (pair for pair in USUAL if pair.partition("=")[0].lower() not in known)


def joined(session: str, pair: str) -> str:
    """The cookies of a session with another one among them."""
    name = pair.partition("=")[0]
    kept = [each.strip() for each in session.split(";") if each.strip() and each.strip().partition("=")[0] != name]
    return "; ".join([*kept, pair])


def _given(scan: Scan, identity: Identity) -> dict[str, str]:
    """The cookies that a sign-in gave beside the session's, and that against forged requests."""
    try:
        scan.authenticator.credentials(identity)
    except NotEvaluatedError:
        return {}
    answer = scan.authenticator.answers.get(identity.name)
    csrf = identity.way.csrf
    session = {identity.cookie, scan.authenticator.cookie, csrf.cookie if csrf else ""}
    pairs = (cookie.partition(";")[0].partition("=") for cookie in (answer.cookies if answer else ()))
    return {name.strip(): value.strip() for name, _, value in pairs if name.strip() not in session}


def _others(name: str, value: str, theirs: str, owner: Identity) -> Iterator[str]:
    """What a cookie would hold for the owner, in the form that it has."""
    for read, written in (_plain, _percent, _coded):
        text = read(value)
        if text is None:
            continue
        inner = _object(text)
        if inner is not None:
            their_object = _object(read(theirs) or "") or {}
            changed = {key: _better(key, part, their_object.get(key), owner) for key, part in inner.items()}
            yield from (written(json.dumps(changed, separators=(",", ":"))), written(json.dumps(changed)))
        elif len(text) <= GUESSABLE and text.isprintable():
            known = read(theirs) or ""
            yield from (written(known) for _ in range(1) if known and len(known) <= GUESSABLE)
            if AUTHORITY.search(name):
                yield from (written(str(each)) for each in _better_texts(name, text, owner))


def _better(key: str, part: Any, theirs: Any, owner: Identity) -> Any:
    if not AUTHORITY.search(key):
        return part
    if isinstance(part, bool):
        return True
    if theirs is not None and len(str(theirs)) <= GUESSABLE:
        return theirs
    if isinstance(part, list):
        return list(ROLES)
    return next(iter(_better_texts(key, part, owner)), part) if isinstance(part, str) else part


def _better_texts(name: str, text: str, owner: Identity) -> list[str]:
    if text in TURNED:
        return [TURNED[text]]
    if re.search(r"(?i)role|group|perm|scope|level", name):
        return [owner.role, *ROLES]
    return [owner.username or owner.name] if re.search(r"(?i)user|login|account|name", name) and not text.isdigit() else []


def _object(text: str) -> dict[str, Any] | None:
    try:
        found = json.loads(text)
    except ValueError:
        return None
    return found if isinstance(found, dict) else None


def _decoded(value: str) -> str | None:
    try:
        text = base64.b64decode(unquote(value) + "=" * (-len(unquote(value)) % 4), altchars=b"-_", validate=True).decode()
    except (binascii.Error, ValueError):
        return None
    return text if text.isprintable() and text else None


_plain = (lambda value: value.strip('"'), lambda text: text if _object(text) is None else quote(text))
_percent = (lambda value: unquote(value) if "%" in value else None, quote)
_coded = (_decoded, lambda text: base64.b64encode(text.encode()).decode())
