"""The page to which a form leads, as a browser would show it next."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urljoin, urlsplit

from SecurityLibrary.discovery.pages import BROWSER
from SecurityLibrary.sending.never_sent import NeverSentError

if TYPE_CHECKING:
    from SecurityLibrary.description.operations import ScanOperation
    from SecurityLibrary.scan import Scan
    from theodore_qa.systems.exchange import Exchange
    from theodore_qa.systems.identities import Identity


def of(scan: Scan, operation: ScanOperation, identity: Identity | None, answer: Exchange) -> Exchange:
    """The page to which an answer to an operation leads its sender; the answer itself where it leads nowhere in the system."""
    if not answer.location or answer.asks_to_sign_in:
        return answer
    parts = urlsplit(urljoin(f"{scan.client.url.rstrip('/')}{operation.route}", answer.location))
    if parts.netloc != urlsplit(scan.client.url).netloc:
        return answer
    path = f"{parts.path}?{parts.query}" if parts.query else parts.path
    try:
        return scan.sender.request("GET", path, identity, headers=BROWSER)
    except NeverSentError:
        return answer
