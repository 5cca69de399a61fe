"""Keywords for what holds of a research from its start to its end, and after."""

from __future__ import annotations

import time
from datetime import timedelta
from typing import TYPE_CHECKING

from robotlibcore import keyword

from theodore_qa.context import context
from theodore_qa.errors import UsageError
from theodore_qa.observing.checks import Checks
from theodore_qa.systems import conformance
from TheodoreLibrary import jobs, phases, research_checks
from TheodoreLibrary.jobs import Job, watch

if TYPE_CHECKING:
    from theodore_qa.systems.exchange import Exchange

SETTLE = timedelta(seconds=1)
NOT_FOUND = 404
CONFLICT = 409


class LifecycleKeywords:
    """Progress, phases, dependencies, and researches that are asked for again."""

    @keyword(tags=("research",))
    def given_website_should_be_used(self, research: Job) -> None:
        """Checks that a research that was told the company's website read that site, and that its record names it.

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
        checks.that("research.website_kept", kept == host, host, kept or "none")
        if research.calls is None:
            research_checks.no_links(checks, "research.website_read", f"pages of {host}")
        else:
            read = [call for call in research.calls.get("web", []) if call["status"] == jobs.OK]
            hosts = sorted({research_checks.host(f"//{call['host']}") for call in read})
            checks.that("research.website_read", hosts == [host], f"pages of {host}", ", ".join(hosts) or "none", n=len(read))
        checks.conclude()

    @keyword(tags=("research",))
    def forbidden_pages_should_not_be_read(self, research: Job, *paths: str) -> None:
        """Checks that a research asked for robots.txt and read no page that it forbids (RFC 9309).

        Where the environment has no links, this is NOT EVALUATED.

        Args:
            research: A research that was followed to its end.
            paths: Beginnings of the paths that the company's robots.txt disallows, such as /internal/.

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
            checks.that("research.robots_asked", "/robots.txt" in requested, "a call for /robots.txt", f"{len(requested)} calls")
            wrong = sorted({path for path in requested if path.startswith(paths)})
            observed = ", ".join(wrong) or f"none of {len(requested)} calls"
            checks.that(
                "research.robots", bool(requested) and not wrong, f"no page below {', '.join(paths)}", observed, n=len(requested)
            )
        checks.conclude()

    @keyword(tags=("research",))
    def research_should_stay_found(self, research: Job, *, duration: timedelta = SETTLE) -> None:
        """Asks for a finished research again and again and checks that it is found each time, with the same result.

        Args:
            research: A research that was followed to its end.
            duration: For how long it is asked for; 1 second by default.

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
        checks.that("research.job_found_again", worst == jobs.OK, "200 each time", worst, n=len(statuses))
        checks.that(
            "research.result_stays",
            all(unchanged),
            "the same each time",
            f"{sum(unchanged)} of {len(unchanged)} the same",
            n=len(unchanged),
        )
        checks.conclude()

    @keyword(tags=("research",))
    def progress_should_never_go_back(self, research: Job) -> None:
        """Checks the whole course of a research's progress: percentage, steps, names and times only go forward.

        Args:
            research: A research that was followed to its end.

        Example:

        ```robotframework
        ${research} =    Research Company    Salesforce
        Progress Should Never Go Back    ${research}
        ```
        """
        checks = Checks("Progress", research.company)
        research_checks.progress(checks, research)
        checks.conclude()

    @keyword(tags=("research",))
    def dependencies_should_have_been_called(self, research: Job) -> None:
        """Checks that the system really called what a research needs: search, web site, AI provider and vector store.

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
    def phases_should_add_up(self, research: Job) -> None:
        """Checks that a completed research went through all phases and that their durations agree with what was observed.

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
        checks.conclude()

    @keyword(tags=("research",))
    def unknown_research_should_be_refused(self, method: str = "GET", suffix: str = "") -> None:
        """Asks for a research that does not exist and checks the error: its status, its shape and what it says.

        Args:
            method: GET or DELETE.
            suffix: What follows the job's identifier, such as /progress.

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
    checks.equal("api.error_status", status, answer.status)
    conformance.conform(checks, "api.error_shape", answer)
    body = answer.body if isinstance(answer.body, dict) else {}
    checks.that("api.error_names_job", names in str(body.get("message")), "a message that names the job", body.get("message"))
    research_checks.fresh(checks, "api.error_time", answer, body.get("timestamp"))
    checks.conclude()
