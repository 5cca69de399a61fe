"""Company sites, read from one text file each: a head of ``name: value`` lines, then pages that begin with ``== path``."""

from __future__ import annotations

import functools
from dataclasses import dataclass, field
from html import escape
from pathlib import Path

FOLDER = Path(__file__).resolve().parent.parent / "sites"


@dataclass
class SitePage:
    """A page: its path, language, title, and blocks as ``(tag, text)``."""

    path: str
    language: str
    title: str
    blocks: list[tuple[str, str]] = field(default_factory=list)

    @property
    def text(self) -> str:
        """The page's text."""
        return "\n".join(text for _, text in self.blocks)


@dataclass
class Site:
    """A company's site."""

    host: str
    name: str
    kind: str = "company"
    disallow: list[str] = field(default_factory=list)
    redirects: dict[str, str] = field(default_factory=dict)
    listed: bool = True
    pages: dict[str, SitePage] = field(default_factory=dict)

    def html(self, page: SitePage) -> str:
        """A page as a browser gets it."""
        links = "".join(f'<a href="{escape(path)}">{escape(linked.title)}</a> ' for path, linked in self.pages.items())
        body = "".join(f"<{tag}>{escape(text)}</{tag}>\n" for tag, text in page.blocks)
        return (
            f'<!doctype html><html lang="{page.language}"><head><meta charset="utf-8"><title>{escape(page.title)}</title>'
            f'<meta property="og:site_name" content="{escape(self.name)}"></head><body><header>{escape(self.name)}</header>'
            f"<nav>{links}</nav><main>{body}</main><footer>© {escape(self.name)}. All rights reserved.</footer></body></html>"
        )


@functools.cache
def load_sites() -> dict[str, Site]:
    """All sites by host."""
    sites = (_parse(path.read_text(encoding="utf-8")) for path in sorted(FOLDER.glob("*.txt")))
    return {site.host: site for site in sites}


def _parse(text: str) -> Site:
    head, *pages = text.split("\n== ")
    fields = dict(line.split(": ", 1) for line in head.splitlines() if ": " in line)
    site = Site(fields["host"], fields["name"], fields.get("kind", "company"), fields.get("disallow", "").split())
    site.listed = fields.get("search", "listed") == "listed"
    site.redirects = dict(pair.split(">") for pair in fields.get("redirects", "").split())
    for part in pages:
        first, *lines = part.splitlines()
        path, language, title = (piece.strip() for piece in first.split("|", 2))
        page = SitePage(path, language, title)
        for line in filter(None, map(str.strip, lines)):
            tag, content = (
                ("h2", line[2:]) if line.startswith("# ") else ("li", line[2:]) if line.startswith("- ") else ("p", line)
            )
            page.blocks.append((tag, content))
        site.pages[path] = page
    return site
