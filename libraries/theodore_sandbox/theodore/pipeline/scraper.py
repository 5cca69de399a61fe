"""Reading a company's site: what robots.txt allows and the sitemap lists, a few pages, their text and language."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass
from html.parser import HTMLParser
from typing import TYPE_CHECKING
from urllib.parse import urljoin, urlsplit
from urllib.robotparser import RobotFileParser
from xml.etree import ElementTree

import httpx

from theodore_sandbox import defects

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from theodore_sandbox.theodore.pipeline.dependency import Dependency

AGENT = "TheodoreBot"
PREFERRED_PATHS = ("about", "company", "ueber", "product", "solution", "leadership", "investor", "career", "contact", "news")
BOILERPLATE = ("script", "style", "nav", "header", "footer", "noscript")


@dataclass(frozen=True)
class Page:
    """One page as it is handed to the analysis."""

    url: str
    language: str
    title: str
    text: str


class SiteUnavailableError(Exception):
    """No page of the site could be read."""


def origin(website: str) -> str:
    """Scheme, host and port of a website, without ``www.``; one without a port of its own is read by HTTPS."""
    url = httpx.URL(website)
    return f"{url.scheme if url.port else 'https'}://{url.netloc.decode().removeprefix('www.')}"


async def pages(client: Dependency, website: str, limit: int, cache: dict[str, Page]) -> AsyncIterator[tuple[Page, int]]:
    """Yield the page at ``website`` and those of its site that matter most, with the number of pages that will come."""
    site = origin(website)
    if defects.on("site-not-read"):
        yield Page(f"{site}/", "en", urlsplit(site).netloc, f"The web site of {urlsplit(site).netloc}"), 1
        return
    robots = await _robots(client, site)
    listed = await _listed(client, site, httpx.URL(website).path)
    chosen = [url for url in listed if robots.can_fetch(AGENT, url) or defects.on("robots-ignored")][:limit]
    read = 0
    for url in chosen:
        page = cache.get(_key(url)) or await _read(client, url)
        if page is not None:
            cache[_key(url)] = page
            read += 1
            yield page, len(chosen)
            if defects.on("duplicate-after-retry") and client.retried(url):
                yield page, len(chosen)
    if not read:
        raise SiteUnavailableError(f"No page of {urlsplit(site).netloc} could be read")


def _key(url: str) -> str:
    return urlsplit(url).path if defects.on("mixed-pages") else url


async def _robots(client: Dependency, site: str) -> RobotFileParser:
    answer = await fetch(client, f"{site}/robots.txt")
    parser = RobotFileParser()
    parser.parse(answer.text.splitlines() if answer.status_code == httpx.codes.OK else [])
    return parser


async def _listed(client: Dependency, site: str, first: str) -> list[str]:
    start = [f"{site}{first}", *([f"{site}/"] if first != "/" else [])]
    answer = await fetch(client, f"{site}/sitemap.xml")
    listed = _locations(answer.text) if answer.status_code == httpx.codes.OK else []
    own = [url for url in listed if urlsplit(url).netloc.removeprefix("www.") == urlsplit(site).netloc]
    return list(dict.fromkeys([*start, *sorted(own, key=_rank)]))


def _locations(sitemap: str) -> list[str]:
    """The addresses in a sitemap; none if it is not XML."""
    try:
        tags = ElementTree.fromstring(sitemap).iter()  # noqa: S314  # expat bounds what entities may expand to
    except ElementTree.ParseError:
        return []
    return [(tag.text or "").strip() for tag in tags if tag.tag.endswith("loc")]


def _rank(url: str) -> tuple[int, str]:
    path = urlsplit(url).path.lower()
    return (next((rank for rank, word in enumerate(PREFERRED_PATHS) if word in path), len(PREFERRED_PATHS)), path)


async def fetch(client: Dependency, url: str) -> httpx.Response:
    """Get ``url`` of whatever host through the gateway to the web, following redirects on the same host."""
    for _ in range(4):
        parts = urlsplit(url)
        if _is_inner(parts.hostname or "") and parts.netloc not in client.permitted and not defects.on("inner-address-fetched"):
            raise SiteUnavailableError(f"The address {parts.netloc} is in the inner network, and nobody has permitted it")
        answer = await client.send("GET", parts.path or "/", headers={"Host": parts.netloc, "User-Agent": AGENT})
        target = urljoin(url, answer.headers.get("location", ""))
        if not answer.is_redirect or urlsplit(target).hostname != parts.hostname:
            break
        url = target
    return answer


def _is_inner(host: str) -> bool:
    """Whether a host is an address of the machine's own network; the names of company sites are none."""
    try:
        return not ipaddress.ip_address(host).is_global
    except ValueError:
        return host == "localhost"


async def _read(client: Dependency, url: str) -> Page | None:
    answer = await fetch(client, url)
    if answer.status_code != httpx.codes.OK or "html" not in answer.headers.get("content-type", ""):
        return None
    parser = _Text()
    parser.feed(answer.text)
    return Page(url, parser.language, parser.title.strip(), "\n".join(parser.blocks))


class _Text(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.language = "en"
        self.title = ""
        self.blocks: list[str] = []
        self._inside: list[str] = []
        self._block: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "html":
            self.language = dict(attrs).get("lang") or "en"
        if tag in (*BOILERPLATE, "title"):
            self._inside.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if self._inside and self._inside[-1] == tag:
            self._inside.pop()
        if re.fullmatch(r"h[1-6]|p|li|t[dh]|d[dt]|div|section", tag):
            text = " ".join("".join(self._block).split())
            self._block.clear()
            if text:
                self.blocks.append(text)

    def handle_data(self, data: str) -> None:
        if self._inside[-1:] == ["title"]:
            self.title += data
        elif not self._inside:
            self._block.append(data)
