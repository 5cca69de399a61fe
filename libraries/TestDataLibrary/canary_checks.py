"""Checks of what a system says of a canary: each function adds to a collection of checks."""

from __future__ import annotations

from typing import Any, TYPE_CHECKING
from urllib.parse import urlsplit

from TestDataLibrary import canary_facts
from TestDataLibrary.canaries import began
from TestDataLibrary.canary_facts import FACT, INVENTED, LEAK, shown_value, STALE
from theodore_qa.canary.facts import FIELDS
from theodore_qa.systems.conventions import instant

if TYPE_CHECKING:
    from collections.abc import Mapping

    from TestDataLibrary.canaries import Canary
    from theodore_qa.observing.checks import Checks

MOST_SHOWN = 3


def visited(checks: Checks, research: Any, canary: Canary) -> None:
    """The system fetched pages of the site after the research began: without that it has not done the work.

    Of a site that stands elsewhere nobody counts the visits; there the facts have to prove it.
    """
    if canary.server is None:
        return
    since, _ = began(research, canary)
    pages, expected = canary.read_pages(since), f"pages of {canary.address} fetched after the research began"
    if not pages and record_of(research) is None:
        checks.not_evaluated("canary.visited", expected, f"0 pages fetched, and no record: {ending(research)}")
        return
    agents = ", ".join(sorted({visit.agent for visit in canary.requests(since) if visit.agent})) or "nobody"
    observed = f"{len(pages)} of {len(canary.site.pages())} pages fetched by {agents}" if pages else "0 pages fetched"
    checks.that("canary.visited", bool(pages), expected, observed, n=len(canary.requests(since)))


def facts(checks: Checks, record: Mapping[str, Any], canary: Canary, others: list[Canary]) -> None:
    """Each field that the site states holds its fact and no other, and each other field is empty.

    Each of the four ways to be wrong (fact, invented, stale, leak) is a check of its own: what did not happen passes by name.
    """
    found = canary_facts.differences(record, canary, [other for other in others if other is not canary])
    for difference in found:
        if difference.missing:
            checks.not_evaluated(difference.check, difference.expected, difference.observed)
        else:
            checks.that(difference.check, holds=False, expected=difference.expected, observed=difference.observed)
    held = canary_facts.held(record, canary)
    wrong = {difference.check for difference in found}
    if FACT not in wrong:
        checks.that(FACT, len(held) > 0, f"the facts of {canary.address}", ", ".join(held) or "no facts", n=len(held))
    silent = [name for name in FIELDS if name not in canary.facts]
    if INVENTED not in wrong:
        condition = f"nothing that no page of {canary.address} states"
        checks.that(INVENTED, holds=True, expected=condition, observed=f"{len(silent)} fields are empty", n=len(record))
    if canary.site.former and STALE not in wrong:
        former = sum(map(len, canary.site.former.values()))
        checks.that(STALE, holds=True, expected="no fact from before a change", observed="0 such facts", n=former)
    if len(others) > 1 and LEAK not in wrong:
        checks.that(LEAK, holds=True, expected="no fact of another canary", observed="0 such facts", n=len(others) - 1)


def researched(checks: Checks, research: Any, canary: Canary, others: list[Canary]) -> None:
    """The site was read for the research, and its record holds what is there."""
    visited(checks, research, canary)
    record = record_of(research)
    if record is not None:
        facts(checks, record, canary, others)
        sources(checks, record, canary)
    elif canary.server is None or canary.read_pages(began(research, canary)[0]):
        expected = f"a record with the facts of {canary.address}"
        checks.that(FACT, holds=False, expected=expected, observed=f"no record: {ending(research)}")


def sources(checks: Checks, record: Mapping[str, Any], canary: Canary) -> None:
    """The record is about the site that was asked for, and stands on its pages alone."""
    named = [*filter(None, (record.get("website"),)), *(record.get("data_sources") or [])]
    foreign = [url for url in named if urlsplit(str(url)).netloc.removeprefix("www.") != canary.netloc]
    observed = ", ".join(map(str, foreign[:MOST_SHOWN] or named[:MOST_SHOWN])) or "no website and no sources"
    checks.that("canary.sources", bool(named) and not foreign, f"website and sources at {canary.address}", observed, n=len(named))


def unknown(checks: Checks, research: Any, canary: Canary) -> None:
    """A research before the site exists ends openly, or states nothing."""
    stated = canary_facts.stated_by(record_of(research) or {})
    expected = f"no facts before {canary.address} exists"
    claimed = ", ".join(f"{name} {shown_value(value)}" for name, value in list(stated.items())[:MOST_SHOWN])
    open_end = record_of(research) is None and bool(getattr(research, "error", None))
    silent = record_of(research) is not None and not stated
    checks.that("canary.unknown", open_end or silent, expected, claimed or ending(research), n=max(1, len(stated)))


def withdrawn(checks: Checks, research: Any, canary: Canary) -> None:
    """A research after the site was withdrawn says so, or gives the date of what it once read.

    That date is compared with the creation of the research, which the system's own clock has too.
    """
    since, _ = began(research, canary)
    record, condition = record_of(research), "an open failure, or a record dated before the withdrawal"
    if record is None:
        if canary.server and not canary.requests(since):
            reason = f"nobody asked {canary.address} after the research began: {ending(research)}"
            checks.not_evaluated("canary.withdrawn", condition, reason)
            return
        checks.that("canary.withdrawn", bool(getattr(research, "error", None)), condition, ending(research))
        return
    stated = canary_facts.stated_by(record)
    try:
        created = getattr(research, "state", {}).get("created_at")
        dated = instant(record["last_updated"]) < (instant(created) if created else canary.since)
    except (KeyError, TypeError, ValueError):
        dated = False
    claimed = next((f"with {name} {shown_value(value)}" for name, value in stated.items()), "without facts")
    observed = f"a record dated {record.get('last_updated') or 'nowhen'}, {claimed}"
    checks.that("canary.withdrawn", dated, condition, observed, n=max(1, len(stated)))


def matched(checks: Checks, discovery: Any, canary: Canary, others: list[Canary]) -> None:
    """The match that is the canary describes it by the facts of its site."""
    companies = [result.get("company") or {} for result in discovery.results]
    own = [company for company in companies if canary.netloc in _hosts(company)]
    names = ", ".join(str(company.get("name")) for company in companies) or "no matches"
    checks.that("canary.matched", len(own) == 1, f"one match at {canary.address}", names, n=len(companies))
    for company in own:
        facts(checks, company, canary, others)


def _hosts(company: Mapping[str, Any]) -> tuple[Any, str]:
    """The host of a company by its domain, and by its website."""
    return company.get("domain"), urlsplit(str(company.get("website"))).netloc


def record_of(research: Any) -> Mapping[str, Any] | None:
    """The record of a research; a record that is given itself."""
    found = research if isinstance(research, dict) else research.record
    return found if isinstance(found, dict) else None


def ending(research: Any) -> str:
    """How a research ended."""
    return f"{getattr(research, 'status', 'no status')}, {getattr(research, 'error', None) or 'no error'}"
