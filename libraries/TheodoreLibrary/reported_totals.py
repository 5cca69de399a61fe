"""Totals that a job reports, held against their parts: tokens against charges, durations against spans, text against pages."""

from __future__ import annotations

import re
from typing import Any, TYPE_CHECKING

from theodore_qa.observing.display import plural, written
from theodore_qa.systems import exchange
from theodore_qa.systems.conventions import instant
from theodore_qa.timing import show
from TheodoreLibrary import grounding, phases, vendors
from TheodoreLibrary.jobs import OK

if TYPE_CHECKING:
    from theodore_qa.observing.checks import Checks
    from TheodoreLibrary.jobs import Job

LEAST_TEXT = 0.5  # of the text of the pages: what a reader takes for a headline or a caption need not count
FRAME = re.compile(r"(?is)<(head|nav|header|footer)\b.*?</\1>")  # around what a page is about


def of_discovery(checks: Checks, job: Job) -> None:
    """Tokens, durations and order of the phases of a discovery."""
    tokens_of_discovery(checks, job)
    spans_of_phases(checks, job, "discovery.spans")
    order_of_phases(checks, job, "discovery.phases_follow")


def tokens_of_discovery(checks: Checks, job: Job) -> None:
    """The tokens that a discovery reports are those that the providers charged for all its sites, not for some of them."""
    reported = [_output(phase)["tokens_used"] for phase in job.phases.values() if "tokens_used" in _output(phase)]
    charges = [
        vendors.charged(link, exchange.parsed(str(call.get("body") or "")))
        for link, calls in (job.calls or {}).items()
        for call in calls
        if call["status"] == OK and vendors.completes(link, call["path"])
    ]
    sums = sorted(sum(tokens) for tokens in charges if tokens)
    total, unread = sum(sums), charges.count(None)
    condition = "tokens_used that is the sum of what the providers charged for each site"
    if not reported or (unread and unread == len(charges)):
        reason = "no answer of a provider was kept" if reported else "no phase reports tokens_used"
        checks.not_evaluated("discovery.tokens_as_charged", condition, reason)
        return
    sites = {call["host"] for call in (job.calls or {}).get("web", []) if call["status"] == OK}
    again = len(charges) > len(sites)  # an answer that was of no use is charged too, and may be counted or not
    least = sum(sums[: (len(sites) + 1) // 2]) if again else total
    numbers = [count for count in reported if isinstance(count, int)]
    most = float("inf") if unread else total
    right = len(numbers) == len(reported) and least <= sum(numbers) <= most and not (unread and sum(numbers) <= least)
    expected = f"tokens_used {total}" if least == most else f"tokens_used from {least} to {'more' if unread else total}"
    condition = f"{expected}, the sum of {plural(len(charges), 'charge')}"
    checks.that("discovery.tokens_as_charged", right, condition, f"tokens_used {written(sum(numbers))}", n=len(charges))


def spans_of_phases(checks: Checks, job: Job, check: str) -> None:
    """Each phase of a job took as long as lies between its times."""
    named = job.phases.items()
    apart = [f"{name} {written(phase.get('duration_ms'))} ms" for name, phase in named if not phases.span_agrees(phase)]
    observed = ", ".join(apart) or f"{len(named)} of {len(named)} durations"
    expected = f"each duration within {show(phases.CLOCKS_APART)} of its begin and end"
    checks.that(check, bool(named) and not apart, expected, observed, n=len(named))


def order_of_phases(checks: Checks, job: Job, check: str) -> None:
    """The phases of a job follow each other: none begins before the end of the one before."""
    times = [phase.get(name) for phase in job.phases.values() for name in ("started_at", "completed_at")]
    try:
        moments = [instant(str(moment)) for moment in times]
        follow = bool(moments) and moments == sorted(moments)
    except ValueError:
        follow = False
    observed = ", ".join(map(written, times)) or "no phases"
    checks.that(
        check,
        follow,
        "phases that begin at or after the end of the one before",
        observed,
        n=len(job.phases),
    )


def text_of_pages(checks: Checks, job: Job) -> None:
    """The length of a site's text that a research reports is that of all pages that it read, not of one of them."""
    length = _output(job.phases.get("intelligent_scraping", {})).get("content_length")
    sources = [str(source) for source in (job.record or {}).get("data_sources") or []]
    pages = [
        call["body"]
        for call in (job.calls or {}).get("web", [])
        if call["status"] == OK and call.get("body") and "<html" in call["body"].casefold()
    ]
    condition = "at least half of the text of all pages, and no more than they hold"
    if not pages:
        checks.not_evaluated("research.pages_length_adds_up", condition, "no page that was fetched was kept")
        return
    text = sum(len(grounding.Texts([FRAME.sub(" ", page)]).text) for page in pages)
    whole = sum(map(len, pages))
    right = isinstance(length, int) and LEAST_TEXT * text <= length <= whole
    expected = f"{LEAST_TEXT * text:.0f} to {whole} characters of {plural(len(pages), 'page')}"
    checks.that("research.pages_length_adds_up", right, expected, f"content_length {written(length)}", n=len(sources))


def _output(phase: dict[str, Any]) -> dict[str, Any]:
    output = phase.get("output_data")
    return output if isinstance(output, dict) else {}
