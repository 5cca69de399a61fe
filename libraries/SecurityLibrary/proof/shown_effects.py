"""Protected properties whose effect shows on pages, or by what an account may do, where no JSON tells them."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from typing import Any, TYPE_CHECKING

from SecurityLibrary.description.protected_properties import candidates
from SecurityLibrary.discovery.pages import BROWSER, PAGES
from SecurityLibrary.identities.made_identity import MadeIdentity
from SecurityLibrary.identities.profiles import ABOUT_ONESELF
from SecurityLibrary.proof.effects import done
from SecurityLibrary.values import known_values

if TYPE_CHECKING:
    from SecurityLibrary.description.operations import ScanOperation
    from SecurityLibrary.scan import Scan
    from theodore_qa.systems.exchange import Exchange
    from theodore_qa.systems.identities import Identity

MOST_PAGES, MOST_RIGHTS = 6, 3
AUTHORITY = re.compile(r"(?i)role|admin|permission|scope")
SEPARATORS = re.compile(r"[\s,.'\u00a0]")
HIDING = ("script", "style")


class _Text(HTMLParser):
    """What of a page is shown: its texts, and the values of its fields."""

    def __init__(self) -> None:
        super().__init__()
        self.parts: list[str] = []
        self._hidden = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._hidden += tag in HIDING
        attributes = dict(attrs)
        if tag == "input" and attributes.get("value") and attributes.get("type") != "hidden":
            self.parts.append(str(attributes["value"]))

    def handle_endtag(self, tag: str) -> None:
        self._hidden -= tag in HIDING and self._hidden > 0

    def handle_data(self, data: str) -> None:
        if not self._hidden:
            self.parts.append(data)


def shown_text(answer: Exchange) -> str:
    """The text that a page shows; empty for what is no page."""
    if answer.media not in PAGES:
        return ""
    parser = _Text()
    parser.feed(answer.text)
    return "\n".join(parser.parts)


def shows(text: str, value: Any) -> bool:
    """Whether a text shows a value: a word, or a number however it is written."""
    if isinstance(value, bool) or not isinstance(value, str | int):
        return False
    if isinstance(value, int):
        return str(value) in SEPARATORS.sub("", text)
    return re.search(rf"(?i)(?<![\w-]){re.escape(value)}(?![\w-])", text) is not None


def on_pages(
    scan: Scan, operation: ScanOperation, identity: Identity | None, readers: list[ScanOperation]
) -> dict[str, list[Exchange]]:
    """The properties that pages show after they were sent, twice with other values, and that they do not show by themselves.

    An account that the scan stands on is not tried.
    """
    about = bool(ABOUT_ONESELF.search(operation.path))
    if about and not isinstance(identity, MadeIdentity):
        return {}
    pages = _pages(scan, readers, identity)
    if not pages:
        return {}
    named = {
        name: kept
        for name, values in candidates(operation, {}).items()
        if len(kept := [each for each in values if _tells(each)]) > 1
    }
    before = _texts(scan, pages, identity, None, operation)

    def taken(extra: dict[str, Any]) -> tuple[Exchange, set[str], list[Exchange]]:
        answer = scan.sender.send(operation, identity, extra=extra)
        after = _texts(scan, pages, identity, answer, operation) if done(answer) else {}
        seen = {
            name: each[1]
            for name, value in extra.items()
            for label, each in after.items()
            if shows(each[0], value) and not shows(before.get(label, ("", None))[0], value)
        }
        return answer, set(seen), list(seen.values())

    if taken({f"qa_{scan.random.number()}": values[0] for values in named.values()})[1]:
        return {}  # whatever is sent is shown
    suspected = taken({name: values[0] for name, values in named.items()})[1]
    found: dict[str, list[Exchange]] = {}
    for name in sorted(suspected):
        kept = [taken({name: value}) for value in named[name][:2]]
        if all(name in seen for _, seen, _ in kept):
            found[name] = [exchange for answer, _, pages_seen in kept for exchange in (answer, pages_seen[0])]
    return found


def rights(scan: Scan, account: Identity) -> set[str]:
    """The operations for administrators that answer an account."""
    reads = [each for each in scan.plan.operations if each.method == "GET" and each.admin and not scan.plan.skip_reason(each)]
    return {str(each) for each in reads[:MOST_RIGHTS] if scan.sender.send(each, account).ok}


def _tells(value: Any) -> bool:
    return isinstance(value, str) or (isinstance(value, int) and not isinstance(value, bool))


def _pages(scan: Scan, readers: list[ScanOperation], identity: Identity | None) -> list[ScanOperation]:
    """The operations that answer with pages, of those that may read what was written and those about whoever asks."""
    about = [each for each in scan.plan.operations if each.method == "GET" and not each.admin and "{" not in each.route]
    found: list[ScanOperation] = []
    for operation in dict.fromkeys((*readers, *sorted(about, key=lambda each: not ABOUT_ONESELF.search(each.path)))):
        if len(found) < MOST_PAGES and not scan.plan.skip_reason(operation):
            answer = scan.sender.send(operation, identity, headers=BROWSER)
            found += [operation] if answer.ok and answer.media in PAGES else []
    return found


def _texts(
    scan: Scan, pages: list[ScanOperation], identity: Identity | None, written: Exchange | None, operation: ScanOperation
) -> dict[str, tuple[str, Exchange]]:
    """What pages show, by operation: that of the very object where the answer to its making leads to one."""
    found = {}
    for page in pages:
        last = page.last
        made = known_values.located(written, operation.route) if written is not None and last is not None else None
        answer = scan.sender.send(page, identity, {last: made} if last is not None and made is not None else {}, headers=BROWSER)
        if answer.ok:
            found[str(page)] = shown_text(answer), answer
    return found
