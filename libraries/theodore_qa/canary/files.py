"""A canary's site as files for a static host, and its facts in a file that stays with the tester."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from theodore_qa.canary.site import robots, sitemap
from theodore_qa.errors import UsageError

if TYPE_CHECKING:
    from pathlib import Path

    from theodore_qa.canary.site import Site


def facts_file(folder: Path) -> Path:
    """Where the facts of the site in a folder are kept: beside it, so that nobody uploads them with it."""
    return folder.with_name(f"{folder.name}-facts.json")


def write(site: Site, folder: Path, address: str = "") -> Path:
    """Write the pages of a site into an empty folder, and its facts beside it; returns the facts file.

    Args:
        site: the site.
        folder: where its pages go; it may not exist yet.
        address: where the folder will be served; without it there is no sitemap, which needs whole addresses.

    Raises:
        UsageError: the folder has files already.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise UsageError(f"{folder} is not empty: name a new folder for the site.")
    pages = site.pages()
    files = {(f"{path.strip('/')}/index.html" if path != "/" else "index.html"): page for path, page in pages.items()}
    if address:
        origin = address.rstrip("/")
        files |= {"robots.txt": robots(origin), "sitemap.xml": sitemap(origin, list(pages))}
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    facts = {"seed": site.seed, "language": site.language, "name": site.name, "facts": site.facts, "pages": site.paths}
    kept = facts_file(folder)
    kept.write_text(json.dumps(facts, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    return kept
