"""Researches and discoveries through real services: how they have to end, and what they may cost."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from theodore_qa.context import context
from theodore_qa.observing.display import plural, written
from TheodoreLibrary import research_checks

if TYPE_CHECKING:
    from theodore_qa.observing.checks import Checks
    from TheodoreLibrary.jobs import Job

LEAST_TOKENS = 50


def reason_against() -> str:
    """Why no job goes through real services here; nothing where one does and may cost something."""
    environment, entry = context.environment.name, context.system.entry
    if entry.services != "real":
        return f"the environment {environment} has doubles of its services: name one with 'services: real'"
    keys = [provider.key_env for provider in entry.providers.values()]
    if not keys:
        return f"the environment {environment} names no providers, whose max_usd would limit the cost"
    if not any(os.environ.get(key) for key in keys):
        return f"the key of a provider is to be in one of the environment variables {', '.join(sorted(keys))}, and none is set"
    return ""


def cost(checks: Checks, job: Job) -> None:
    """By the tokens that the phases report, at the dearest price, the job stays below the sum that may be spent."""
    providers = [provider for provider in context.system.entry.providers.values() if os.environ.get(provider.key_env)]
    cap = sum(provider.max_usd for provider in providers)
    price = max(provider.usd_per_million_tokens for provider in providers)
    outputs = [phase.get("output_data") or {} for phase in job.phases.values()]
    reported = [output["tokens_used"] for output in outputs if isinstance(output.get("tokens_used"), int)]
    expected = f"at most {cap:g} USD at {price:g} USD per million tokens"
    if not reported:
        checks.not_evaluated("real.job_cost", expected, "no phase reports its tokens_used")
        return
    tokens = sum(reported)
    checks.that("real.job_tokens", tokens >= LEAST_TOKENS, f"at least {LEAST_TOKENS} tokens", f"{tokens} tokens", n=len(reported))
    spent = tokens * price / 1e6
    checks.that("real.job_cost", spent <= cap, expected, f"{spent:.6f} USD for {plural(tokens, 'token')}", n=tokens)


def researched(checks: Checks, job: Job) -> None:
    """The search led to a site whose pages were read, analysed, embedded and stored."""
    research_checks.finished(checks, job, "completed")
    research_checks.names_company(checks, job)
    record = job.record or {}
    domain = str(record.get("domain") or "").removeprefix("www.")
    pages = [str(page) for page in record.get("data_sources") or []]
    own = [page for page in pages if research_checks.host(page).endswith(domain)] if domain else []
    checks.that("real.pages", bool(own), f"pages of {domain or 'a domain'}", ", ".join(pages[:3]) or "no pages", n=len(pages))
    done = {name: phase.get("success") for name, phase in job.phases.items()}
    failed = [name for name, success in done.items() if success is not True]
    checks.that("real.phases", bool(done) and not failed, "success of each phase", written(failed or list(done)), n=len(done))


def discovered(checks: Checks, job: Job, at_least: int) -> None:
    """The web was searched, and similar companies with sites of their own were found."""
    checks.that("real.status", job.status == "completed", "status completed", f"status {job.status}, error {written(job.error)}")
    found = [result.get("company") or {} for result in job.results]
    named = [str(company.get("name")) for company in found if company.get("name") and company.get("website")]
    expected = f"at least {plural(at_least, 'company')} with a website"
    checks.that("real.found", len(named) >= at_least, expected, ", ".join(named) or "none", n=len(found))
    searched = (job.phases.get("web_discovery", {}).get("output_data") or {}).get("asked")
    if searched is None:
        checks.not_evaluated(
            "real.web_searched", "a search of the web", "the phase web_discovery does not report whether it asked"
        )
    else:
        checks.that("real.web_searched", searched is True, "asked true", f"asked {written(searched)}")
