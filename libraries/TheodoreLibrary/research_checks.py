"""What can be said of a research from what was observed: each function adds its checks to a collection."""

from __future__ import annotations

import datetime as dt
import re
from typing import Any, TYPE_CHECKING
from urllib.parse import urlsplit

from theodore_qa.context import context
from theodore_qa.systems import conformance
from theodore_qa.systems.conventions import instant
from theodore_qa.timing import show
from TheodoreLibrary import grounding
from TheodoreLibrary.jobs import FINAL, OK
from TheodoreLibrary.phases import PHASES

if TYPE_CHECKING:
    from theodore_qa.observing.checks import Checks
    from theodore_qa.systems.exchange import Exchange
    from TheodoreLibrary.jobs import Job

MOST_SHOWN = 3
NEEDED_LINKS = ("web", "openai", "vectors")
WAITING = ("queued", "pending", "initializing")
LEAST_FIELDS = 5
ADMINISTRATIVE = ("name", "domain", "website", "data_sources", "last_updated", "research_depth", "confidence_score")


def accepted(checks: Checks, job: Job) -> None:
    """The research that was accepted is the one that was asked for, and it is new."""
    state = job.accepted.object()
    checks.equal("research.accepted_company", job.company, state.get(job.name_field))
    status = state.get("status")
    checks.that("research.accepted_status", status in ("pending", "queued", "running"), "pending, queued or running", status)
    for name in ("created_at", "updated_at"):
        fresh(checks, f"research.{name}_fresh", job.accepted, state.get(name))
    try:
        in_order = instant(state["created_at"]) <= instant(state["updated_at"])
    except (KeyError, TypeError, ValueError):
        in_order = False
    moments = f"{state.get('created_at')}, {state.get('updated_at')}"
    checks.that("research.accepted_times", in_order, "created, then updated", moments)
    expected = state.get("estimated_completion")
    try:
        later = expected is None or instant(expected) > instant(state["created_at"])
    except (KeyError, TypeError, ValueError):
        later = False
    checks.that("research.estimate", later, "no estimate, or one later than the start", expected)
    checks.that("research.retry_count", state.get("retry_count") in (None, 0), "0", state.get("retry_count"))
    progress = state.get("progress")
    waiting = progress is None or (
        isinstance(progress, dict) and progress.get("percentage") == 0 and progress.get("step_number") == 0
    )
    checks.that("research.progress_at_start", waiting, "none yet, or step 0 at 0 %", progress)
    step = progress.get("current_step") if isinstance(progress, dict) else "queued"
    checks.that("research.step_at_start", step in WAITING, " or ".join(WAITING), step)
    checks.that(
        "research.nothing_yet",
        not state.get("result") and not state.get("error"),
        "no result, no error",
        _has((bool(state.get("result")), bool(state.get("error")))),
    )


def fresh(checks: Checks, check: str, answer: Exchange, moment: Any) -> None:
    """A time that the system gives lies between our request and its answer: a recorded answer would be older."""
    tolerance = dt.timedelta(seconds=context.environment.clock_tolerance)
    until = answer.sent + dt.timedelta(seconds=answer.duration)
    condition = f"{_clock(answer.sent)} to {_clock(until)} (± {show(tolerance.total_seconds())})"
    try:
        holds = answer.sent - tolerance <= instant(moment) <= until + tolerance
    except (TypeError, ValueError):
        holds = False
    checks.that(check, holds, condition, moment)


def _clock(moment: dt.datetime) -> str:
    return moment.strftime("%H:%M:%S.%f")[:-3]


def one_job(checks: Checks, job: Job) -> None:
    """Every answer was about this job and this company, and valid by the contract."""
    ids = {answer.object().get("job_id") for answer in job.answers}
    checks.that("research.same_job", ids == {job.id}, job.id, ", ".join(map(str, ids)), n=len(job.answers))
    names = {answer.object().get(job.name_field) for answer in job.answers}
    checks.that("research.same_company", names == {job.company}, job.company, ", ".join(map(str, names)), n=len(job.answers))
    idle = [
        state for state in (answer.object() for answer in job.answers) if _at_work(state) and state.get("status") != "running"
    ]
    observed = ", ".join(f"{state.get('status')} in step {state['progress'].get('current_step')}" for state in idle[:3])
    checks.that("research.running", not idle, "running while a phase is at work", observed or "so", n=len(job.answers))
    if job.last_progress:
        progress = job.state.get("progress")
        agree = isinstance(progress, dict) and progress == job.last_progress.body
        observed = "the same" if agree else _difference(progress, job.last_progress.body)
        checks.that("research.progress_routes_agree", agree, "the same progress from both routes", observed, n=2)
    signed_in = context.system.authenticator.answers.get(context.system.identity(job.identity).name)
    answers = [*filter(None, (signed_in, job.last_progress)), job.accepted, *job.answers, *job.progress]
    conformance.conform(checks, "research.contract", *answers)


def _at_work(state: dict[str, Any]) -> bool:
    """Whether a job has come to its first phase and has not ended."""
    progress = state.get("progress")
    return state.get("status") not in FINAL and isinstance(progress, dict) and (progress.get("step_number") or 0) >= 1


def _difference(first: Any, second: Any) -> str:
    if not isinstance(first, dict) or not isinstance(second, dict):
        return f"{first} and {second}"
    names = [name for name in {**first, **second} if first.get(name) != second.get(name)]
    return "; ".join(f"{name}: {first.get(name)} and {second.get(name)}" for name in names)


def valid_fields(checks: Checks, job: Job) -> None:
    """What the record says in its fields has the form of what they are for."""
    record = job.record or {}
    forms = {
        "phone": r"\+?[\d ()/.-]{6,}",
        "contact_email": r"[^@\s]+@[^@\s]+\.[^@\s]+",
        "website": r"https?://\S+",
        "domain": r"[a-z0-9.-]+\.[a-z]{2,}",
    }
    malformed = [name for name, form in forms.items() if record.get(name) and not re.fullmatch(form, str(record[name]))]
    checks.that(
        "research.fields_have_form",
        not malformed,
        "phone, e-mail, website and domain as such",
        ", ".join(malformed) or "all",
        n=len(forms),
    )
    name = str(record.get("name") or "")
    summary = record.get("ai_summary")
    names_it = summary is None or (bool(name) and str(summary).startswith(name))
    checks.that("research.summary_begins_with_name", names_it, f"a summary about {name}", summary)
    personnel = record.get("key_personnel") or []
    if not personnel:
        return
    named = all(isinstance(person, dict) and person.get("name") and person.get("role") for person in personnel)
    checks.that("research.people_have_roles", named, "name and role of each", personnel, n=len(personnel))


def answer_times(checks: Checks, job: Job, limit: float) -> None:
    """No answer took longer than ``limit`` seconds."""
    slowest = max((job.accepted, *job.answers, *job.progress), key=lambda answer: answer.duration)
    observed = f"{show(slowest.duration)} for {slowest.method} {slowest.path}"
    checks.that("research.answer_time", slowest.duration <= limit, f"at most {show(limit)}", observed, n=len(job.answers))


def finished(checks: Checks, job: Job, expected: str) -> None:
    """The job ended in the expected status, and its times and its other fields go with that."""
    state = job.state
    checks.equal("research.status", expected, state.get("status"))
    expected_pair = {"completed": (True, False), "failed": (False, True), "cancelled": (False, True)}[expected]
    observed_pair = (state.get("result") is not None, bool(state.get("error")))
    checks.that("research.result_or_error", observed_pair == expected_pair, _has(expected_pair), _has(observed_pair))
    names = ("created_at", "started_at", "completed_at", "updated_at")
    try:
        moments = [instant(state[name]) for name in names]
    except (KeyError, TypeError, ValueError):
        moments = []
    observed = ", ".join(f"{name} {state.get(name)}" for name in names)
    checks.that(
        "research.times_in_order",
        bool(moments) and moments == sorted(moments),
        "created ≤ started ≤ completed ≤ updated",
        observed,
    )
    fresh_end(checks, job, state.get("completed_at"))
    checks.that("research.retry_count", state.get("retry_count") in (None, 0), "0", state.get("retry_count"))
    if expected == "failed":
        error, message = str(state.get("error") or ""), str((state.get("progress") or {}).get("message") or "")
        agree = bool(message) and (message in error or error in message)
        checks.that("research.failed_message", agree, "a last message that says why", message)


def fresh_end(checks: Checks, job: Job, moment: Any) -> None:
    """The job's end, as the system dates it, lies within the time in which we watched it."""
    tolerance = dt.timedelta(seconds=job.system.environment.clock_tolerance)
    last = job.answers[-1]
    until = last.sent + dt.timedelta(seconds=last.duration)
    try:
        holds = job.accepted.sent - tolerance <= instant(moment) <= until + tolerance
    except (TypeError, ValueError):
        holds = False
    checks.that("research.end_observed", holds, f"{_clock(job.accepted.sent)} to {_clock(until)}", moment)


def _has(pair: tuple[bool, bool]) -> str:
    return f"{'a' if pair[0] else 'no'} result, {'an' if pair[1] else 'no'} error"


def progress(checks: Checks, job: Job) -> None:
    """Progress never goes back, keeps to its limits, and both routes tell of the same steps."""
    reports = [answer.object() for answer in job.progress] + [answer.object().get("progress") or {} for answer in job.answers]
    in_order = [part for pair in zip(reports[: len(job.progress)], reports[len(job.progress) :], strict=True) for part in pair]
    values = [part.get("percentage") for part in in_order]
    steps = [part.get("step_number") for part in in_order]
    numbers = all(isinstance(value, int | float) for value in (*values, *steps))
    ordered = numbers and values == sorted(values)
    checks.that("research.progress_monotonic", ordered, "never less than before", _course(values), n=len(values))
    checks.that(
        "research.step_monotonic",
        numbers and steps == sorted(steps),
        "never less than before",
        _course(steps),
        n=len(steps),
    )
    totals = {part.get("total_steps") for part in in_order}
    within = numbers and totals == {len(PHASES)} and all(0 <= step <= len(PHASES) for step in steps)
    checks.that("research.steps", within, f"0 to {len(PHASES)} of {len(PHASES)}", f"{_course(steps)} of {totals}", n=len(steps))
    known = {"queued", *PHASES}
    named = {part.get("current_step") for part in in_order}
    misnamed = [
        part
        for part in in_order
        if part.get("current_step") in PHASES and PHASES.index(part["current_step"]) + 1 != part.get("step_number")
    ]
    checks.that(
        "research.step_names",
        named <= known and not misnamed,
        "the names of the phases",
        ", ".join(map(str, named)),
        n=len(in_order),
    )
    messages = [part.get("message") for part in in_order]
    checks.that(
        "research.progress_messages",
        all(messages),
        "a message with each",
        f"{sum(map(bool, messages))} messages",
        n=len(messages),
    )
    _progress_times(checks, job, in_order)


def _progress_times(checks: Checks, job: Job, reports: list[dict[str, Any]]) -> None:
    created = str(job.state.get("created_at"))
    begun = {str(part.get("started_at")) for part in reports}
    updates = [str(part.get("updated_at")) for part in reports]
    try:
        moments = [instant(text) for text in updates]
        holds = len(begun) == 1 and instant(begun.pop()) >= instant(created) and moments == sorted(moments)
    except ValueError:
        holds = False
    checks.that(
        "research.progress_times",
        holds,
        "one beginning, later and later updates",
        f"{len(set(updates))} updates",
        n=len(reports),
    )


def _course(values: list[Any]) -> str:
    changes = [value for index, value in enumerate(values) if index == 0 or value != values[index - 1]]
    return " → ".join(map(str, changes))


def has_data(checks: Checks, job: Job) -> None:
    """A completed research holds facts beyond the company's name."""
    record = job.record or {}
    filled = [name for name, value in record.items() if value not in (None, "", [], {}, "unknown") and name not in ADMINISTRATIVE]
    checks.that(
        "research.has_data",
        len(filled) >= LEAST_FIELDS,
        f"at least {LEAST_FIELDS} facts",
        f"{len(filled)} facts",
        n=len(record),
    )


def names_company(checks: Checks, job: Job) -> None:
    """The record is about the company that was asked for."""
    observed = str((job.record or {}).get("name") or "")
    same = bool(words(observed) & words(job.company))
    checks.that("research.result_names_company", same, f"a name with a word of '{job.company}'", observed or "no name")


def words(name: str) -> set[str]:
    legal = {
        "inc",
        "corp",
        "corporation",
        "ltd",
        "gmbh",
        "ag",
        "se",
        "sa",
        "co",
        "company",
        "the",
        "group",
        "not",
        "a",
        "real",
    }
    return {word for word in name.casefold().replace(",", " ").replace(".", " ").split() if word not in legal}


def dependencies(checks: Checks, job: Job) -> None:
    """The system called what a research needs; where the calls can't be observed this is not evaluated."""
    needed = NEEDED_LINKS if job.request.get("website") else ("search", *NEEDED_LINKS)
    if job.calls is None:
        no_links(checks, "research.dependencies_called", "calls over the links")
        return
    counts = {link: sum(call["status"] == OK for call in job.calls.get(link, [])) for link in needed}
    observed = ", ".join(f"{link} {count}" for link, count in counts.items())
    checks.that(
        "research.dependencies_called",
        all(counts.values()),
        "each of " + ", ".join(needed),
        observed,
        n=sum(counts.values()),
    )


def no_links(checks: Checks, check: str, expected: str) -> None:
    reason = f"the environment {context.environment.name} has no links by which the calls could be observed"
    context.system.lacks(checks, check, expected, reason, "links")


def host(url: str) -> str:
    """The host that an address names, or a bare name, without ``www.``."""
    return (urlsplit(url if "//" in url else f"//{url}").hostname or "").removeprefix("www.")


def own_pages(checks: Checks, job: Job) -> None:
    """The sources that the record names are pages of the company's own site that were fetched for this research."""
    record = job.record or {}
    domain = str(record.get("domain") or "").removeprefix("www.")
    sources = [urlsplit(url) for url in record.get("data_sources") or []]
    foreign = sorted({url.hostname or "" for url in sources if (url.hostname or "").removeprefix("www.") != domain})
    checks.that(
        "research.sources_on_domain",
        bool(sources) and not foreign,
        f"pages of {domain}",
        ", ".join(foreign) or f"{len(sources)} pages",
        n=len(sources),
    )
    if job.calls is None:
        no_links(checks, "research.pages_of_one_company", "each source fetched")
        return
    fetched = {(call["host"].partition(":")[0].removeprefix("www."), call["path"]) for call in job.calls.get("web", [])}
    missing = [url.geturl() for url in sources if ((url.hostname or "").removeprefix("www."), url.path or "/") not in fetched]
    observed = f"not fetched: {', '.join(missing)}" if missing else f"all {len(sources)} fetched"
    checks.that(
        "research.pages_of_one_company",
        bool(sources) and not missing,
        "each source fetched from the company's host",
        observed,
        n=len(sources),
    )


def grounded(checks: Checks, job: Job) -> None:
    """What the record says stands on pages that were fetched for it; what stands on none was made up."""
    expected = "nothing that no fetched page says"
    if job.calls is None:
        no_links(checks, "research.grounded", expected)
        return
    pages = [call["body"] for call in job.calls.get("web", []) if call["status"] == OK and call.get("body")]
    if not pages:
        context.system.lacks(checks, "research.grounded", expected, "the record of the link web holds no pages", "links.web.body")
        return
    invented = grounding.ungrounded(job.record or {}, grounding.Texts(pages))
    observed = "; ".join(invented[:MOST_SHOWN]) + (
        f"; and {len(invented) - MOST_SHOWN} more" if len(invented) > MOST_SHOWN else ""
    )
    checks.that("research.grounded", not invented, expected, observed or f"none; {len(pages)} pages", n=len(pages))


def ended(job: Job) -> bool:
    """Whether the job was followed to its end."""
    return job.status in FINAL and job.finished_after is not None
