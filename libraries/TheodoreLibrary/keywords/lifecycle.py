"""Keywords for the life cycle of a research: its progress, its calls, and what remains after its end."""

from __future__ import annotations

import time
from datetime import timedelta
from typing import TYPE_CHECKING

from robotlibcore import keyword

from theodore_qa.context import context
from theodore_qa.errors import UsageError
from theodore_qa.observing.checks import Checks
from theodore_qa.observing.display import course
from theodore_qa.systems import conformance
from TheodoreLibrary import jobs, phases, reported_times, reported_totals, research_checks
from TheodoreLibrary.jobs import Job, watch

if TYPE_CHECKING:
    from theodore_qa.systems.exchange import Exchange

SETTLE = timedelta(seconds=1)
NOT_FOUND = 404
CONFLICT = 409


class LifecycleKeywords:
    """Progress, phases, dependencies, and researches that are requested again."""

    @keyword(tags=("research",))
    def given_website_should_be_used(self, research: Job) -> None:
        """Checks that a research with a given website read that site, and that its record names it.

        A leading ``www.`` makes no difference. Where the environment has no links, which site was read is NOT EVALUATED.

        Args:
            research: A research that was started with ``website`` and followed to its end.

        Example:

        ```robotframework
        ${research} =    Research Company    Figma    website=https://www.figma.com
        Given Website Should Be Used    ${research}
        ```
        """
        website = str(research.request.get("website") or "")
        if not website:
            raise UsageError(f"The {research} was given no website: start it with website=https://… first.")
        host = research_checks.host(website)
        record = research.record or {}
        checks = Checks("Given website", research.company)
        checks.equal("research.website_completed", "completed", research.status)
        kept = research_checks.host(str(record.get("website") or record.get("domain") or ""))
        checks.that("research.website_kept", kept == host, f"a website on {host}", kept or "no website")
        if research.calls is None:
            research_checks.no_links(checks, "research.website_read", f"pages of {host}")
        else:
            read = [call for call in research.calls.get("web", []) if call["status"] == jobs.OK]
            hosts = sorted({research_checks.host(f"//{call['host']}") for call in read})
            checks.that(
                "research.website_read", hosts == [host], f"pages of {host} alone", ", ".join(hosts) or "no pages", n=len(read)
            )
        checks.conclude()

    @keyword(tags=("research",))
    def forbidden_pages_should_not_be_read(self, research: Job, *paths: str) -> None:
        """Checks that a research read robots.txt and none of the pages that it disallows (RFC 9309).

        Where the environment has no links, this is NOT EVALUATED.

        Args:
            research: A research that was followed to its end.
            paths: The beginnings of paths that the company's robots.txt disallows, such as /internal/.

        Example:

        ```robotframework
        ${research} =    Research Company    Salesforce
        Forbidden Pages Should Not Be Read    ${research}    /internal/
        ```
        """
        if not paths:
            raise UsageError("Name at least one path that robots.txt disallows, such as /internal/.")
        checks = Checks("Forbidden pages", research.company)
        if research.calls is None:
            research_checks.no_links(checks, "research.robots", f"no page below {', '.join(paths)}")
        else:
            requested = [call["path"] for call in research.calls.get("web", [])]
            checks.that(
                "research.robots_asked",
                "/robots.txt" in requested,
                "at least 1 call for /robots.txt",
                f"{requested.count('/robots.txt')} of {len(requested)} calls",
            )
            wrong = sorted({path for path in requested if path.startswith(paths)})
            observed = ", ".join(wrong) or f"0 of {len(requested)} calls"
            checks.that(
                "research.robots", bool(requested) and not wrong, f"no page below {', '.join(paths)}", observed, n=len(requested)
            )
        checks.conclude()

    @keyword(tags=("research",))
    def research_should_stay_found(self, research: Job, *, duration: timedelta = SETTLE) -> None:
        """Requests a finished research repeatedly and checks that each answer is unchanged.

        Args:
            research: A research that was followed to its end.
            duration: The time during which it is requested again; 1 second by default.

        Example:

        ```robotframework
        ${research} =    Research Company    Salesforce
        Research Should Stay Found    ${research}    duration=1 s
        ```
        """
        first = research.state
        statuses: list[int] = []
        unchanged: list[bool] = []

        def lost() -> bool:
            answer = jobs.ask(research)
            statuses.append(answer.status)
            unchanged.append(answer.body == first)
            return answer.status != jobs.OK

        watch(duration.total_seconds(), lost)
        checks = Checks("Research asked for again", research.company)
        worst = max(statuses)
        checks.that(
            "research.job_found_again", worst == jobs.OK, "status 200 each time", f"status {course(statuses)}", n=len(statuses)
        )
        checks.that(
            "research.result_stays",
            all(unchanged),
            "an unchanged job in each answer",
            f"{sum(unchanged)} of {len(unchanged)} answers unchanged",
            n=len(unchanged),
        )
        checks.conclude()

    @keyword(tags=("research",))
    def progress_should_never_go_back(self, research: Job) -> None:
        """Checks that the percentage, the steps and the times of a research's progress never go back.

        Args:
            research: A research that was followed to its end.

        Example:

        ```robotframework
        ${research} =    Research Company    Salesforce
        Progress Should Never Go Back    ${research}
        ```
        """
        checks = Checks("Progress", research.company)
        phases.progress(checks, research)
        checks.conclude()

    @keyword(tags=("research",))
    def dependencies_should_have_been_called(self, research: Job) -> None:
        """Checks that the system called what a research needs: search, web site, AI provider and vector store.

        The calls are those that the dependency links of the environment recorded. Without links this is NOT EVALUATED.

        Args:
            research: A research that was completed.

        Example:

        ```robotframework
        ${research} =    Research Company    Salesforce
        Dependencies Should Have Been Called    ${research}
        ```
        """
        checks = Checks("Dependencies", research.company)
        research_checks.dependencies(checks, research)
        checks.conclude()

    @keyword(tags=("research",))
    def reported_times_should_agree_with_our_clock(self, research: Job) -> None:
        """Checks that a completed research began, lasted and ended as it was seen to, whole and phase by phase.

        What is seen are the answers about it, with the moments at which they were requested and came, and the links' records of
        the calls that its phases made. Where the environment has no links, the answers alone are taken.

        Args:
            research: A research that was followed to its end.

        Raises:
            QaError: The system reports other times than were seen.
            UsageError: The research did not complete.

        Example:

        ```robotframework
        ${research} =    Research Company    Salesforce
        Reported Times Should Agree With Our Clock    ${research}
        ```
        """
        if research.status != "completed":
            raise UsageError(f"The {research} ended as {research.status}: only a completed one has the times of all phases.")
        checks = Checks("Reported times", research.company)
        reported_times.began(checks, research)
        reported_times.lasted(checks, research)
        reported_times.phases_lasted(checks, research)
        reported_times.work_lasted(checks, research)
        checks.conclude()

    @keyword(tags=("research",))
    def phases_should_add_up(self, research: Job) -> None:
        """Checks that a completed research passed all phases, in order, and that their durations agree with what was observed.

        The number of pages must be that of the sources, and the length of their text at least half of what a browser shows of all
        pages that were fetched; where links do not keep these, that is NOT EVALUATED.

        Args:
            research: A research that was followed to its end.

        Example:

        ```robotframework
        ${research} =    Research Company    Salesforce
        Phases Should Add Up    ${research}
        ```
        """
        checks = Checks("Phases", research.company)
        phases.in_full(checks, research)
        phases.pages_counted(checks, research)
        reported_totals.order_of_phases(checks, research, "research.phases_follow")
        reported_totals.text_of_pages(checks, research)
        checks.conclude()

    @keyword(tags=("research",))
    def unknown_research_should_be_refused(self, method: str = "GET", suffix: str = "") -> None:
        """Requests a research that does not exist and checks the status, the format and the message of the error.

        Args:
            method: GET or DELETE; GET by default.
            suffix: The part of the path after the job's identifier, such as /progress; none by default.

        Example:

        ```robotframework
        Unknown Research Should Be Refused    GET    /progress
        ```
        """
        job_id = "res_" + format(time.time_ns(), "x")
        path = f"/research/{job_id}{suffix}"
        answer = context.system.request(method.upper(), path, token=context.system.token())
        _check_error(answer, NOT_FOUND, job_id)

    @keyword(tags=("research",))
    def finished_research_should_not_be_cancelled(self, research: Job) -> None:
        """Tries to cancel a finished research and checks that this is refused and changes nothing.

        Args:
            research: A research that was followed to its end.

        Example:

        ```robotframework
        ${research} =    Research Company    Salesforce
        Finished Research Should Not Be Cancelled    ${research}
        ```
        """
        before = research.status
        _check_error(jobs.cancel(research), CONFLICT, research.id)
        jobs.ask(research)
        checks = Checks("After the refused cancel", research.company)
        checks.equal("research.cancel_changes_nothing", before, research.status)
        checks.conclude()


def _check_error(answer: Exchange, status: int, names: str) -> None:
    checks = Checks("Refused", f"{answer.method} {answer.path.replace(names, '{job_id}')}")
    conformance.answered(checks, "api.error_status", status, answer)
    conformance.conform(checks, "api.error_shape", answer)
    body = answer.body if isinstance(answer.body, dict) else {}
    checks.that(
        "api.error_names_job",
        names in str(body.get("message")),
        "a message that names the job",
        body.get("message") or "no message",
    )
    research_checks.fresh(checks, "api.error_time", answer, body.get("timestamp"))
    checks.conclude()
