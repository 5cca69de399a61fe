"""Why tests did not pass, what changed since the last run, and how the figures went over the runs."""

from __future__ import annotations

from typing import Any, TYPE_CHECKING

from theodore_qa.readiness.causes import CATEGORIES
from theodore_qa.report.page.markup import listing, section, table, text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from theodore_qa.report.page.markup import Links

MOST_NAMES = 30
WIDTH, HEIGHT, LEFT = 640, 120, 34
CHANGES = (
    ("new_failures", "New failures"),
    ("newly_not_evaluated", "Newly NOT EVALUATED"),
    ("fixed", "Fixed"),
    ("changing", "Changing their verdict over the runs"),
)


def causes(data: dict[str, Any], links: Links) -> str:
    """The causes of most failures, and how many tests each category has."""
    rows = [
        (
            str(cause["tests"]),
            f'<span class="whole">{text(cause["category"])}</span>',
            text(cause["observation"]),
            links.to(cause["first"]),
        )
        for cause in data["causes"]
    ]
    top = table("Top causes", ("Tests", "Category", "Observation that decided", "First of them"), rows)
    if not rows:
        top = "<p>No test failed or stayed without a verdict.</p>"
    return section("causes", "Top causes", top, _categories(data) if rows or data["trend"] else "")


def _categories(data: dict[str, Any]) -> str:
    rows = [
        (
            text(name),
            str(data["categories"].get(name, 0)),
            text(" → ".join(str(run["categories"].get(name, "?")) for run in data["trend"][-5:]) or "no earlier run"),
            text(meaning),
        )
        for name, meaning in CATEGORIES.items()
    ]
    names = ("Category", "Now", "Runs before", "What it means")
    return "<h3>Failures by category</h3>" + table("Failures by category", names, rows)


def since(data: dict[str, Any], links: Links) -> str:
    """What is otherwise than in the last run."""
    found = data["since"]
    if found["run"] is None:
        return section(
            "since", "Since the last run", "<p>There is no earlier run of these tests in this folder to compare with.</p>"
        )
    places = {f"{test['name']} ({test['source']})": test for test in links.tests}
    parts = [
        f"<h3>{title} ({len(found[name])})</h3>{listing(_changed(entry, places, links) for entry in found[name][:MOST_NAMES])}"
        + (f"<p>and {len(found[name]) - MOST_NAMES} more</p>" if len(found[name]) > MOST_NAMES else "")
        for name, title in CHANGES
        if found[name]
    ]
    return section("since", f"Since the run {found['run']}", "".join(parts) or "<p>No verdict changed.</p>")


def _changed(entry: str, places: dict[str, Any], links: Links) -> str:
    name, colon, course = entry.partition("): ")
    test = places.get(name + ")" if colon else entry)
    return (links.to(test) + (f": {text(course)}" if course else "")) if test else text(entry)


def trend(data: dict[str, Any]) -> str:
    """The range and the tests of each run."""
    now = {name: data[name] for name in ("run", "score", "tests_by_verdict", "categories")}
    runs = [*data["trend"], now]
    if len(runs) == 1:
        return ""
    rows = [
        (
            _named(run, "this run" if run is now else run.get("state", "")),
            f"{run['score']['low']:g} to {run['score']['high']:g}" if run["score"] else "none",
            *(str(run["tests_by_verdict"].get(verdict, 0)) for verdict in ("PASS", "FAIL", "NOT EVALUATED")),
        )
        for run in runs
    ]
    names = ("Run", "Score", "Passed", "Failed", "NOT EVALUATED")
    return section("trend", f"Trend over {len(runs)} runs", _picture(runs), table("Trend", names, rows[::-1], classes="num"))


def _named(run: dict[str, Any], state: str) -> str:
    return text(run["run"]) + (f" <small>({text(state)})</small>" if state else "")


def _picture(runs: Sequence[dict[str, Any]]) -> str:
    """A bar for the range of each run, from its lower to its upper end."""
    step = (WIDTH - LEFT) / len(runs)
    base = HEIGHT - 20

    def up(value: float) -> float:
        return base - value / 100 * (base - 8)

    bars = [
        f'<rect x="{LEFT + number * step + step * 0.2:.1f}" y="{up(run["score"]["high"]):.1f}" width="{step * 0.6:.1f}" '
        f'height="{max(up(run["score"]["low"]) - up(run["score"]["high"]), 2):.1f}" fill="url(#hatch)" stroke="currentColor"/>'
        for number, run in enumerate(runs)
        if run["score"]
    ]
    lines = "".join(
        f'<line x1="{LEFT}" x2="{WIDTH}" y1="{up(value):.1f}" y2="{up(value):.1f}" stroke="currentColor" opacity=".4"/>'
        f'<text x="2" y="{up(value) + 4:.1f}">{value}</text>'
        for value in (0, 50, 100)
    )
    label = f"The range of the score over {len(runs)} runs, the oldest at the left"
    return (
        f'<svg role="img" aria-label="{label}" viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" height="{HEIGHT}">'
        f'{lines}{"".join(bars)}<text x="{LEFT}" y="{HEIGHT - 4}">oldest</text>'
        f'<text x="{WIDTH}" y="{HEIGHT - 4}" text-anchor="end">this run</text></svg>'
    )
