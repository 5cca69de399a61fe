"""Origins that a system lets read its answers, or calls its own: what attackers make theirs look like."""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Iterator

    from SecurityLibrary.scan import Scan

MOST, MOST_READ = 3, 50_000  # origins, characters of an answer
ADDRESS = re.compile(r"\bhttps?://[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?(?::\d{1,5})?(?![\w.@:-])", re.IGNORECASE)


def of(scan: Scan) -> list[str]:
    """The first ones: those that answers allow by themselves, the servers of the document, those to which most answers lead.

    None that the scan itself has put into requests.
    """
    answers = [answer for _, answer in list(scan.sender.exchanges)]
    allowed = [answer.headers.get("access-control-allow-origin", "") for answer in answers if not _names_an_origin(answer)]
    servers = scan.target.document.raw.get("servers")
    described = [str(each.get("url", "")) for each in servers if isinstance(each, dict)] if isinstance(servers, list) else []
    linked: Counter[str] = Counter()
    for answer in answers:
        request = f"{answer.path} {answer.sent_body.decode('utf-8', 'replace')} {' '.join(answer.sent_headers.values())}"
        linked.update(each for each in set(ADDRESS.findall(answer.text[:MOST_READ])) if urlsplit(each).netloc not in request)
    every = map(_origin, (*allowed, *described, *(each for each, _ in linked.most_common(MOST))))
    own = _origin(scan.client.url)
    return list(dict.fromkeys(each for each in every if each and each != own))[:MOST]


def sites(scan: Scan) -> list[str]:
    """What a system may call itself: the first origins, without their ports, and the domains that those are of.

    A redirect may be compared with the name by which people know a system, which is not the one that a scan was given.
    """
    hosts = [(scheme, host.partition(":")[0]) for scheme, _, host in (origin.partition("://") for origin in of(scan))]
    above = [(scheme, host.partition(".")[2]) for scheme, host in hosts if host.count(".") > 1]
    named = [each for each in (*hosts, *above) if not each[1].rpartition(".")[2].isdigit()]
    return [f"{scheme}://{host}" for scheme, host in dict.fromkeys(named)]


def lookalikes(origin: str, evil: str) -> Iterator[tuple[str, str]]:
    """An origin that begins like another one, one that ends like it, and one that a pattern takes for it, each of somebody else.

    In a pattern a dot that is not escaped stands for any letter.
    """
    scheme, _, host = origin.partition("://")
    yield "begin", f"{origin}.{evil}.example"
    yield "end", f"{scheme}://{evil}{host}"
    first, _, rest = host.partition(".")
    if "." in rest and not rest.rpartition(".")[2].partition(":")[0].isdigit():
        yield "are spelt", f"{scheme}://{first}{evil[0]}{rest}"


def _names_an_origin(answer: object) -> bool:
    return any(name.lower() == "origin" for name in getattr(answer, "sent_headers", {}))


def _origin(address: str) -> str:
    """Scheme and host of an address, small; empty where it has none."""
    try:
        parts = urlsplit(address.strip().lower())
    except ValueError:
        return ""
    return f"{parts.scheme}://{parts.netloc}" if parts.scheme in ("http", "https") and parts.netloc else ""
