"""Pages to which the answers to values have led by a link: where what was sent may show later."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urljoin, urlsplit

from SecurityLibrary.description.operations import DISRUPTIVE
from SecurityLibrary.discovery.named_paths import DOES
from SecurityLibrary.discovery.pages import BROWSER, links, PAGES
from SecurityLibrary.sending.never_sent import NeverSentError

if TYPE_CHECKING:
    from SecurityLibrary.scan import Scan
    from theodore_qa.systems.exchange import Exchange

MOST = 10


def after(scan: Scan) -> list[tuple[str, Exchange]]:
    """The pages of this system that links name in answers to values that were taken, each read once, without our values."""
    own = urlsplit(scan.client.url).netloc
    found: dict[str, None] = {}
    labels = {" ".join(place.split(" ")[:2]) for place in scan.sent_marks.values()}
    answers = [answer for label, answer in list(scan.sender.answers.exchanges) if label in labels and answer.ok]
    for answer in answers:
        for link in links(answer) if answer.media in PAGES else ():
            try:
                parts = urlsplit(urljoin(f"{scan.client.url.rstrip('/')}{answer.path}", link))
            except ValueError:
                continue
            path = f"{parts.path}?{parts.query}" if parts.query else parts.path
            harmful = DISRUPTIVE.search(path) or DOES.search(path) or any(mark in path for mark in scan.sent_marks)
            if parts.netloc == own and parts.path.startswith("/") and not harmful and path != answer.path:
                found.setdefault(path)
    read = []
    for path in list(found)[:MOST]:
        try:
            read.append((f"GET {path}", scan.sender.request("GET", path, scan.plan.identity_for(), headers=BROWSER)))
        except NeverSentError:
            continue
    return read
