"""Keywords for real services, AI providers and all together. Format and ranges of answers are checked, never their words."""

from __future__ import annotations

import json
import math
from datetime import timedelta  # Robot converts arguments by these hints
from typing import Any

from robotlibcore import keyword

from theodore_qa.context import context
from theodore_qa.errors import NotEvaluatedError
from theodore_qa.observing.checks import Checks
from theodore_qa.observing.display import written
from theodore_qa.timing import show
from TheodoreLibrary import jobs, real_jobs

INSTRUCTION = (
    "Read the text about a company and answer with one JSON object: name (text), industry (technology, finance, healthcare, "
    "education, retail, manufacturing, services, media or other), founded_year (whole number), products (list of texts)."
)
TEXT = """### PAGE https://harbourlantern.example/products lang=en
Harbour Lantern
Harbour Lantern manufactures lamps for fishing boats. It was founded in 1998 in Bergen, and 40 people work for it.
Products
Skipper: a masthead lamp
Deckhand: a work light"""
NEAR = ("lamps for fishing boats", "lights for trawlers at sea")
FAR = "a recipe for rhubarb cake"


class RealServiceKeywords:
    """Real providers, within the budget of the environment's entry ``providers``."""

    @keyword(tags=("real-services",))
    def real_provider_should_complete(self, provider: str, *, within: timedelta = timedelta(seconds=30)) -> None:
        """Has a real provider extract facts from a short text, and checks the format and the ranges of the answer.

        The request costs money: the entry's ``max_usd`` limits what is spent. A provider without an entry or without a key, or
        whose budget is used up, is NOT EVALUATED.

        Args:
            provider: openai, gemini or bedrock: an entry of the environment's ``providers``.
            within: The longest time of the answer; 30 seconds by default.

        Example:

        ```robotframework
        Real Provider Should Complete    openai    within=30 s
        ```
        """
        from TheodoreLibrary import vendors  # seldom used

        checks = Checks("Real provider", provider)
        completed = _evaluated(checks, "real.completion", lambda: vendors.complete(provider, INSTRUCTION, TEXT))
        try:
            facts = json.loads(completed.text)
        except ValueError:
            facts = None
        usable = isinstance(facts, dict)
        checks.that("real.json", usable, "a JSON object", completed.text[:120])
        facts = facts if usable else {}
        checks.that(
            "real.name",
            "harbour lantern" in str(facts.get("name")).casefold(),
            "a name that contains Harbour Lantern",
            facts.get("name"),
        )
        industries = context.system.contract.needed.raw["components"]["schemas"]["IndustryCategory"]["enum"]
        checks.that("real.industry", facts.get("industry") in industries, "an industry of the contract", facts.get("industry"))
        year = facts.get("founded_year")
        checks.that("real.year", isinstance(year, int) and 1990 <= year <= 2005, "a founding year from 1990 to 2005", year)  # noqa: PLR2004  # tolerant
        products = facts.get("products")
        checks.that("real.products", isinstance(products, list) and len(products) > 0, "at least 1 product", products)
        numbers = isinstance(completed.prompt_tokens, int) and isinstance(completed.completion_tokens, int)
        counted = numbers and completed.prompt_tokens >= 50 and completed.completion_tokens > 0  # noqa: PLR2004  # the prompt has more
        checks.that(
            "real.tokens",
            counted,
            "at least 50 prompt tokens and 1 completion token",
            f"{written(completed.prompt_tokens)} prompt tokens, {written(completed.completion_tokens)} completion tokens",
        )
        limit = within.total_seconds()
        checks.that("real.time", completed.seconds <= limit, f"at most {show(limit)}", show(completed.seconds))
        spent, cap = vendors.budget.usd.get(provider, 0.0), vendors.declared(provider).max_usd
        checks.that("real.cost", spent <= cap, f"at most {cap} USD", f"{spent:.6f} USD")
        checks.conclude()

    @keyword(tags=("real-services",))
    def real_provider_should_embed(self, provider: str) -> None:
        """Has a real provider embed three texts, and checks the dimensions and that related texts are more similar.

        The request costs money: the entry's ``max_usd`` limits what is spent. A provider without an entry or without a key, or
        whose budget is used up, is NOT EVALUATED.

        Args:
            provider: openai, gemini or bedrock: an entry of the environment's ``providers``.

        Example:

        ```robotframework
        Real Provider Should Embed    openai
        ```
        """
        from TheodoreLibrary import vendors  # seldom used

        checks = Checks("Real embeddings", provider)
        vectors = _evaluated(checks, "real.embedding", lambda: vendors.embed(provider, [*NEAR, FAR]))
        dimensions = vendors.declared(provider).dimensions
        sizes = {len(vector) for vector in vectors}
        checks.that(
            "real.dimensions", sizes == {dimensions}, f"{dimensions} dimensions", f"{written(sizes)} dimensions", n=len(vectors)
        )
        near, far = _cosine(vectors[0], vectors[1]), _cosine(vectors[0], vectors[2])
        checks.that(
            "real.nearness",
            near > far,
            "a higher cosine similarity for related texts than for unrelated ones",
            f"{near:.3f} for related, {far:.3f} for unrelated",
            n=len(vectors),
        )
        checks.conclude()

    @keyword(tags=("real-services", "research"))
    def real_services_should_research(self, company: str, *, within: timedelta = timedelta(minutes=3)) -> None:
        """Has the system research a company through its real search, pages, AI and vector store, and checks end and cost.

        The cost is that of the tokens that the phases report, at the dearest price of the environment's ``providers`` whose keys
        are set; their ``max_usd`` together is the limit. Without ``services: real`` or without a key it is NOT EVALUATED.

        Args:
            company: A well known company.
            within: The longest time from the start to the end; 3 minutes by default.

        Example:

        ```robotframework
        Real Services Should Research    Stripe
        ```
        """
        checks = Checks("Real research", company)
        if _not_real(checks, "real.research", f"a research of {company} through real services"):
            return
        job = jobs.follow(jobs.start(company, None), within.total_seconds())
        jobs.leave_open(job)
        real_jobs.researched(checks, job)
        real_jobs.cost(checks, job)
        checks.conclude()

    @keyword(tags=("real-services", "discovery"))
    def real_services_should_discover(self, company: str, *, at_least: int = 1, within: timedelta = timedelta(minutes=3)) -> None:
        """Has the system look for at most three similar companies through its real services, and checks end and cost.

        The web has to be searched, and the cost is limited, as in `Real Services Should Research`.

        Args:
            company: A well known company.
            at_least: The least number of similar companies; 1 by default.
            within: The longest time from the start to the end; 3 minutes by default.

        Example:

        ```robotframework
        Real Services Should Discover    Stripe    at_least=1
        ```
        """
        checks = Checks("Real discovery", company)
        if _not_real(checks, "real.discovery", f"a discovery for {company} through real services"):
            return
        job = jobs.start(company, None, jobs.DISCOVERY, limit=3, similarity_threshold=0.3, source_preference=["web"])
        jobs.follow(job, within.total_seconds())
        jobs.leave_open(job)
        real_jobs.discovered(checks, job, at_least)
        real_jobs.cost(checks, job)
        checks.conclude()


def _not_real(checks: Checks, check: str, expected: str) -> bool:
    """Whether there are no real services here, which is then NOT EVALUATED."""
    if not (reason := real_jobs.reason_against()):
        return False
    checks.not_evaluated(check, expected, reason)
    checks.conclude()
    return True


def _evaluated(checks: Checks, check: str, ask: Any) -> Any:
    try:
        return ask()
    except NotEvaluatedError as error:
        checks.not_evaluated(check, "an answer of the real provider", str(error).removeprefix("NOT EVALUATED: ").rstrip("."))
        checks.conclude()
        raise


def _cosine(first: list[float], second: list[float]) -> float:
    size = math.hypot(*first) * math.hypot(*second)
    return sum(a * b for a, b in zip(first, second, strict=False)) / size if size else 0.0
