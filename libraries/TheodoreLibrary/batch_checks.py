"""What is observed of a batch: its numbers, the outcome of each company, its pauses and its end."""

from __future__ import annotations

import re
from collections import Counter
from typing import Any, TYPE_CHECKING

from theodore_qa.errors import NotEvaluatedError
from theodore_qa.observing.display import course, plural, written
from theodore_qa.systems import links
from theodore_qa.systems.conventions import instant
from TheodoreLibrary.batches import COMPLETED, FAILED, FINAL, PENDING

if TYPE_CHECKING:
    from theodore_qa.observing.checks import Checks
    from TheodoreLibrary.batches import Batch

Outcomes = list[dict[str, Any]]
MOST_NAMED = 5
HINTS = ("industry", "location")
KEPT = ("created_at", "started_at")
ENDS = {COMPLETED: "completed", FAILED: "failed"}
LEGAL = {"inc", "corp", "corporation", "ltd", "gmbh", "ag", "se", "sa", "co", "the", "plc", "llc"}


def accepted(checks: Checks, batch: Batch) -> None:
    """A batch that was accepted is new and has all its companies before it."""
    state = batch.accepted.object()
    checks.equal("batch.kind", batch.kind, state.get("job_type"))
    checks.equal("batch.total", len(batch.companies), state.get("total_companies"))
    numbers = [state.get(name) for name in (COMPLETED, FAILED, PENDING)]
    checks.that(
        "batch.begins_at_zero",
        numbers == [0, 0, len(batch.companies)],
        f"0 completed, 0 failed, {len(batch.companies)} pending",
        "{} completed, {} failed, {} pending".format(*numbers),
    )


def numbers(checks: Checks, batch: Batch) -> None:
    """In each answer the numbers add up, and from one to the next they never go back."""
    states = [answer.object() for answer in (batch.accepted, *batch.answers)]
    sums = [sum(int(state.get(name) or 0) for name in (COMPLETED, FAILED, PENDING)) for state in states]
    total = len(batch.companies)
    wrong = [number for number in sums if number != total]
    checks.that(
        "batch.numbers", not wrong, f"completed, failed and pending make {total} in each answer",
        f"sums {course(sums)}", n=len(sums),
    )  # fmt: skip
    done = [int(state.get(COMPLETED) or 0) + int(state.get(FAILED) or 0) for state in states]
    checks.that("batch.never_back", done == sorted(done), "outcomes that never get fewer", course(done), n=len(done))
    shares = [state.get("progress_percentage") for state in states]
    off = [
        f"{share} % for {number} of {total}"
        for share, number in zip(shares, done, strict=True)
        if not isinstance(share, int | float) or abs(share - 100 * number / total) > 1
    ]
    checks.that(
        "batch.percentage", not off, "the share of companies with an outcome, within 1 %",
        "; ".join(off[:MOST_NAMED]) or course(shares), n=len(shares),
    )  # fmt: skip


def times(checks: Checks, batch: Batch) -> None:
    """When a batch was made and begun never changes; its moments are in order, and it was never updated earlier than before."""
    states = [answer.object() for answer in (batch.accepted, *batch.answers)]
    kept = {name: list(dict.fromkeys(written(state[name]) for state in states if state.get(name))) for name in KEPT}
    wrong = [f"{name} {', '.join(values) or 'missing'}" for name, values in kept.items() if len(values) != 1]
    if batch.status == "cancelled" and not kept["started_at"]:  # it may have been cancelled before it began
        wrong.remove("started_at missing")
    observed = "; ".join(wrong) or f"{kept['created_at'][0]} and {(kept['started_at'] or ['none'])[0]}"
    checks.that("batch.times_kept", not wrong, "one created_at and one started_at in all answers", observed, n=len(states))
    _estimated(checks, states)
    moments = [batch.state.get(name) for name in (*KEPT, "completed_at", "updated_at")]
    updates = [state.get("updated_at") for state in states]
    try:
        given = [instant(str(moment)) for moment in moments if moment or batch.status != "cancelled"]
        holds = given == sorted(given) and (known := [instant(str(update)) for update in updates]) == sorted(known)
    except (TypeError, ValueError):
        holds = False
    checks.that(
        "batch.times_in_order", holds, "created_at ≤ started_at ≤ completed_at ≤ updated_at, which never falls",
        f"{', '.join(map(written, moments))}; updated_at {course(updates)}", n=len(states),
    )  # fmt: skip


def _estimated(checks: Checks, states: list[dict[str, Any]]) -> None:
    """What runs estimates its end from the first outcome on, never before the moment of the estimate; what has ended does not."""
    known = [state for state in states if state.get("status") == "running" and state.get("pending") and _outcomes(state)]
    if known:
        without = sum(not state.get("estimated_completion") for state in known)
        observed = f"{without} of {len(known)} without"
        checks.that("batch.estimated", not without, "an estimate from the first outcome on", observed, n=len(known))
    wrong = [
        f"{state['estimated_completion']} at {written(state.get('updated_at'))}, {state.get('status')}"
        for state in states
        if state.get("estimated_completion") and not _ahead(state)
    ]
    observed = "; ".join(wrong[:MOST_NAMED]) or f"{len(states)} of {len(states)} answers"
    checks.that("batch.estimate", not wrong, "no estimate before updated_at, and none at the end", observed, n=len(states))
    paused = [state.get("estimated_completion") for state in states if state.get("status") == "paused"]
    if paused:
        observed = written(next(filter(None, paused), "no estimate"))
        checks.that("batch.estimate_paused", not any(paused), "no estimate while nobody works on it", observed, n=len(paused))


def _outcomes(state: dict[str, Any]) -> int:
    return int(state.get("completed") or 0) + int(state.get("failed") or 0)


def _ahead(state: dict[str, Any]) -> bool:
    try:
        later = instant(str(state["estimated_completion"])) >= instant(str(state.get("updated_at")))
    except ValueError:
        return False
    return later and state.get("status") not in FINAL


def before(checks: Checks, batch: Batch, later: Batch) -> None:
    """A batch ended before another one that had been requested earlier and was still at work."""
    requested = str(batch.state.get("created_at"))
    ends = [str(each.state.get("completed_at")) for each in (batch, later)]
    expected = f"an end before {ends[1]}, that of the batch that is less urgent"
    if instant(requested) >= instant(ends[1]):
        checks.not_evaluated("batch.priority", expected, f"it was requested only at {requested}")
    else:
        checks.that("batch.priority", instant(ends[0]) < instant(ends[1]), expected, ends[0])


def matches(checks: Checks, rows: Outcomes) -> list[str]:
    """The names that discoveries found; there are some, and as many for each company as its result says."""
    results = [row.get("result") or {} for row in rows]
    listed = [[str((match.get("company") or {}).get("name")) for match in result.get("results") or []] for result in results]
    found = [name for names in listed for name in names]
    checks.that("batch.matches", bool(found), "similar companies", plural(len(found), "company"), n=len(found))
    counted, right = [result.get("total_found") for result in results], [len(names) for names in listed]
    checks.that("batch.matches_counted", counted == right, f"total_found {written(right)}", written(counted), n=len(right))
    return found


def final_status(checks: Checks, batch: Batch, rows: Outcomes) -> None:
    """The status and the numbers at the end are those of the outcomes, whoever counted them."""
    found = Counter(str(row.get("status")) for row in rows)
    state = batch.state
    claimed = {name: state.get(name) for name in (COMPLETED, FAILED, PENDING)}
    checks.that(
        "batch.counted",
        all(claimed[name] == found[name] for name in claimed),
        written({name: found[name] for name in claimed}),
        written({name: value if value is not None else "missing" for name, value in claimed.items()}),
        n=len(rows),
    )
    failed = batch.status == "cancelled" or found[FAILED] > 0
    reason = state.get("error")
    checks.that("batch.error", bool(reason) is failed, "a reason" if failed else "no reason, as nothing failed", written(reason))
    every = len(batch.companies)
    expected = "cancelled" if batch.status == "cancelled" else "partially_completed"
    if found[COMPLETED] == every:
        expected = "completed"
    elif found[FAILED] == every:
        expected = "failed"
    checks.equal("batch.final_status", expected, batch.status)


def each_once(checks: Checks, batch: Batch, rows: Outcomes) -> None:
    """Each company that was sent has one outcome, in the order in which they were sent."""
    sent = [_key(company.get("custom_id"), company["name"]) for company in batch.companies]
    came = [_key(row.get("custom_id"), row.get("company_name")) for row in rows]
    lost, foreign = Counter(sent) - Counter(came), Counter(came) - Counter(sent)
    doubled = [key for key in foreign if key in set(sent)]
    unknown = [key for key in foreign if key not in set(sent)]
    checks.that("batch.lost", not lost, "an outcome for each company", _named("lost", list(lost), len(sent)), n=len(sent))
    checks.that("batch.doubled", not doubled, "one outcome a company", _named("twice", doubled, len(came)), n=len(came))
    checks.that(
        "batch.foreign", not unknown, "outcomes of the companies that were sent", _named("foreign", unknown, len(came)),
        n=len(came),
    )  # fmt: skip
    if not lost and not foreign:
        moved = [index for index, (before, after) in enumerate(zip(sent, came, strict=True)) if before != after]
        observed = f"position {moved[0]} has {came[moved[0]][1]}" if moved else f"{len(came)} of {len(came)} in place"
        checks.that("batch.order", not moved, "the order in which they were sent", observed, n=len(came))
        described = [
            (company["metadata"], row.get("metadata"))
            for company, row in zip(batch.companies, rows, strict=True)
            if "metadata" in company
        ]
        if described:
            changed = [written(now) for before, now in described if now != before]
            observed = f"{changed[0]} instead" if changed else f"{len(described)} of {len(described)} alike"
            checks.that("batch.metadata", not changed, "the metadata that were sent", observed, n=len(described))


def hints_kept(checks: Checks, batch: Batch, rows: Outcomes) -> None:
    """Industry and location with which companies were sent come back with their outcomes."""
    pairs = _hinted(batch, rows)
    kept = [row.get("hints") == hints for _, hints, row in pairs]
    changed = [f"{company['name']} has {written(row.get('hints'))}" for company, hints, row in pairs if row.get("hints") != hints]
    observed = "; ".join(changed[:MOST_NAMED]) or f"{len(kept)} of {len(kept)} alike"
    checks.that("batch.hints_kept", bool(kept) and all(kept), "the hints that were sent", observed, n=len(kept))


def hints_used(checks: Checks, batch: Batch, rows: Outcomes) -> None:
    """The record of each company has the industry and the location with which that was sent."""
    pairs = _hinted(batch, rows)
    wrong = [
        f"{company['name']} of {written(hints)} is {(row.get('result') or {}).get('domain') or row.get('status')}"
        for company, hints, row in pairs
        if not _fits(row.get("result") or {}, hints)
    ]
    observed = "; ".join(wrong[:MOST_NAMED]) or f"{len(pairs)} of {len(pairs)} companies"
    expected = "of companies of one name those of the industry and the location that were sent"
    checks.that("batch.hints_used", bool(pairs) and not wrong, expected, observed, n=len(pairs))


def _hinted(batch: Batch, rows: Outcomes) -> list[tuple[dict[str, Any], dict[str, str], dict[str, Any]]]:
    """The companies that were sent with hints, with these and their outcomes."""
    sent = [{name: company[name] for name in HINTS if company.get(name)} for company in batch.companies]
    return [(company, hints, row) for company, hints, row in zip(batch.companies, sent, rows, strict=False) if hints]


def hinted(company: dict[str, Any]) -> tuple[Any, ...]:
    """The name of a company with the hints that were sent with it."""
    return tuple(company.get(name) for name in ("name", *HINTS))


def _fits(record: dict[str, Any], hints: dict[str, str]) -> bool:
    places = " ".join([str(record.get("headquarters") or ""), *map(str, record.get("locations") or [])]).casefold()
    industry = str(record.get("industry") or "").casefold()
    return hints.get("industry", industry).casefold() == industry and hints.get("location", "").casefold() in places


def hints_of_discoveries(checks: Checks, rows: Outcomes, records: Outcomes) -> None:
    """Each discovery is of the very company that the research with the same hints found: named in explanations, and no match."""
    wrong = []
    for row, researched in zip(rows, records, strict=True):
        record, found = researched.get("result") or {}, (row.get("result") or {}).get("results") or []
        domains = [(match.get("company") or {}).get("domain") for match in found]
        named = [match for match in found if str(record.get("name")) in str(match.get("similarity_explanation"))]
        if not record.get("name") or not found or len(named) < len(found) or record.get("domain") in domains:
            matches = ", ".join(map(str, domains)) or "nothing"
            wrong.append(f"{row.get('company_name')} of {written(row.get('hints'))}, {record.get('name')}, has {matches}")
    observed = "; ".join(wrong[:MOST_NAMED]) or f"{len(rows)} of {len(rows)} discoveries"
    expected = "discoveries of the companies that were researched by the same name and hints"
    checks.that("batch.hints_in_discoveries", bool(rows) and not wrong, expected, observed, n=len(rows))


def undecided(checks: Checks, rows: Outcomes) -> None:
    """A batch that was not cancelled leaves no company without an outcome."""
    left = [str(row.get("company_name")) for row in rows if row.get("status") not in ENDS]
    expected = "completed or failed for each company"
    checks.that("batch.all_decided", not left, expected, _named("undecided", left, len(rows)), n=len(rows))
    silent = [str(row.get("company_name")) for row in rows if row.get("status") == FAILED and not row.get("error")]
    failed = sum(row.get("status") == FAILED for row in rows)
    if failed:
        checks.that("batch.reasons", not silent, "a reason for each failure", _named("silent", silent, failed), n=failed)


def own_records(checks: Checks, rows: Outcomes) -> None:
    """The record of each company is about that company and no other of the batch."""
    done = [row for row in rows if row.get("status") == COMPLETED]
    strange = []
    for row in done:
        record = row.get("result") or {}
        about = _words(f"{record.get('name')} {record.get('domain')}")
        if "results" not in record and not any(word in about or _joined(word, about) for word in _words(row["company_name"])):
            strange.append(f"{row['company_name']} has {record.get('name')}")
    observed = "; ".join(strange[:MOST_NAMED]) or f"{len(done)} of {len(done)} records"
    checks.that("batch.own_record", bool(done) and not strange, "a record about each completed company", observed, n=len(done))


def worked_once(checks: Checks, batch: Batch, rows: Outcomes) -> None:
    """No site was read for more companies than the batch has; companies at work when it was broken off may be read again."""
    expected = "each site read once for each of its companies"
    try:
        calls = links.calls(batch.system, "web", batch.mark) if batch.mark is not None else None
    except NotEvaluatedError:
        calls = None
    if calls is None:
        batch.system.lacks(checks, "batch.worked_once", expected, "the environment names no link 'web'", "links")
        return
    domains = Counter(
        str((row.get("result") or {}).get("domain")).removeprefix("www.")
        for row in rows
        if row.get("status") == COMPLETED and (row.get("result") or {}).get("domain")
    )
    begun = Counter(
        str(call["host"]).removeprefix("www.")
        for call in calls
        if call["path"] == "/robots.txt" and call["status"] and call["seq"] <= (batch.last_call or call["seq"])
    )
    room = batch.breaks * batch.concurrency
    again = {domain: begun[domain] - number for domain, number in domains.items() if begun[domain] > number}
    unread = [domain for domain, number in domains.items() if begun[domain] < number]
    observed = f"{sum(begun[domain] for domain in domains)} readings of {sum(domains.values())} companies"
    if sum(again.values()) > room:
        observed += f", again: {written(again)}"
    if unread:
        observed += f", not read: {', '.join(unread[:MOST_NAMED])}"
    beyond = f"{expected}, {room} again at most" if room else expected
    checks.that(
        "batch.worked_once",
        bool(domains) and sum(again.values()) <= room and not unread,
        beyond,
        observed,
        n=sum(domains.values()),
    )


def at_once(checks: Checks, batch: Batch, link: str, calls: list[dict[str, Any]] | None) -> None:
    """As many calls were under way at once as companies may be worked on, and at some moment that many."""
    expected = f"{plural(batch.concurrency, 'call')} to {link} at once"
    if calls is None:
        batch.system.lacks(checks, "batch.at_once", expected, f"the environment names no link '{link}'", "links")
        return
    ends = sorted([(call["started"], 1) for call in calls] + [(call["finished"], -1) for call in calls])
    most, under_way = 0, 0
    for _, change in ends:
        under_way += change
        most = max(most, under_way)
    checks.that("batch.at_once", most == batch.concurrency, expected, f"{plural(most, 'call')} at most", n=len(calls))


def attempts(checks: Checks, rows: Outcomes, most: int) -> None:
    """No company was tried more often than was requested."""
    tried = [int(row.get("attempts") or 0) for row in rows if row.get("status") in ENDS]
    wrong = [number for number in tried if not 1 <= number <= most]
    observed = f"{max(tried, default=0)} attempts at most, {min(tried, default=0)} at least"
    checks.that(
        "batch.attempts", bool(tried) and not wrong, f"from 1 to {plural(most, 'attempt')} a company", observed, n=len(tried)
    )


def success_rate(batch: Batch, rows: Outcomes) -> float:
    """The share of completed companies among all that were sent, those that were never decided included."""
    completed: int = sum(row.get("status") == COMPLETED for row in rows)
    return float(completed / len(batch.companies))


def ended(batch: Batch) -> bool:
    """Whether the batch has ended by its last answer."""
    return batch.status in FINAL


def _key(custom_id: Any, name: Any) -> tuple[str, str]:
    return str(custom_id), str(name)


def _named(word: str, found: list[Any], of: int) -> str:
    """The first of what was found, by name, or that there was none."""
    if not found:
        return f"0 {word} of {of}"
    names = [entry if isinstance(entry, str) else entry[1] for entry in found]
    more = f" and {len(names) - MOST_NAMED} more" if len(names) > MOST_NAMED else ""
    return f"{len(names)} {word} of {of}: {', '.join(names[:MOST_NAMED])}{more}"


def _words(text: str) -> set[str]:
    return set(re.findall(r"\w+", text.casefold())) - LEGAL


def _joined(word: str, about: set[str]) -> bool:
    return any(len(word) > 2 and word in other for other in about)  # noqa: PLR2004  # shorter ones are in many words
