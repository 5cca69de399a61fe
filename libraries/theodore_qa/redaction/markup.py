"""Markup of our own, told apart from markup that somebody else wants to plant in a log."""

from __future__ import annotations

import re
import secrets

_NONCE = f"<!--theodore:{secrets.token_hex(8)}-->"
_ANY_NONCE = re.compile(r"<!--theodore:[0-9a-f]{16}-->")
_MARKER = re.compile(r"^\s*\*HTML\*", re.IGNORECASE)
# In documentation and metadata Robot makes a link of [target|text], of whatever scheme the target is.
_LINK = re.compile(r"\[(?=[^\n|]*:[^\n|]*\|)(?!(?:https?|ftp)://|mailto:)", re.IGNORECASE)


def own_html(markup: str) -> str:
    """Markup with the sign by which the listener of this process knows it as ours."""
    return _NONCE + markup


def is_own(text: str) -> bool:
    """Whether a text bears this process's sign."""
    return text.startswith(_NONCE)


def unsigned(text: str) -> str:
    """A text without the sign."""
    return _ANY_NONCE.sub("", text)


def disarmed(text: str) -> str:
    """A text that Robot shows as it is: an invisible mark breaks a leading ``*HTML*`` and links that run a script."""
    return _LINK.sub("[\u2060", _MARKER.sub("\u2060*HTML*", text))


def asks_for_html(text: str) -> bool:
    """Whether Robot would render a text as HTML."""
    return bool(_MARKER.match(text))
