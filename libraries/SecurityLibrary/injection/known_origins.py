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
MOST_NAMES = 2
MAIL_AT = re.compile(r"[\w.+-]@((?:[a-z0-9-]{1,63}\.){1,4}[a-z]{2,24})\b", re.IGNORECASE)
COOKIE_OF = re.compile(r"(?i);\s*domain=\.?([a-z0-9-]+(?:\.[a-z0-9-]+)+)")
TITLE = re.compile(r"(?i)<title[^>]*>([^<]{2,60})</title>")
# How a system says in JSON what it is called.
CALLS_ITSELF = re.compile(r"(?i)service|application|app|site|product|(?:site|app|service|product)_?name")
NO_NAME = re.compile(
    r"(?i)a?pi|app|web|site|home|index|server|service|login|sign|account|welcome|error|not|page|test|version|docs?|swagger|main|the"
)
# Under which a system that is called so may be known to people, and to its own redirects.
ENDINGS = ("com", "org", "net", "io", "app", "dev", "example", "test")
ADDRESS = re.compile(r"\bhttps?://[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?(?::\d{1,5})?(?![\w.@:-])", re.IGNORECASE)


def of(scan: Scan) -> list[str]:
    """The first ones: those that answers allow by themselves, the servers of the document, those to which most answers lead.

    None that the scan itself has put into requests.
    """
    answers = [answer for _, answer in list(scan.sender.answers.exchanges)]
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
    mentioned = [("https", host) for host in _mentioned(scan)]
    named = [each for each in (*hosts, *above, *mentioned) if not each[1].rpartition(".")[2].isdigit()]
    return [f"{scheme}://{host}" for scheme, host in dict.fromkeys(named)]


def guessed(scan: Scan) -> list[str]:
    """How a system may be known that nothing names: what it calls itself, with the usual endings."""
    known = sites(scan)
    every = [f"https://{name}.{ending}" for name in _names(scan) for ending in ENDINGS]
    return [site for site in every if site not in known]


def _mentioned(scan: Scan) -> list[str]:
    """The domains for which cookies are set, and those of the mail addresses that answers show most."""
    found: Counter[str] = Counter()
    for _, answer in list(scan.sender.answers.exchanges):
        sent = f"{answer.path} {answer.sent_body.decode('utf-8', 'replace')}".lower()
        found.update(dict.fromkeys(COOKIE_OF.findall(answer.headers.get("set-cookie", "").lower()), MOST_READ))
        found.update(host for host in set(MAIL_AT.findall(answer.text[:MOST_READ].lower())) if host not in sent)
    return [host for host, _ in found.most_common(MOST)]


def _names(scan: Scan) -> list[str]:
    """What a system calls itself most: in the titles of its pages, in its answers, and by its document."""
    info = scan.target.document.raw.get("info")
    itself = [str(info.get("title", ""))] if isinstance(info, dict) else []
    titles: list[str] = []
    for _, answer in list(scan.sender.answers.exchanges):
        titles += TITLE.findall(answer.text[:MOST_READ])
        body = answer.body if isinstance(answer.body, dict) else {}
        itself += [value for name, value in body.items() if isinstance(value, str) and CALLS_ITSELF.fullmatch(name)]
    ranked = (Counter(name for text in texts for name in _plain(text)).most_common(MOST_NAMES) for texts in (itself, titles))
    return list(dict.fromkeys(name for names in ranked for name, _ in names))[:MOST_NAMES]


def _plain(title: str) -> list[str]:
    """A name as a domain has it: its first word, where that says something, and all of a short one."""
    words = [word for word in re.findall(r"[a-z0-9]+", title.lower()) if not NO_NAME.fullmatch(word)]
    whole = "".join(words)
    return [each for each in dict.fromkeys((*words[:1], *([whole] if len(words) == 2 else ()))) if len(each) > 2]  # noqa: PLR2004


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
