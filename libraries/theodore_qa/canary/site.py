"""The site of a canary company: pages in a random language and layout that state its facts, the same for the same seed."""

from __future__ import annotations

import html
import re
from dataclasses import dataclass, field
from typing import Any, TYPE_CHECKING

from theodore_qa.canary import facts as drawing
from theodore_qa.canary import languages
from theodore_qa.canary.facts import Chance, Facts
from theodore_qa.canary.words import LANGUAGES
from theodore_qa.errors import unknown, UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping

DRAWS = 50
LAYOUTS = ("prose", "definitions", "table", "list")
PAGES = {
    "about": (
        "headquarters", "founded_year", "employee_count", "locations", "industry", "business_model", "market_position",
        "target_market", "value_proposition", "technologies", "competitors", "investors", "revenue_range", "funding_stage",
        "total_funding",
    ),
    "people": ("key_personnel",),
    "contact": ("contact_email", "phone", "social_media"),
    "products": ("products",),
    "advantages": ("competitive_advantages",),
}  # fmt: skip
MARKUP = re.compile(r"(?s)<(?:script|style)\b.*?</(?:script|style)>|<[^>]+>")


@dataclass
class Site:
    """What a canary's pages say, and what they said before."""

    seed: int
    language: str
    name: str
    facts: Facts
    former: dict[str, list[Any]] = field(default_factory=dict)  # values that a field had before a change
    paths: dict[str, str] = field(default_factory=dict)  # of its pages, by what they are about

    def __str__(self) -> str:
        return self.name

    def page_of(self, name: str) -> str:
        """The path of the page that states a field."""
        return next((self.paths[about] for about, fields in PAGES.items() if name in fields and about in self.paths), "/")

    def change(self, name: str | None = None, value: Any = None) -> tuple[str, Any]:
        """Give a field another value; without a name or a value, one that chance chooses. Returns the field and its new value."""
        number = sum(map(len, self.former.values()))
        source = _chance(self.seed, f"change {number}", self.language)
        chosen = name or source.choice(sorted(self.facts))
        if chosen not in self.facts:
            raise unknown("fact", chosen, self.facts, f"the site of {self.name}")
        before = self.facts[chosen]
        if value is not None:
            if name is None or type(value) is not type(before):
                raise UsageError(
                    f"{value!r} is no value for a fact of {self.name}: name its field, and give a value of its kind."
                )
            self.facts[chosen] = value
            self.former.setdefault(chosen, []).append(before)
            return chosen, value
        drawn = [drawing.ways(self.language)[chosen](source) for _ in range(DRAWS)]
        others = [value for value in drawn if value != before]
        fresh = [value for value in others if value not in self.former.get(chosen, ())]
        self.facts[chosen] = (fresh or others)[0]  # a field with few values, such as business_model, comes back to one
        self.former.setdefault(chosen, []).append(before)
        return chosen, self.facts[chosen]

    def pages(self) -> dict[str, str]:
        """The HTML of each page by its path."""
        source = _chance(self.seed, "layout", self.language)
        titles = languages.HEADINGS[self.language]
        links = [(path, titles.get(about, self.name)) for about, path in self.paths.items()]
        source.shuffle(links)
        made = {"/": self._page(source, self.name, self.name, [f"<p>{html.escape(self._greeting())}</p>"], links)}
        for about, path in self.paths.items():
            title = f"{titles[about]} | {self.name}"
            made[path] = self._page(source, title, titles[about], self._blocks(source, about), links)
        return made

    def texts(self) -> dict[str, str]:
        """The text of each page by its path."""
        return {path: " ".join(html.unescape(MARKUP.sub(" ", page)).split()) for path, page in self.pages().items()}

    def _greeting(self) -> str:
        return languages.HOME[self.language].format(name=self.name)

    def _page(self, source: Chance, title: str, heading: str, blocks: list[str], links: list[tuple[str, str]]) -> str:
        frame = source.choice(("main", "article", "div"))
        level = source.choice(("h1", "h2"))
        filler = source.choice(languages.FILLERS[self.language])
        navigation = " ".join(f'<a href="{path}">{html.escape(text)}</a>' for path, text in links)
        inside = "\n".join((f"<{level}>{html.escape(heading)}</{level}>", *blocks, f"<p>{filler}</p>"))
        return (
            f'<!doctype html>\n<html lang="{self.language}"><head><meta charset="utf-8">'
            f"<title>{html.escape(title)}</title></head>\n"
            f"<body><nav>{navigation}</nav>\n<{frame}>\n{inside}\n</{frame}>\n"
            f"<footer>© {html.escape(self.name)}</footer></body></html>\n"
        )

    def _blocks(self, source: Chance, about: str) -> list[str]:
        if about in ("products", "advantages"):
            names = self.facts[PAGES[about][0]]
            what, colon = languages.ITEMS[self.language], languages.COLON[self.language]
            return ["<ul>", *(f"<li>{html.escape(name)}{colon}{what}</li>" for name in names), "</ul>"]
        stated = [(key, value) for key, value in self._statements() if key in PAGES[about] or about == "people"]
        stated = [pair for pair in stated if (pair[0] in (drawing.CHIEF, drawing.FOUNDER)) == (about == "people")]
        source.shuffle(stated)
        return _laid_out(source.choice(LAYOUTS), stated, self.language)

    def _statements(self) -> list[tuple[str, Any]]:
        """Each fact with the key of its label and sentence; people by their office."""
        made: list[tuple[str, Any]] = []
        for name, value in self.facts.items():
            if name == "key_personnel":
                made += [(person["role"], person["name"]) for person in value]
            elif name not in ("products", "competitive_advantages"):
                made.append((name, value))
        return made


def make(seed: int, *, name: str | None = None, silent: tuple[str, ...] = (), language: str | None = None) -> Site:
    """The site of a seed.

    Args:
        seed: a whole number.
        name: of the company; by default a random one.
        silent: fields that the site is to say nothing about.
        language: en, de, fr or ja; by default a random one.

    Raises:
        UsageError: there is no such field or language.
    """
    for known in silent:
        if known not in drawing.FIELDS:
            raise unknown("field", known, drawing.FIELDS, "the sites of canaries")
    if language is not None and language not in LANGUAGES:
        raise UsageError(f"There is no canary in the language '{language}': there are {', '.join(LANGUAGES)}.")
    chosen = language or _chance(seed, "language", "en").choice(LANGUAGES)
    source = _chance(seed, "facts", chosen)
    own = name or " ".join(source.words.names(2, 2) if chosen != "ja" else source.words.names(1, 1))
    facts = drawing.draw(source, chosen, silent)
    paths = {
        about: f"/{source.choice(languages.PATHS[about])}"
        for about, fields in PAGES.items()
        if any(field_name in facts for field_name in fields)
    }
    return Site(seed, chosen, own, facts, paths=paths)


def from_facts(saved: Mapping[str, Any]) -> Site:
    """The site that a facts file describes."""
    try:
        return Site(
            int(saved["seed"]), str(saved["language"]), str(saved["name"]), dict(saved["facts"]), paths=dict(saved["pages"])
        )
    except (KeyError, TypeError, ValueError):
        raise UsageError("The facts file is not what 'theodore canary build' writes: build the site anew.") from None


def robots(origin: str) -> str:
    """A robots.txt that allows all pages."""
    return f"User-agent: *\nAllow: /\nSitemap: {origin}/sitemap.xml\n"


def sitemap(origin: str, paths: list[str]) -> str:
    """A list of the pages for readers that follow no links."""
    places = "".join(f"<url><loc>{html.escape(origin + path)}</loc></url>" for path in paths)
    return f'<?xml version="1.0" encoding="UTF-8"?><urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{places}</urlset>'


def _chance(seed: int, purpose: str, language: str) -> Chance:
    source = Chance(f"{seed} {purpose}", language)
    source.gap = "・" if language == "ja" else " "
    return source


def _laid_out(layout: str, stated: list[tuple[str, Any]], language: str) -> list[str]:
    """The blocks of a page in a layout; what has no label in the language is said in a sentence, and the other way round."""
    labels, sentences = languages.LABELS[language], languages.SENTENCES[language]
    prose, rows = [], []
    for key, value in stated:
        labelled = key in labels and (layout != "prose" or key not in sentences) and key != "business_model"
        text = html.escape(_text_of(key, value, language, labelled=labelled))
        if labelled:
            rows.append((html.escape(labels[key]), text))
        else:
            sentence = sentences[value] if key == "business_model" else sentences[key].format(text)
            prose.append(f"<p>{sentence}</p>")
    colon = languages.COLON[language]
    if layout == "table":
        made = ["<table>", *(f"<tr><th>{label}</th><td>{text}</td></tr>" for label, text in rows), "</table>"]
    elif layout == "list":
        made = ["<ul>", *(f"<li>{label}{colon}{text}</li>" for label, text in rows), "</ul>"]
    else:
        made = ["<dl>", *(f"<dt>{label}</dt><dd>{text}</dd>" for label, text in rows), "</dl>"]
    return [*prose, *(made if rows else [])]


def _text_of(key: str, value: Any, language: str, *, labelled: bool) -> str:
    if isinstance(value, list):
        return ", ".join(value) if labelled and language != "ja" else languages.listed(value, language)
    if isinstance(value, dict):
        return str(next(iter(value.values())))
    if key == "employee_count":
        return languages.grouped(value, language)
    return str(value).capitalize() if labelled and key == "industry" else str(value)
