"""The page of analytics as a real browser shows it: which figures stand on it, and what it says while there are none."""

from __future__ import annotations

import contextlib
import re
import shutil
from dataclasses import dataclass, field
from typing import Any, TYPE_CHECKING
from urllib.parse import urlsplit

from theodore_qa import extras
from theodore_qa.context import context
from theodore_qa.errors import NotEvaluatedError, QaError
from theodore_qa.systems import vocabulary
from theodore_qa.timing import show

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from theodore_qa.observing.checks import Checks

PATIENCE = 30_000  # milliseconds
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "chrome")
NUMBER = re.compile(r"^[+-]?\d{1,3}(?:,?\d{3})*(?:\.(?P<decimals>\d+))?$")
MOST_SHOWN = 5
FIGURES = "[data-figure]"
LOADING, ENDS = "loading", ("empty", "error")  # states without figures, before and after the answer
# All figures of a page, each with the part and the row that it stands in, and whether somebody sees it.
READ = """() => [...document.querySelectorAll("[data-figure]")].map(place => ({
  part: place.closest("[data-part]")?.dataset.part ?? "", row: place.closest("[data-row]")?.dataset.row ?? "",
  name: place.dataset.figure, text: place.textContent.trim(), visible: place.checkVisibility()}))"""
Place = tuple[str, str, str]  # part, row, name


@dataclass
class Dashboard:
    """A page that is open in a browser."""

    page: Any
    words: vocabulary.Vocabulary
    strayed: list[str] = field(default_factory=list)  # addresses elsewhere that it wanted and did not get

    @property
    def data(self) -> str:
        """The path of the figures that the page requests."""
        return str(self.words.needed("dashboard.data")).partition(" ")[2]

    def open(self, query: str = "") -> None:
        """Load the page anew."""
        path = str(self.words.needed("dashboard.page")).partition(" ")[2]
        answer = self.page.goto(context.system.url.rstrip("/") + path + query, wait_until="domcontentloaded", timeout=PATIENCE)
        if answer is None or not answer.ok:
            seen = f"{answer.status}" if answer else "no answer"
            raise QaError(f"The page was not shown: expected 200 from GET {path}, observed {seen}.")

    def seen(self, state: str) -> bool:
        """Whether the place of a state (loading, empty, error) is visible."""
        place = self.page.locator(str(self.words.needed(f"dashboard.{state}")))
        return any(found.is_visible() and bool(found.inner_text().strip()) for found in place.all())

    def settled(self) -> bool:
        """Whether figures, or the places of an end without them, come to be visible in time."""
        from playwright.sync_api import Error

        places = self.page.locator(f"{FIGURES} >> visible=true")
        for state in ENDS:
            places = places.or_(self.page.locator(f"{self.words.needed(f'dashboard.{state}')} >> visible=true"))
        try:
            places.first.wait_for(timeout=PATIENCE)
        except Error:
            return False
        return True

    def figures(self) -> list[dict[str, Any]]:
        """The figures that somebody sees."""
        return [found for found in self.page.evaluate(READ) if found["visible"]]


@contextlib.contextmanager
def opened(identity: str | None) -> Iterator[Dashboard]:
    """A browser of an identity, whose requests carry its token and go to the system alone.

    Raises:
        NotEvaluatedError: Playwright or Chromium is not installed.
    """
    extras.demand("playwright", "pages in a browser")
    from playwright.sync_api import sync_playwright

    program = next((found for name in BROWSERS if (found := shutil.which(name))), None)
    if program is None:
        raise NotEvaluatedError("No browser is installed: apt-get install chromium")
    origin = urlsplit(context.system.url).netloc
    headers = {"Authorization": f"Bearer {context.system.token(identity)}"}
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        try:
            page = browser.new_page(extra_http_headers=headers)
            dashboard = Dashboard(page, vocabulary.of(context.system))

            def kept_here(route: Any) -> None:
                if urlsplit(route.request.url).netloc == origin:
                    route.continue_()
                else:
                    dashboard.strayed.append(route.request.url)
                    route.abort()

            page.route("**/*", kept_here)
            yield dashboard
        finally:
            browser.close()


def places(recomputed: Mapping[str, Any]) -> dict[Place, float]:
    """Recomputed figures by the places in which a page has them."""
    found: dict[Place, float] = {}
    for part, values in recomputed.items():
        for name, value in values.items():
            if isinstance(value, dict):
                found |= {(part, name, inner): number for inner, number in value.items()}
            else:
                found[part, "", name] = value
    return found


def compare(
    checks: Checks, visible: list[dict[str, Any]], expected: Mapping[Place, float], rounding: Mapping[str, float]
) -> None:
    """Record for each part whether the page shows each figure once, and rightly but for the digits that it leaves out."""
    for part in dict.fromkeys(place[0] for place in expected):
        own = [found for found in visible if found["part"] == part]
        due = {place: value for place, value in expected.items() if place[0] == part}
        texts: dict[Place, list[str]] = {}
        for found in own:
            texts.setdefault((part, found["row"], found["name"]), []).append(found["text"])
        off = [f"{_named(place)} missing" for place in due if place not in texts]
        off += [f"{_named(place)} shown {len(given)} times" for place, given in texts.items() if len(given) > 1]
        off += [f"{_named(place)} is no figure of these executions" for place in texts if place not in due]
        off += [
            f"{_named(place)}: {texts[place][0]} for {value:.10g}"
            for place, value in due.items()
            if place in texts and not equals(texts[place][0], value, rounding.get(part, 0.0))
        ]
        more = f" and {len(off) - MOST_SHOWN} more" if len(off) > MOST_SHOWN else ""
        observed = "; ".join(off[:MOST_SHOWN]) + more if off else f"{len(due)} of {len(due)} figures"
        checks.that(f"dashboard.{part}", not off, f"{len(due)} figures as recomputed", observed, n=len(due))


def equals(text: str, value: float, rounding: float) -> bool:
    """Whether a number as people read it stands for a value: at most half a unit of its last digit away.

    A number that is written without decimals stands for a whole one.
    """
    matched = NUMBER.match(text)
    if not matched:
        return False
    decimals = len(matched["decimals"] or "")
    half = 0.5 * 10**-decimals if decimals else 0.0
    return abs(float(text.replace(",", "")) - value) <= half + rounding + 1e-6 * abs(value) + 1e-9


def _named(place: Place) -> str:
    return " of ".join(part for part in (place[2], place[1]) if part)


def patience() -> str:
    """How long is waited for, as people write it."""
    return show(PATIENCE / 1000)
