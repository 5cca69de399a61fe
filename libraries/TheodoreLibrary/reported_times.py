"""The times that the system reports of a research, held against our own clock and against the records of the links."""

from __future__ import annotations

import datetime as dt
from typing import Any, NamedTuple, TYPE_CHECKING

from theodore_qa.systems.conventions import instant
from theodore_qa.timing import show
from TheodoreLibrary.phases import CLOCKS_APART, PHASES

if TYPE_CHECKING:
    from theodore_qa.observing.checks import Checks
    from theodore_qa.systems.exchange import Exchange
    from TheodoreLibrary.jobs import Job

PROVIDERS = ("openai", "gemini", "bedrock")
WORK = {("intelligent_scraping",): ("web",), ("ai_analysis", "embedding_generation"): PROVIDERS}


class Sight(NamedTuple):
    """One look at a research: when it was sent and answered, in seconds from the start, and the step that it showed."""

    sent: float
    received: float
    step: int


def began(checks: Checks, job: Job) -> None:
    """The research began after it was requested, and before it was first seen at work."""
    tolerance = dt.timedelta(seconds=job.system.environment.clock_tolerance)
    seen = next((answer for answer in job.answers if answer.object().get("status") not in ("pending", "queued")), job.answers[-1])
    until = seen.sent + dt.timedelta(seconds=seen.duration)
    reported: Any = job.state.get("started_at")
    try:
        holds = job.accepted.sent - tolerance <= instant(reported) <= until + tolerance
    except (TypeError, ValueError):
        holds = False
    expected = f"a start from {job.accepted.sent:%H:%M:%S.%f} to {until:%H:%M:%S.%f} (± {show(tolerance.total_seconds())})"
    checks.that("research.start_observed", holds, expected, reported or "no started_at")


def lasted(checks: Checks, job: Job) -> None:
    """The whole research lasted as long as it was seen to, whatever the time of day is there."""
    first, last = job.answers[0], job.answers[-1]
    running = [answer for answer in job.answers if answer.object().get("status") == "running"]
    least = (running[-1].sent - running[0].sent).total_seconds() - running[0].duration if running else 0.0
    most = (last.sent - job.accepted.sent).total_seconds() + last.duration
    try:
        reported = (instant(job.state["completed_at"]) - instant(job.state["started_at"])).total_seconds()
    except (KeyError, TypeError, ValueError):
        checks.that("research.duration_observed", holds=False, expected="started_at and completed_at", observed=_moments(job))
        return
    holds = least - CLOCKS_APART <= reported <= most + CLOCKS_APART
    condition = f"{show(max(least, 0))} to {show(most)}, as it was seen"
    checks.that("research.duration_observed", holds, condition, show(reported), n=len(job.answers) + (first is last))


def phases_lasted(checks: Checks, job: Job) -> None:
    """Each phase lasted as long as it was seen at work, and no longer than the looks around it allow."""
    looks = sorted(_looks(job))
    for number, phase in enumerate(PHASES, start=1):
        span = _seconds(job, phase)
        during = [look for look in looks if look.step == number]
        least = max((during[-1].sent - during[0].received if during else 0.0), 0.0)
        before = max((look.sent for look in looks if look.step < number), default=0.0)
        after = min((look.received for look in looks if look.step > number), default=looks[-1].received if looks else 0.0)
        most = after - before
        if span is None:
            checks.not_evaluated("research.phases_observed", f"a duration of {phase}", "the phase reports no duration_ms")
            continue
        holds = least - CLOCKS_APART <= span <= most + CLOCKS_APART
        condition = f"{phase} {show(least)} to {show(most)}, as it was seen"
        checks.that("research.phases_observed", holds, condition, show(span), n=len(looks))


def work_lasted(checks: Checks, job: Job) -> None:
    """The phases that call a dependency lasted at least as long as their calls, by the records of the links."""
    if job.calls is None:
        return
    for phases, links in WORK.items():
        spans = [_seconds(job, phase) for phase in phases]
        calls = [call for link in links for call in job.calls.get(link, [])]
        reported = sum(span for span in spans if span is not None)
        worked = _covered([(call["started"], call["finished"]) for call in calls])
        holds = None not in spans and reported + CLOCKS_APART >= worked
        expected = f"{' and '.join(phases)} at least {show(worked)}, as long as their calls"
        if calls:
            checks.that("research.work_observed", holds, expected, show(reported), n=len(calls))


def _looks(job: Job) -> list[Sight]:
    answers = [(answer, answer.object()) for answer in job.progress]
    answers += [(answer, answer.object().get("progress") or {}) for answer in job.answers]
    return [_sight(job, answer, progress) for answer, progress in answers if isinstance(progress.get("step_number"), int)]


def _sight(job: Job, answer: Exchange, progress: dict[str, Any]) -> Sight:
    sent = (answer.sent - job.accepted.sent).total_seconds()
    ended = answer.object().get("status") in ("completed", "failed", "cancelled") or progress.get("percentage") == 100  # noqa: PLR2004  # per cent
    return Sight(sent, sent + answer.duration, len(PHASES) + 1 if ended else int(progress["step_number"]))


def _seconds(job: Job, phase: str) -> float | None:
    milliseconds = job.phases.get(phase, {}).get("duration_ms")
    return milliseconds / 1000 if isinstance(milliseconds, int | float) and not isinstance(milliseconds, bool) else None


def _covered(spans: list[tuple[float, float]]) -> float:
    """The seconds that spans cover together, those that overlap counted once."""
    total, end = 0.0, float("-inf")
    for start, finish in sorted(spans):
        total += max(0.0, finish - max(start, end))
        end = max(end, finish)
    return total


def _moments(job: Job) -> str:
    return f"started_at {job.state.get('started_at')}, completed_at {job.state.get('completed_at')}"
