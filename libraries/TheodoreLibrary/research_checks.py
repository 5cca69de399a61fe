"""Checks of a research: each function adds to a collection of checks."""

from __future__ import annotations

import datetime as dt
import re
from typing import Any, TYPE_CHECKING
from urllib.parse import urlsplit

from theodore_qa.context import context
from theodore_qa.observing.display import course, plural, written
from theodore_qa.systems import conformance
from theodore_qa.systems.conventions import instant
from theodore_qa.timing import show
from TheodoreLibrary import grounding
from TheodoreLibrary.jobs import FINAL, OK

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
    """The accepted job is about the requested company, and it is new."""
    state = job.accepted.object()
    checks.equal("research.accepted_company", job.company, state.get(job.name_field))
    status = state.get("status")
    checks.that(
        "research.accepted_status",
        status in ("pending", "queued", "running"),
        "status pending, queued or running",
        f"status {status}",
    )
    for name in ("created_at", "updated_at"):
        fresh(checks, f"research.{name}_fresh", job.accepted, state.get(name))
    try:
        in_order = instant(state["created_at"]) <= instant(state["updated_at"])
    except (KeyError, TypeError, ValueError):
        in_order = False
    moments = f"created_at {state.get('created_at')}, updated_at {state.get('updated_at')}"
    checks.that("research.accepted_times", in_order, "created_at no later than updated_at", moments)
    expected = state.get("estimated_completion")
    try:
        later = expected is None or instant(expected) > instant(state["created_at"])
    except (KeyError, TypeError, ValueError):
        later = False
    checks.that("research.estimate", later, "no estimate, or one after created_at", expected or "no estimate")
    checks.that(
        "research.retry_count",
        state.get("retry_count") in (None, 0),
        "no retries",
        f"retry_count {written(state.get('retry_count'))}",
    )
    progress = state.get("progress")
    waiting = progress is None or (
        isinstance(progress, dict) and progress.get("percentage") == 0 and progress.get("step_number") == 0
    )
    checks.that("research.progress_at_start", waiting, "no progress, or step 0 at 0 %", progress or "no progress")
    step = progress.get("current_step") if isinstance(progress, dict) else "queued"
    checks.that("research.step_at_start", step in WAITING, " or ".join(WAITING), step)
    checks.that(
        "research.nothing_yet",
        not state.get("result") and not state.get("error"),
        "no result, no error",
        _has((bool(state.get("result")), bool(state.get("error")))),
    )


def fresh(checks: Checks, check: str, answer: Exchange, moment: Any) -> None:
    """A time in an answer lies between our request and the answer: a recorded answer would be older."""
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
    """Every answer was about this job and this company, and kept to the contract."""
    ids = {answer.object().get("job_id") for answer in job.answers}
    checks.that("research.same_job", ids == {job.id}, job.id, ", ".join(map(str, ids)), n=len(job.answers))
    names = {answer.object().get(job.name_field) for answer in job.answers}
    checks.that("research.same_company", names == {job.company}, job.company, ", ".join(map(str, names)), n=len(job.answers))
    idle = [
        state for state in (answer.object() for answer in job.answers) if _at_work(state) and state.get("status") != "running"
    ]
    observed = ", ".join(f"{state.get('status')} in step {state['progress'].get('current_step')}" for state in idle[:3])
    checks.that(
        "research.running", not idle, "status running while a phase works", observed or _statuses(job), n=len(job.answers)
    )
    _times_stay(checks, job)
    if job.last_progress:
        progress = job.state.get("progress")
        agree = isinstance(progress, dict) and progress == job.last_progress.body
        observed = _percentage(progress) if agree else _difference(progress, job.last_progress.body)
        checks.that("research.progress_routes_agree", agree, "equal progress from both routes", observed, n=2)
    signed_in = context.system.authenticator.answers.get(context.system.identity(job.identity).name)
    answers = [*filter(None, (signed_in, job.last_progress)), job.accepted, *job.answers, *job.progress]
    conformance.conform(checks, "research.contract", *answers)


def _times_stay(checks: Checks, job: Job) -> None:
    """When a job was created and began is the same in every answer, and no answer is older than the one before it."""
    states = [answer.object() for answer in (job.accepted, *job.answers)]
    for name in ("created_at", "started_at"):
        moments = list(dict.fromkeys(state[name] for state in states if state.get(name)))
        observed = f"{name} {' → '.join(map(str, moments)) or 'none'}"
        checks.that(f"research.{name}_stays", len(moments) <= 1, f"one {name} in all answers", observed, n=len(states))
    updates = [str(state.get("updated_at")) for state in states]
    try:
        forward = [instant(text) for text in updates] == sorted(instant(text) for text in updates)
    except ValueError:
        forward = False
    checks.that(
        "research.updated_at_order", forward, "updated_at that never falls", f"{updates[0]} to {updates[-1]}", n=len(states)
    )


def _at_work(state: dict[str, Any]) -> bool:
    """Whether a job has come to its first phase and has not ended."""
    progress = state.get("progress")
    return state.get("status") not in FINAL and isinstance(progress, dict) and (progress.get("step_number") or 0) >= 1


def _statuses(job: Job) -> str:
    """The statuses of a job in the order of its answers."""
    return course([answer.object().get("status") for answer in job.answers])


def _percentage(progress: Any) -> str:
    return f"{progress.get('percentage')} % in step {progress.get('current_step')}"


def _difference(first: Any, second: Any) -> str:
    if not isinstance(first, dict) or not isinstance(second, dict):
        return f"{written(first)} and {written(second)}"
    names = [name for name in {**first, **second} if first.get(name) != second.get(name)]
    return "; ".join(f"{name} {written(first.get(name))} and {written(second.get(name))}" for name in names)


def valid_fields(checks: Checks, job: Job) -> None:
    """The fields of the record have the format of their kind."""
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
        "well-formed phone, contact_email, website and domain",
        f"malformed: {', '.join(malformed)}" if malformed else f"{len(forms)} of {len(forms)} fields",
        n=len(forms),
    )
    name = str(record.get("name") or "")
    summary = record.get("ai_summary")
    names_it = summary is None or (bool(name) and str(summary).startswith(name))
    checks.that("research.summary_begins_with_name", names_it, f"a summary that begins with {name}", summary or "no summary")
    personnel = record.get("key_personnel") or []
    if not personnel:
        return
    named = all(isinstance(person, dict) and person.get("name") and person.get("role") for person in personnel)
    checks.that("research.people_have_roles", named, "a name and a role for each person", personnel, n=len(personnel))


def answer_times(checks: Checks, job: Job, limit: float) -> None:
    """No answer took longer than ``limit`` seconds."""
    slowest = max((job.accepted, *job.answers, *job.progress), key=lambda answer: answer.duration)
    observed = f"{show(slowest.duration)} for {slowest.method} {slowest.path}"
    checks.that("research.answer_time", slowest.duration <= limit, f"at most {show(limit)}", observed, n=len(job.answers))


def finished(checks: Checks, job: Job, expected: str) -> None:
    """The job ended in the expected status, and its times and other fields agree with that."""
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
        "created_at ≤ started_at ≤ completed_at ≤ updated_at",
        observed,
    )
    fresh_end(checks, job, state.get("completed_at"))
    checks.that(
        "research.retry_count",
        state.get("retry_count") in (None, 0),
        "no retries",
        f"retry_count {written(state.get('retry_count'))}",
    )
    if expected != "completed":
        not_whole(checks, job)
    if expected == "failed":
        error, message = str(state.get("error") or ""), str((state.get("progress") or {}).get("message") or "")
        agree = bool(message) and (message in error or error in message)
        checks.that("research.failed_message", agree, "a last message with the reason of the error", message or "no message")


def not_whole(checks: Checks, job: Job) -> None:
    """A job that did not complete stands where it stood, and not at 100 %."""
    if job.status == "completed":
        return
    share = (job.state.get("progress") or {}).get("percentage")
    below = isinstance(share, int | float) and 0 <= share < 100  # noqa: PLR2004  # per cent
    checks.that("research.unfinished_share", below, f"less than 100 % of a job that is {job.status}", f"{written(share)} %")


def fresh_end(checks: Checks, job: Job, moment: Any) -> None:
    """The end of the job, as the system dates it, lies within the time in which we followed it."""
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


def has_data(checks: Checks, job: Job) -> None:
    """A completed research holds facts beyond the company's name."""
    record = job.record or {}
    filled = [name for name, value in record.items() if value not in (None, "", [], {}, "unknown") and name not in ADMINISTRATIVE]
    checks.that(
        "research.has_data",
        len(filled) >= LEAST_FIELDS,
        f"at least {LEAST_FIELDS} facts",
        plural(len(filled), "fact"),
        n=len(record),
    )


def names_company(checks: Checks, job: Job) -> None:
    """The record is about the requested company."""
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
    """The system called what a research needs. Where the calls cannot be observed, this is not evaluated."""
    needed = NEEDED_LINKS if job.request.get("website") else ("search", *NEEDED_LINKS)
    if job.calls is None:
        no_links(checks, "research.dependencies_called", "at least 1 call to each of " + ", ".join(needed))
        return
    counts = {link: sum(call["status"] == OK for call in job.calls.get(link, [])) for link in needed}
    observed = ", ".join(f"{link} {count}" for link, count in counts.items())
    checks.that(
        "research.dependencies_called",
        all(counts.values()),
        "at least 1 call to each of " + ", ".join(needed),
        observed,
        n=sum(counts.values()),
    )


def no_links(checks: Checks, check: str, expected: str) -> None:
    reason = f"the environment {context.environment.name} has no links by which the calls could be observed"
    context.system.lacks(checks, check, expected, reason, "links")


def host(url: str) -> str:
    """The host of a URL or of a bare name, without ``www.``."""
    return (urlsplit(url if "//" in url else f"//{url}").hostname or "").removeprefix("www.")


def own_pages(checks: Checks, job: Job) -> None:
    """The sources of the record are pages of the company's own site, and were fetched for this research."""
    record = job.record or {}
    domain = str(record.get("domain") or "").removeprefix("www.")
    sources = [urlsplit(url) for url in record.get("data_sources") or []]
    foreign = sorted({url.hostname or "" for url in sources if (url.hostname or "").removeprefix("www.") != domain})
    checks.that(
        "research.sources_on_domain",
        bool(sources) and not foreign,
        f"sources on {domain} alone",
        f"other hosts: {', '.join(foreign)}" if foreign else plural(len(sources), "page"),
        n=len(sources),
    )
    if job.calls is None:
        no_links(checks, "research.pages_of_one_company", "each source fetched")
        return
    fetched = {(call["host"].partition(":")[0].removeprefix("www."), call["path"]) for call in job.calls.get("web", [])}
    missing = [url.geturl() for url in sources if ((url.hostname or "").removeprefix("www."), url.path or "/") not in fetched]
    observed = f"not fetched: {', '.join(missing)}" if missing else f"{len(sources)} of {len(sources)} fetched"
    checks.that(
        "research.pages_of_one_company",
        bool(sources) and not missing,
        "each source fetched from the company's host",
        observed,
        n=len(sources),
    )


def grounded(checks: Checks, job: Job) -> None:
    """The fetched pages support what the record says; what they do not support was invented."""
    expected = "no fact or sentence that no fetched page supports"
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
    checks.that("research.grounded", not invented, expected, observed or f"0 in {plural(len(pages), 'page')}", n=len(pages))


def ended(job: Job) -> bool:
    """Whether the job was followed to its end."""
    return job.status in FINAL and job.finished_after is not None
