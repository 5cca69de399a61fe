"""Several researches as a sample: do they agree, are they true, is each fact on a page that was read, was anything made up."""

from __future__ import annotations

from collections import Counter
from typing import Any, TYPE_CHECKING

from theodore_qa.context import context
from theodore_qa.observing.display import plural, written
from theodore_qa.statistics import Share
from TheodoreLibrary import grounding, research_checks, truth
from TheodoreLibrary.jobs import OK

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from theodore_qa.observing.checks import Checks
    from TheodoreLibrary.jobs import Job

MOST_NAMED = 4
# Fields that say the same of a company whoever reads its pages; sentences may be put in other words.
AGREED = (
    "name", "domain", "website", "industry", "business_model", "company_size",
    *(name for name in grounding.FACTS if name not in ("technologies", "competitive_advantages")),
)  # fmt: skip


def agree(checks: Checks, check: str, researches: Sequence[Job], at_least: float) -> None:
    """The records of researches of one company have the same facts: each value is that of the most of them."""
    records = [research.record or {} for research in researches]
    hits, tried, wrong = 0, 0, []
    for field in AGREED:
        values = [_comparable(record.get(field)) for record in records]
        if not any(values):
            continue
        common, number = Counter(values).most_common(1)[0]
        hits, tried = hits + number, tried + len(values)
        wrong += [
            f"{field} {written(record.get(field))} in {_label(research, place)}"
            for place, (research, record, value) in enumerate(zip(researches, records, values, strict=True), 1)
            if value != common
        ]
    expected = f"{_percent(at_least)} of the facts the same in {plural(len(researches), 'research')}"
    _share(checks, check, Share(hits, tried), at_least, expected, wrong, "no research has a fact")


def true(checks: Checks, researches: Sequence[Job], truths: Mapping[str, Mapping[str, Any]], at_least: float) -> None:
    """The facts whose true value is known are right, over all researches; one that has no record has none of them right."""
    hits, tried, wrong = 0, 0, []
    for research in researches:
        record = research.record or {}
        for field, value in truths[research.company]["expected"].items():
            tried += 1
            right = truth.agrees(value, record.get(field))
            hits += right
            if not right:
                wrong.append(f"{research.company}: {field} {written(record.get(field))} instead of {written(value)}")
    expected = f"{_percent(at_least)} of the known facts right"
    _share(checks, "quality.accuracy.sample", Share(hits, tried), at_least, expected, wrong, "no true value is known")


def attributed(checks: Checks, researches: Sequence[Job], at_least: float) -> None:
    """Each fact that a record states stands on a page that was read for it."""
    check, expected = "quality.attribution", f"{_percent(at_least)} of the stated facts on a page that was read"
    hits, tried, wrong = 0, 0, []
    for research in researches:
        if research.calls is None:
            research_checks.no_links(checks, check, expected)
            return
        pages = [call["body"] for call in research.calls.get("web", []) if call["status"] == OK and call.get("body")]
        if research.record and not pages:
            context.system.lacks(checks, check, expected, f"no page was seen that {research} read", "links.web.body")
            return
        texts = grounding.Texts(pages)
        for field, fact in _facts(research.record or {}):
            tried += 1
            found = texts.hold(fact)
            hits += found
            if not found:
                wrong.append(f"{research.company}: {field} '{written(fact)}'")
    _share(checks, check, Share(hits, tried), at_least, expected, wrong, "no record states a fact")


def found_nothing(checks: Checks, researches: Sequence[Job]) -> None:
    """No research of a company that nobody knows has a record; each looked for it."""
    invented = [research for research in researches if research.record is not None or research.status != "failed"]
    share = Share(len(researches) - len(invented), len(researches))
    named = [f"{research.company}: status {research.status}" for research in invented]
    expected = f"status failed and no record of {plural(len(researches), 'invented company')}"
    bound = f"; at most {1 - share.lower_bound:.0%} of such names are invented"
    _share(checks, "quality.false_positives", share, 1.0, expected, named, "no company was researched", bound)
    if any(research.calls is None for research in researches):
        research_checks.no_links(checks, "quality.looked_for", "at least 1 search for each")
        return
    searched = [any(call["status"] == OK for call in (research.calls or {}).get("search", [])) for research in researches]
    looked = Share(sum(searched), len(searched))
    checks.that("quality.looked_for", all(searched), "at least 1 search for each", looked, n=looked.tried)


def _share(
    checks: Checks, check: str, share: Share, at_least: float, expected: str, wrong: Sequence[str], nothing: str, more: str = ""
) -> None:
    if not share.tried:
        checks.not_evaluated(check, expected, nothing)
        return
    rest = f" and {len(wrong) - MOST_NAMED} more" if len(wrong) > MOST_NAMED else ""
    named = f": {'; '.join(wrong[:MOST_NAMED])}{rest}" if wrong else ""
    checks.that(check, share.value >= at_least, expected, f"{share}{more}{named}", n=share.tried)


def _percent(share: float) -> str:
    return "all" if share == 1 else f"{share * 100:g} %"


def _facts(record: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    for field in grounding.FACTS:
        for fact in grounding.leaves_of(record.get(field)):
            yield field, fact


def _comparable(value: Any) -> str:
    """A value as a text that is the same where the order of a list is another; empty for nothing."""
    if isinstance(value, list):
        return "; ".join(sorted(map(_comparable, value)))
    return "" if value in (None, "", {}) else written(value)


def _label(research: Job, place: int) -> str:
    provider = (research.request.get("config_overrides") or {}).get("ai_provider")
    return f"that by {provider}" if provider else f"research {place}"
