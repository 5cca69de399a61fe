"""Keywords for the AI providers of a research: which one answered, what it cost, and what fall-back and retries did."""

from __future__ import annotations

from datetime import timedelta  # Robot converts arguments by these hints
from typing import Any

from robotlibcore import keyword

from theodore_qa.context import context
from theodore_qa.errors import unknown
from theodore_qa.observing.checks import Checks
from theodore_qa.observing.display import course, plural, written
from theodore_qa.systems import exchange
from theodore_qa.timing import show
from TheodoreLibrary import jobs, providers, research_checks, vendors
from TheodoreLibrary.jobs import Job  # Robot converts arguments by these hints

DIMENSIONS = 1536
BOTH = 2  # calls: the analysis and the embedding
GROWTH = 1.4  # of the second pause over the first: twice, less jitter
MOST_CHARACTERS = 12  # of a page to a token of the prompt, in any language
CHARGED = ("prompt_tokens", "completion_tokens")
EARLY = 0.95  # share of a pause that a timer may cut
TIMEOUT = timedelta(seconds=60)
KEPT_ON_FALLBACK = (
    "competitors",
    "competitive_advantages",
    "key_personnel",
    "products",
    "description",
    "headquarters",
    "ai_summary",
)


class AiKeywords:
    """Researches by a chosen provider, and by fall-back."""

    @keyword(tags=("ai", "precondition"))
    def research_with_provider(
        self, company: str, provider: str, *, identity: str | None = None, timeout: timedelta = TIMEOUT
    ) -> Job:
        """Researches a company by one AI provider, which does the analysis and the embedding.

        Args:
            company: The company's name.
            provider: openai, gemini or bedrock. It is sent in ``config_overrides``.
            identity: The identity that sends the requests; by default the first one of the environment.
            timeout: The longest time from the start to the end; 60 seconds by default.

        Returns:
            The research.

        Example:

        ```robotframework
        ${research} =    Research With Provider    Slack    gemini
        Provider Should Have Answered    ${research}    gemini
        ```
        """
        providers.require_provider(provider)
        job = jobs.start(company, identity, config_overrides={"ai_provider": provider})
        jobs.follow(job, timeout.total_seconds())
        checks = Checks("Research followed", company)
        research_checks.one_job(checks, job)
        checks.conclude()
        jobs.leave_open(job)
        return job

    @keyword(tags=("ai",))
    def provider_should_have_answered(self, research: Job, provider: str, *, at_least_tokens: int = 100) -> None:
        """Checks which provider did the analysis and the embedding of a research, and the tokens that it counted.

        The calls that the providers received are compared with what the research reports, and so are the tokens that they
        counted where the links keep their answers. The embedding must have 1536 dimensions. Without links the calls are NOT
        EVALUATED.

        Args:
            research: A research that was completed.
            provider: openai, gemini or bedrock: the provider that must have been called, and alone.
            at_least_tokens: The least number of tokens of the analysis; 100 by default.

        Example:

        ```robotframework
        ${research} =    Research With Provider    Slack    bedrock
        Provider Should Have Answered    ${research}    bedrock    at_least_tokens=100
        ```
        """
        providers.require_provider(provider)
        checks = Checks("Provider", f"{research.company} by {provider}")
        checks.equal("ai.completed", "completed", research.status)
        analysis, embedding = _output(research, "ai_analysis"), _output(research, "embedding_generation")
        checks.equal("ai.provider", provider, analysis.get("provider"))
        checks.equal("ai.embedding_provider", provider, embedding.get("provider"))
        checks.equal("ai.embedding_dimensions", DIMENSIONS, embedding.get("dimensions"))
        checks.that("ai.model", bool(analysis.get("model")), "a model", analysis.get("model"))
        model = embedding.get("model")
        other = bool(model) and model != analysis.get("model")
        checks.that("ai.embedding_model", other, f"a model for embeddings, other than {analysis.get('model')}", model)
        _tokens(checks, analysis, at_least_tokens, research)
        if research.calls is None:
            research_checks.no_links(checks, "ai.provider_called", f"calls to {provider} alone")
        else:
            calls = {name: research.calls.get(name, []) for name in providers.PROVIDERS}
            counts = {name: sum(call["status"] == jobs.OK for call in made) for name, made in calls.items()}
            others = sum(count for name, count in counts.items() if name != provider)
            observed = ", ".join(f"{name} {count}" for name, count in counts.items())
            checks.that(
                "ai.provider_called",
                counts[provider] >= BOTH and not others,
                f"calls to {provider} alone",
                observed,
                n=sum(counts.values()),
            )  # analysis and embedding
            _charged(checks, provider, research.calls.get(provider, []), analysis.get("token_usage") or {})
        checks.conclude()

    @keyword(tags=("ai",))
    def provider_duration_should_be_within(
        self, research: Job, *, analysis: timedelta, embedding: timedelta = timedelta(seconds=10)
    ) -> None:
        """Checks the durations of the analysis and the embedding of a research, as the system reports them.

        Both must be above zero, and together no longer than the whole research took by our own clock.

        Args:
            research: A research that was completed.
            analysis: The longest duration of the analysis, such as 15 s.
            embedding: The longest duration of the embedding; 10 seconds by default, as in the enterprise testing ticket.

        Example:

        ```robotframework
        ${research} =    Research With Provider    Slack    gemini
        Provider Duration Should Be Within    ${research}    analysis=20 s
        ```
        """
        checks = Checks("Durations", research.company)
        total = 0.0
        for name, phase, limit in (("analysis", "ai_analysis", analysis), ("embedding", "embedding_generation", embedding)):
            spent = research.phases.get(phase, {}).get("duration_ms")
            if not isinstance(spent, int | float):
                checks.not_evaluated(
                    f"ai.{name}_time", f"at most {show(limit.total_seconds())}", "the system reports no duration"
                )
                continue
            total += spent / 1000
            checks.that(
                f"ai.{name}_time",
                0 < spent / 1000 <= limit.total_seconds(),
                f"at most {show(limit.total_seconds())}",
                show(spent / 1000),
            )
        whole = research.finished_after or 0.0
        checks.that(
            "ai.times_borne_out", 0 < total <= whole + 0.05, f"at most {show(whole)}, as long as the research took", show(total)
        )
        checks.conclude()

    @keyword(tags=("ai",))
    def fallback_should_have_been_used(self, research: Job, failing: str, answering: str) -> None:
        """Checks that a research fell back from a failing provider to another, and that it reports this truly.

        The calls that both providers received are compared with the report. Without links they are NOT EVALUATED.

        Args:
            research: A research that was completed while ``failing`` misbehaved.
            failing: The provider that was called first and failed.
            answering: The provider that answered instead.

        Example:

        ```robotframework
        Make Dependency Misbehave    openai    status=503
        ${research} =    Research Company    Slack
        Fallback Should Have Been Used    ${research}    openai    gemini
        ```
        """
        providers.require_provider(failing)
        providers.require_provider(answering)
        checks = Checks("Fall-back", f"{research.company} from {failing} to {answering}")
        analysis = _output(research, "ai_analysis")
        checks.that(
            "ai.fallback",
            research.status == "completed",
            "status completed",
            f"status {research.status}" + (f": {research.error}" if research.error else ""),
        )
        checks.equal("ai.fallback_provider", answering, analysis.get("provider"))
        checks.that(
            "ai.fallback_reported",
            analysis.get("fallback_used") is True,
            "fallback_used true",
            f"fallback_used {written(analysis.get('fallback_used'))}",
        )
        attempts = analysis.get("attempts") or []
        tried = [attempt.get("provider") for attempt in attempts]
        right = bool(tried) and tried[0] == failing and tried[-1] == answering
        checks.that("ai.attempts_reported", right, f"attempts from {failing} to {answering}", course(tried), n=len(tried))
        outcomes = [attempt.get("outcome") for attempt in attempts]
        different = all(outcomes) and len(outcomes) > 1 and outcomes[-1] not in outcomes[:-1]
        observed = ", ".join(map(str, outcomes)) or "none"
        checks.that(
            "ai.attempts_explained", different, "an outcome of each attempt, the last unlike the others", observed, n=len(tried)
        )
        if research.calls is None:
            research_checks.no_links(checks, "ai.fallback_received", f"calls to {failing}, then to {answering}")
        else:
            first, then = (
                research.calls.get(failing, []),
                [c for c in research.calls.get(answering, []) if c["status"] == jobs.OK],
            )
            in_order = bool(first and then) and first[0]["started"] <= then[0]["started"]
            observed = f"{failing} {len(first)}, {answering} {len(then)} answered"
            checks.that(
                "ai.fallback_received", in_order, f"calls to {failing}, then to {answering}", observed, n=len(first) + len(then)
            )
            if analysis.get("provider") == answering:
                reported = sum(attempt == failing for attempt in tried)
                received = sum("embed" not in call["path"].lower() and "invoke" not in call["path"] for call in first)
                checks.that(
                    "ai.attempts_true",
                    reported == received,
                    f"{received} attempts at {failing} reported",
                    f"{reported} reported",
                    n=received,
                )
        checks.conclude()

    @keyword(tags=("ai",))
    def fallback_should_lose_nothing(self, research: Job, *, compared_with: Job) -> None:
        """Checks that a record from a fall-back provider has the same fields filled as one from the first provider.

        Args:
            research: The research that used a fall-back.
            compared_with: A research of the same company without a fall-back.

        Example:

        ```robotframework
        ${usual} =    Research Company    Slack
        Make Dependency Misbehave    openai    status=503
        ${other} =    Research Company    Slack
        Fallback Should Lose Nothing    ${other}    compared_with=${usual}
        ```
        """
        checks = Checks("Nothing lost", research.company)
        reference, record = compared_with.record or {}, research.record or {}
        held = [name for name in KEPT_ON_FALLBACK if reference.get(name)]
        lost = [name for name in held if not record.get(name)]
        checks.that(
            "ai.fallback_complete",
            bool(held) and not lost,
            f"values for {', '.join(held)}",
            f"missing: {', '.join(lost)}" if lost else f"{len(held)} of {len(held)} fields",
            n=len(held),
        )
        checks.conclude()

    @keyword(tags=("ai",))
    def retries_should_back_off(self, research: Job, link: str, *, at_least: timedelta, tries: int = 2) -> None:
        """Checks that a failing provider was called again, with a pause before each retry.

        Without links this is NOT EVALUATED.

        Args:
            research: A research during which the provider behind ``link`` misbehaved.
            link: The dependency link of the provider: openai, gemini or bedrock.
            at_least: The shortest pause from a failed call to the next, such as 1 s; with Retry-After its seconds.
            tries: The least number of calls; 2 by default. From 3 on, the second pause must be longer than the first.

        Example:

        ```robotframework
        Make Dependency Misbehave    openai    status=429    retry_after=1    times=1
        ${research} =    Research Company    Slack
        Retries Should Back Off    ${research}    openai    at_least=1 s
        ```
        """
        providers.require_provider(link)
        checks = Checks("Back-off", f"{research.company} at {link}")
        least = at_least.total_seconds()
        if research.calls is None:
            research_checks.no_links(checks, "ai.backoff", f"pauses of at least {show(least)}")
            checks.conclude()
            return
        made = research.calls.get(link, [])
        failed = [index for index, call in enumerate(made) if call["status"] != jobs.OK and index + 1 < len(made)]
        pauses = [made[index + 1]["started"] - made[index]["finished"] for index in failed]
        checks.that(
            "ai.tried_again",
            len(made) >= tries and bool(pauses),
            f"at least {tries} calls, one after a failure",
            plural(len(made), "call"),
            n=len(made),
        )
        shortest = min(pauses, default=0.0)
        checks.that(
            "ai.backoff",
            bool(pauses) and shortest >= least * EARLY,
            f"pauses of at least {show(least)}",
            f"shortest pause {show(shortest)}" if pauses else "no pauses",
            n=len(pauses),
        )
        if tries > BOTH:
            grows = len(pauses) >= BOTH and pauses[1] >= pauses[0] * GROWTH
            observed = " → ".join(show(pause) for pause in pauses[:BOTH])
            checks.that(
                "ai.backoff_grows", grows, "the second pause longer than the first", observed or "no pauses", n=len(pauses)
            )
        checks.conclude()

    @keyword(tags=("ai",))
    def dependency_should_have_been_asked(
        self, research: Job, link: str, *, at_least: int = 1, at_most: int | None = None
    ) -> None:
        """Checks how often a dependency was called during a research.

        Without links this is NOT EVALUATED.

        Args:
            research: A research that was followed to its end.
            link: A link of the environment, such as openai.
            at_least: The least number of calls; 1 by default.
            at_most: The greatest number of calls; no limit by default.

        Example:

        ```robotframework
        ${research} =    Research Company    Slack
        Dependency Should Have Been Asked    ${research}    vectors    at_least=1    at_most=2
        ```
        """
        checks = Checks("Calls", f"{research.company} to {link}")
        condition = f"{at_least} to {plural(at_most, 'call')}" if at_most is not None else f"at least {plural(at_least, 'call')}"
        if research.calls is None:
            research_checks.no_links(checks, "ai.calls", condition)
        else:
            if link not in research.calls:
                raise unknown("link", link, research.calls, f"the environment file {context.environment.path.name}")
            made = len(research.calls[link])
            checks.that(
                "ai.calls", at_least <= made and (at_most is None or made <= at_most), condition, plural(made, "call"), n=made
            )
        checks.conclude()


def _output(job: Job, phase: str) -> dict[str, Any]:
    output = job.phases.get(phase, {}).get("output_data")
    return output if isinstance(output, dict) else {}


def _charged(checks: Checks, provider: str, made: list[dict[str, Any]], usage: dict[str, Any]) -> None:
    """The tokens that a research reports are those that the provider counted, each of its kind; where links keep the answers."""
    bodies = [str(call.get("body") or "") for call in made if call["status"] == jobs.OK]
    answers = [vendors.charged(provider, exchange.parsed(body)) for body in bodies]
    counted = [tokens for tokens in answers if tokens]
    if counted:
        expected = {name: sum(tokens[place] for tokens in counted) for place, name in enumerate(CHARGED)}
        reported = {name: usage.get(name) for name in CHARGED}
        checks.that("ai.tokens_as_charged", reported == expected, written(expected), written(reported), n=len(counted))


def _tokens(checks: Checks, analysis: dict[str, Any], at_least: int, job: Job) -> None:
    usage = analysis.get("token_usage") or {}
    reported = [usage.get(name) for name in ("prompt_tokens", "completion_tokens", "total_tokens")]
    numbers = all(isinstance(count, int) for count in reported)
    prompt, completion, total = (int(count or 0) for count in reported) if numbers else (0, 0, 0)
    agree = numbers and prompt + completion == total == analysis.get("tokens_used")
    checks.that(
        "ai.tokens_add_up",
        agree,
        "prompt_tokens + completion_tokens = total_tokens = tokens_used",
        f"{written(usage)}, tokens_used: {written(analysis.get('tokens_used'))}",
    )
    sent = _output(job, "intelligent_scraping").get("content_length")
    least = max(1, int(sent) // MOST_CHARACTERS) if isinstance(sent, int) else 1
    enough = numbers and prompt >= least and completion > 0 and total >= at_least
    checks.that(
        "ai.tokens",
        enough,
        f"at least {at_least} tokens, at least {least} of them in the prompt",
        f"{total} tokens, {prompt} of them in the prompt",
    )
