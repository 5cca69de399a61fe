"""Keywords that compare what the system reports about itself with what was observed: status, active jobs, start page."""

from __future__ import annotations

import time
from typing import Any

from robotlibcore import keyword

from theodore_qa.context import context
from theodore_qa.observing.checks import Checks
from theodore_qa.observing.display import written
from theodore_qa.systems import conformance, streams
from theodore_qa.timing import show
from TheodoreLibrary import jobs

ATTEMPTS, FAILING = 3, 2
ENDS = {"completed": (1, ATTEMPTS), "failed": (FAILING, FAILING)}
UNKNOWN = "Fake Corp ABC456"
LONGEST = 60.0
IDLE_WITHIN, SOCKET_WITHIN = 3.0, 5.0
UPTIMES_APART = 5.0
SECTIONS = {"/health": "metrics", "/metrics": "system", "/status": "system"}
SOCKET, NOTIFICATION = "/ws/monitoring", "system_notification"
PLACES = (*SECTIONS, SOCKET)


class ReportKeywords:
    """What the system reports about itself."""

    @keyword(tags=("report",))
    def status_should_tell_the_providers(self, *providers: str, identity: str | None = None) -> None:
        """Checks that the detailed status names the AI providers with a closed circuit breaker for each.

        Its service, version and uptime are compared with the version, the health and the start page.

        Args:
            providers: The providers that the status must name, in their order.
            identity: The identity that sends the requests; by default the first one of the environment.

        Example:

        ```robotframework
        Status Should Tell The Providers    openai    gemini    bedrock
        ```
        """
        answer = _get("/status", identity)
        breakers = (answer.object().get("container") or {}).get("ai_providers") or {}
        checks = Checks("Status", ", ".join(providers))
        conformance.conform(checks, "api.contract", answer)
        checks.that(
            "api.status_providers",
            breakers == dict.fromkeys(providers, "closed"),
            f"a closed breaker for each of {', '.join(providers)}",
            breakers,
            n=len(providers),
        )
        service = answer.object().get("service") or {}
        checks.equal("api.status_running", "running", service.get("status"))
        version = _get("/version", identity).object()
        checks.equal("api.status_version", version.get("version"), service.get("version"))
        configuration, capabilities = (answer.object().get(name) or {} for name in ("configuration", "capabilities"))
        order = configuration.get("ai_provider_order")
        checks.that("api.status_order", order == list(providers), ", ".join(providers), order, n=len(providers))
        checks.equal("api.status_features", version.get("api_features"), capabilities.get("features"))
        live = capabilities.get("live")
        checks.that("api.status_live", live == ["sse", "websocket"], "live updates by sse, websocket", live)
        _same_uptime(checks, service.get("uptime_seconds"), identity)
        start = context.system.request("GET", "/").object()
        checks.equal("api.start_name", service.get("name"), start.get("name"))
        for name, path in (start.get("endpoints") or {}).items():
            system = context.system  # its paths start at the root
            reached = system.send("GET", path, system.token_headers(system.token(identity)))
            checks.that(
                "api.start_endpoints",
                reached.status == jobs.OK,
                f"status {jobs.OK} for {name} at {path}",
                f"status {reached.status}",
            )
        checks.conclude()

    @keyword(tags=("report",))
    def running_jobs_should_be_reported(self, company: str = "Slack", *, identity: str | None = None) -> None:
        """Checks that health, metrics and status count a research as active while it runs, and no longer after its end.

        So does the monitoring socket. The metrics count it as a completed research then, and each of two that fail as failed.

        The system should be idle otherwise. If three researches end before the counts could be read, this is NOT EVALUATED.

        Args:
            company: The name of the company that is researched; Slack by default.
            identity: The identity that sends the requests; by default the first one of the environment.

        Example:

        ```robotframework
        Running Jobs Should Be Reported    Slack
        ```
        """
        checks = Checks("Active jobs", company)
        during, ended = None, {status: _ended(status, identity) for status in ENDS}
        for _ in range(ATTEMPTS):
            job = jobs.start(company, identity)
            counts = {path: _active(checks, path, identity) for path in PLACES}
            running = jobs.ask(job).object().get("status") not in jobs.FINAL
            jobs.follow(job, LONGEST)
            if running:
                during = counts
                break
        if during is None:
            reason = f"{ATTEMPTS} researches ended before they could be looked at"
            checks.not_evaluated("api.active_jobs", "a running research", reason)
            checks.conclude()
            return
        for unknown in [jobs.start(UNKNOWN, identity) for _ in range(FAILING)]:
            jobs.follow(unknown, LONGEST)
        for status, (least, most) in ENDS.items():
            grown = _ended(status, identity) - ended[status]
            expected = f"{least} to {most} more {status} researches in /metrics"
            checks.that("api.ended_jobs", least <= grown <= most, expected, f"{grown} more")
        for path, count in during.items():
            checks.that(
                "api.active_jobs",
                count is not None and count >= 1,
                f"at least 1 active job in {path}",
                f"{written(count)} active jobs",
            )
            after = _fewer(checks, path, count or 0, identity)
            fewer = after is not None and 0 <= after < (count or 0)
            checks.that(
                "api.active_jobs_after",
                fewer,
                f"fewer than {count} active jobs in {path} after its end",
                f"{written(after)} active jobs",
            )
        checks.conclude()


def _get(path: str, identity: str | None) -> Any:
    return context.system.request("GET", path, token=context.system.token(identity))


def _active(checks: Checks, path: str, identity: str | None) -> int | None:
    """How many jobs are active, as one of the routes or the socket tells it."""
    if path == SOCKET:
        return _monitored(identity)
    answer = _get(path, identity)
    conformance.conform(checks, "api.contract", answer)
    count = (answer.object().get(SECTIONS[path]) or {}).get("active_jobs")
    return count if isinstance(count, int) else None


def _monitored(identity: str | None) -> int | None:
    """How many jobs are active by the first message of the monitoring socket."""
    system = context.system
    headers = system.token_headers(system.token(identity))
    heard = streams.listen(system, SOCKET, within=SOCKET_WITHIN, headers=headers, until=_notified)
    count = next(((message.get("data") or {}).get("active_jobs") for message in heard.messages if _notified(message)), None)
    return count if isinstance(count, int) else None


def _notified(message: Any) -> bool:
    return isinstance(message, dict) and message.get("type") == NOTIFICATION


def _ended(status: str, identity: str | None) -> int:
    """How many researches ended so by the metrics."""
    return sum(count for name, count in jobs.counted("research", identity).items() if status in name)


def _fewer(checks: Checks, path: str, than: int, identity: str | None) -> int | None:
    """What a route tells once it tells less than before; after some seconds whatever it tells."""
    deadline = time.monotonic() + IDLE_WITHIN
    while True:
        count = _active(checks, path, identity)
        if count is None or count < than or time.monotonic() > deadline:
            return count
        time.sleep(jobs.POLL)


def _same_uptime(checks: Checks, status: Any, identity: str | None) -> None:
    """Status, metrics and health tell of one uptime, later ones of a longer one."""
    metrics = (_get("/metrics", identity).object().get("system") or {}).get("uptime_seconds")
    health = _get("/health", identity).object().get("uptime_seconds")
    reported = [status, metrics, health]
    numbers = [uptime for uptime in reported if isinstance(uptime, int | float)]
    near = len(numbers) == len(reported) and 0 < numbers[0] <= numbers[1] <= numbers[2] < numbers[0] + UPTIMES_APART
    observed = " → ".join(show(uptime) for uptime in numbers) or "none"
    checks.that(
        "api.uptime", near, "an uptime that grows by less than 5 s from status over metrics to health", observed, n=len(reported)
    )
