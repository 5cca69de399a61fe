"""Paths that a system names itself beside those of its description: in answers, robots.txt, sitemaps, scripts and listings."""

from __future__ import annotations

import html
import json
import re
from dataclasses import replace
from html.parser import HTMLParser
from typing import Any, TYPE_CHECKING
from urllib.parse import unquote, urljoin, urlsplit

from SecurityLibrary.description import operations
from SecurityLibrary.description.operations import DISRUPTIVE
from SecurityLibrary.discovery.pages import BROWSER
from SecurityLibrary.sending.never_sent import NeverSentError
from SecurityLibrary.sending.pacing import BudgetError
from SecurityLibrary.sending.sender import UnresponsiveError
from SecurityLibrary.values.known_values import FILE
from theodore_qa.errors import QaError
from theodore_qa.openapi import samples

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from SecurityLibrary.description.operations import ScanOperation
    from SecurityLibrary.scan import Scan
    from SecurityLibrary.target import Target
    from theodore_qa.systems.exchange import Exchange

MOST_ATTACKED = 10
MOST, MOST_READ = 200, 20  # paths that are found, and files that are read for them
ASSET = re.compile(r"(?i)\.(?:css|js|mjs|map|png|jpe?g|gif|svg|ico|webp|avif|woff2?|ttf|eot|mp4|webm|pdf)$")
# A link may do something although it is only read.
DOES = re.compile(
    r"(?i)delet|remov|destroy|drop|reset|cancel|purge|clear|wipe|stop|kill|unsubscribe|approve|pay(?:/|$)"
    r"|(?:creat|init|load|fill)\w*[-_]?(?:db|database|data|schema|tables?)(?:/|$)|seed(?:/|$)|populat|migrat|restor|truncat|flush"
    r"|re-?(?:build|index|load|boot|start)|shutdown|(?:setup|install|upgrade|init)(?:/|$)"
)
PATH = re.compile(r"/[\w.~/-]+")
IN_SCRIPT = re.compile(r"[\"'`](/[A-Za-z][\w.~/-]*)[\"'`?]")
SOURCE_MAP = re.compile(r"[#@]\s*sourceMappingURL=(\S+)")
LISTING = re.compile(r"(?i)<title>\s*(?:index of|directory listing|listing directory)")
ANCHOR = re.compile(r"(?is)<a\s[^>]*?href=[\"']?([^\"'\s>?#]+)[^>]*>\s*(?:<[^>]+>\s*)*([^<]+)<")
LINK = re.compile(r"<([^<>]+)>")  # the addresses of a Link header
FEWEST = 2  # links to files, where a page does not say that it lists them
MOST_FOLDERS = 4
FIRST = 3  # operations that are read one after another
CALLED = re.compile(r"(?i)^(?:file|file_?name|document|attachment)$")


class Discovery:
    """Collects paths of one system; each is kept with where it was named first."""

    def __init__(self, scan: Scan) -> None:
        self.scan = scan
        self.found: dict[str, str] = {}
        self.queries: dict[str, str] = {}  # of links, by path
        self.maps: dict[str, tuple[str, Exchange]] = {}  # source maps that are served: the scripts that name them, and the maps
        self.listed: dict[str, Exchange] = {}  # folders that list their files
        self._read: set[str] = set()

    def all(self) -> dict[str, str]:
        """The paths by where they were named."""
        robots = self._fetched("/robots.txt")
        sitemaps = ["/sitemap.xml"]
        for line in robots.text.splitlines() if robots and robots.media != "text/html" else ():
            name, _, value = (part.strip() for part in line.partition(":"))
            if name.lower() in ("disallow", "allow"):
                self._keep(re.split(r"[*$]", value)[0], "robots.txt")
            elif name.lower() == "sitemap":
                sitemaps.append(value)
        for sitemap in sitemaps:
            self._sitemap(sitemap)
        if start := self._fetched("/"):
            self._page(start)
        for _, answer in list(self.scan.sender.answers.exchanges):
            self._answer(answer)
        for operation in self.scan.target.operations:
            if operation.method == "GET" and operation.route.endswith((".js", ".mjs")):
                self._script(operation.route)
        self._listings()
        return {path: where for path, where in self.found.items() if not ASSET.search(path)}

    def _listings(self) -> None:
        """What folders list: those of files that are known, and those that something names."""
        named = [(path, self.found[path]) for path in self.found if path.endswith("/")]
        for folder, where in [*self._folders(), *named]:
            if (listing := self._fetched(folder)) and lists_files(listing):
                self.listed[folder] = listing
                self._keep(folder, where)
                self._page(listing, f"the listing of {folder}")

    def _folders(self) -> list[tuple[str, str]]:
        """The folders of files that are known, each with one of them."""
        known = [operation.route for operation in self.scan.target.operations if operation.method == "GET"]
        files = [path for path in known if "." in path.rpartition("/")[2] and "{" not in path]
        folders = {f"{path.rpartition('/')[0]}/": path for path in (*reversed(files), *file_routes(self.scan.target))}
        items = {path.rpartition("/")[0] for path in known if path.endswith("}") and path.count("{") == 1}
        folders |= {f"{path}/": path for path in known if path in items}
        named = [path for path in self.found if "." in path.rpartition("/")[2]]  # after those of the description
        folders = {f"{path.rpartition('/')[0]}/": path for path in named} | folders
        folders = dict(sorted(folders.items(), key=lambda folder: folder[1] in named))
        return [(folder, f"the path of {path}") for folder, path in folders.items() if folder != "/"][:MOST_FOLDERS]

    def _keep(self, url: str, where: str, base: str = "/") -> None:
        if (path := self._own(url, base)) and len(self.found) < MOST:
            self.found.setdefault(path, where)
            if query := urlsplit(url.strip()).query:
                self.queries.setdefault(path, query)

    def _own(self, url: str, base: str = "/") -> str:
        """The path of an address of this system; empty if it is another's, or one that is better not read."""
        try:
            parts = urlsplit(urljoin(f"{self.scan.client.url.rstrip('/')}{base}", url.strip()))
        except ValueError:
            return ""
        own = parts.netloc == urlsplit(self.scan.client.url).netloc
        harmless = not DISRUPTIVE.search(parts.path) and not DOES.search(parts.path)
        return parts.path if own and harmless and PATH.fullmatch(parts.path) else ""

    def _fetched(self, path: str) -> Exchange | None:
        """A file that is read once, as far as there is one."""
        if path in self._read or len(self._read) >= MOST_READ:
            return None
        self._read.add(path)
        try:
            answer = self.scan.sender.request("GET", path, headers=BROWSER)
        except NeverSentError:
            return None
        return answer if answer.ok else None

    def _sitemap(self, url: str) -> None:
        path = self._own(url)
        answer = self._fetched(path) if path else None
        for inner in re.findall(r"<loc>\s*([^<\s]+)\s*</loc>", answer.text) if answer else ():
            if inner.endswith(".xml"):
                self._sitemap(inner)
            else:
                self._keep(inner, "the sitemap")

    def _answer(self, answer: Exchange) -> None:
        if answer.location:
            self._keep(answer.location, f"Location of {answer.method} {answer.path.partition('?')[0]}", answer.path)
        for name in ("link", "content-location"):
            given = answer.headers.get(name, "") if answer.ok else ""
            for url in LINK.findall(given) if name == "link" else filter(None, (given,)):
                where = f"{name.title()} of {answer.method} {answer.path.partition('?')[0]}"
                self._keep(url, where, answer.path)
        if answer.media == "text/html":
            self._page(answer)
            return
        for text in _texts(answer.body):
            if text.startswith(("/", self.scan.client.url)):
                self._keep(text, f"the answer to {answer.method} {answer.path.partition('?')[0]}")

    def _page(self, page: Exchange, where: str = "") -> None:
        path = page.path.partition("?")[0]
        links = _Links()
        links.feed(page.text)
        for link in links.found:
            self._keep(link, where or f"a page ({path})", path)
        for script in links.scripts:
            self._script(self._own(script, path))

    def _script(self, path: str) -> None:
        script = self._fetched(path) if path else None
        if script is None:
            return
        self._named(script.text, f"the script {path}")
        if match := SOURCE_MAP.search(script.text):
            name = self._own(match[1], path)
            sources = self._fetched(name) if name else None
            contents = sources.body.get("sourcesContent") if sources and isinstance(sources.body, dict) else None
            if sources and contents:
                self.maps[name] = path, sources
            self._named(json.dumps(contents).replace('\\"', '"') if contents else "", f"the source map {name}")

    def _named(self, text: str, where: str) -> None:
        for path in IN_SCRIPT.findall(text):
            self._keep(path, where)


def extend(scan: Scan) -> None:
    """Have a scan attack what links of the system name with a query, and its description does not; once in a scan."""
    if scan.extended:
        return
    scan.extended = True
    read_all(scan)
    discovery = Discovery(scan)
    discovery.all()
    known = described(scan)
    for path, query in list(discovery.queries.items())[:MOST_ATTACKED]:
        if any(pattern.fullmatch(path) for pattern in known):
            continue
        try:
            answer = scan.sender.request("GET", f"{path}?{query}", scan.plan.identity_for())
        except NeverSentError:
            continue
        if answer.ok and answer.text.strip():
            found = operations.from_table(f"GET {path}?{query}")
            operation = replace(found, secured=None, admin=operations.ADMINISTRATIVE in path)
            scan.undescribed.add(str(operation))
            scan.target.operations.append(operation)
            scan.sender.operations.append(operation)


def read_all(scan: Scan) -> None:
    """Send what reads once, as far as it was not sent before: its answers name paths."""

    def read(operation: ScanOperation) -> None:
        try:
            scan.plan.control(operation, scan.plan.served_identity(operation))
        except (BudgetError, UnresponsiveError):
            raise
        except QaError:
            return

    reading = [operation for operation in scan.plan.operations if operation.safe]
    for operation in reading[:FIRST]:  # they tell how long an answer takes
        read(operation)
    scan.plan.each(read, reading[FIRST:])


def file_routes(target: Target) -> list[str]:
    """The routes that end with the name of a file, by their examples or by what they call it."""
    return [
        operation.route
        for operation in target.operations
        if operation.method == "GET" and operation.last and operation.route.count("{") == 1 and operation.route.endswith("}")
        if FILE.fullmatch(str(samples.sample(target.document, operation.last.schema))) or CALLED.search(operation.last.name)
    ]


def described(scan: Scan) -> list[re.Pattern[str]]:
    """Patterns of the paths that the description has."""
    routes = {operation.route.rstrip("/") for operation in scan.target.operations if str(operation) not in scan.undescribed}
    return [pattern_of(route) for route in routes]


def pattern_of(route: str) -> re.Pattern[str]:
    """What fits the paths of a route, with a slash at the end or without one."""
    return re.compile(re.sub(r"\\\{[^}]+\\\}", "[^/]+", re.escape(route.rstrip("/"))) + "/?")


def lists_files(page: Exchange) -> bool:
    """Whether a page lists the files of the folder at whose address it is: it says so, or its links are called as they are."""
    if LISTING.search(page.text):
        return True
    folder = page.path.partition("?")[0]
    if page.media != "text/html" or not folder.endswith("/"):
        return False
    names = [
        unquote(match[1]).removeprefix("./").removeprefix(folder)
        for match in ANCHOR.finditer(page.text)
        if unquote(match[1]).rstrip("/").rpartition("/")[2] == html.unescape(match[2]).strip().rstrip("/")
    ]
    inside = {name for name in names if name and not name.startswith(("/", "..", "http:", "https:"))}
    return len(inside) >= FEWEST and any("." in name for name in inside)


class _Links(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self.scripts: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = dict(attrs)
        if tag == "script" and attributes.get("src"):
            self.scripts.append(str(attributes["src"]))
        elif tag != "form":  # what a form sends may change something
            self.found += [str(attributes[name]) for name in ("href", "src") if attributes.get(name)]


def _texts(value: Any) -> Iterator[str]:
    """All texts in an answer's JSON."""
    if isinstance(value, str):
        yield value
    elements: Iterable[Any] = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    for element in elements:
        yield from _texts(element)
