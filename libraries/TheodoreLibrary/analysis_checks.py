"""Checks of the analyses that a research makes on request, by the record, and by a discovery among what the tenant knows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TYPE_CHECKING

from theodore_qa.observing.display import plural, written
from TheodoreLibrary import discovery_checks

if TYPE_CHECKING:
    from theodore_qa.observing.checks import Checks
    from TheodoreLibrary.jobs import Job

MOST_KNOWN = 100  # results of one discovery
MOST_SHOWN = 3
NAMES = ("similarity_analysis", "competitive_analysis")
Scores = dict[str, Any]


@dataclass(eq=False, repr=False)  # generated methods cost import time
class BatchedResearch:
    """A research within a batch, with the analyses that its outcome has."""

    company: str
    identity: str | None
    request: dict[str, Any]
    state: dict[str, Any]

    @property
    def status(self) -> str:
        """What became of it."""
        return str(self.state.get("status"))

    @property
    def record(self) -> dict[str, Any] | None:
        """The record that it made."""
        return self.state.get("result")

    def __str__(self) -> str:
        return f"research of {self.company} within a batch"


def similar(checks: Checks, research: Job | BatchedResearch, known: Scores, at_least: int) -> None:
    """The similarity analysis holds what holds for any discovery, and the same companies with the same scores as ``known``."""
    found = research.state.get("similarity_analysis")
    if not isinstance(found, list):
        checks.that("analysis.similar", holds=False, expected="a list of similar companies", observed=written(found))
        return
    checks.that(
        "analysis.similar",
        len(found) >= at_least,
        f"at least {plural(at_least, 'similar company')}",
        ", ".join(discovery_checks.names(found)) or "none",
        n=len(found),
    )
    limit, threshold = discovery_checks.LIMIT, discovery_checks.THRESHOLD
    discovery_checks.valid_results(checks, research.company, found, len(found), limit=limit, threshold=threshold)
    near = {domain: score for domain, score in known.items() if isinstance(score, int | float) and score >= threshold}
    observed = {str((result.get("company") or {}).get("domain")): result.get("similarity_score") for result in found}
    expected = dict(sorted(near.items(), key=lambda pair: -pair[1])[:limit])
    same = observed == expected or (len(near) > limit and sorted(observed.values()) == sorted(expected.values()))
    checks.that("analysis.as_discovered", same, written(expected), written(observed), n=len(expected))


def competitive(checks: Checks, research: Job | BatchedResearch, known: Scores, names: dict[str, str]) -> None:
    """The competitive analysis names the competitors of the record, those in ``names`` with their domains and scores."""
    record, found = research.record or {}, research.state.get("competitive_analysis")
    if not isinstance(found, dict):
        checks.that("analysis.competitive", holds=False, expected="a competitive analysis", observed=written(found))
        return
    named = [str(name) for name in record.get("competitors") or []]
    rows = [row for row in found.get("competitors") or [] if isinstance(row, dict)]
    listed = [str(row.get("name")) for row in rows]
    right = bool(named) and listed == named
    expected_names = ", ".join(named) or "at least 1 competitor"
    checks.that("analysis.competitors", right, expected_names, ", ".join(listed) or "none", n=len(named))
    wrong, met = [], 0
    for row in rows:
        domain = names.get(str(row.get("name")).casefold())
        expected = (domain, known.get(domain or ""))
        observed = (row.get("domain"), row.get("similarity_score"))
        met += domain is not None
        if observed != expected:
            wrong.append(f"{row.get('name')}: {observed[0]} with {observed[1]} for {expected[0]} with {expected[1]}")
    researched = f"the domain and the score of each of {plural(met, 'competitor')} that the tenant has researched, none of others"
    if met:
        observed_rows = "; ".join(wrong[:MOST_SHOWN]) or f"{len(rows)} of {len(rows)} competitors"
        checks.that("analysis.competitor_scores", not wrong, researched, observed_rows, n=len(rows))
    else:
        checks.not_evaluated(
            "analysis.competitor_scores",
            "the domain and the score of each competitor that the tenant has researched",
            f"it has researched none of {', '.join(named) or 'no competitors'}",
        )
    for field in ("competitive_advantages", "market_position"):
        expected_value = record.get(field) or ([] if field == "competitive_advantages" else None)
        checks.that(
            f"analysis.{field}",
            found.get(field) == expected_value,
            written(expected_value),
            written(found.get(field)),
        )


def absent(checks: Checks, research: Job | BatchedResearch) -> None:
    """A completed research that requested no analysis has none."""
    checks.equal("analysis.of_completed", "completed", research.status)
    for name in NAMES:
        if not research.request.get(f"include_{name}"):
            checks.equal(f"analysis.{name}_not_requested", None, research.state.get(name))
