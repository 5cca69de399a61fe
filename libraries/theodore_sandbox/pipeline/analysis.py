"""The AI provider in OpenAI's wire format: the analysis of page texts, and embeddings."""

from __future__ import annotations

import json
from typing import Any, TYPE_CHECKING

if TYPE_CHECKING:
    import httpx

    from theodore_sandbox.pipeline.scraper import Page

MODEL = "gpt-4o-mini"
EMBEDDING_MODEL = "text-embedding-3-small"
INSTRUCTION = (
    "You are a company analyst. Read the pages of a company's web site below and answer with one JSON object. Fields: name, "
    "description, business_model, company_size, industry, tech_sophistication, headquarters, locations, founded_year, "
    "employee_count, revenue_range, products, target_market, value_proposition, technologies, competitive_advantages, "
    "competitors, market_position, contact_email, phone, social_media, key_personnel, funding_stage, total_funding, "
    "investors, ai_summary, confidence_score, languages. State only what the pages say; what they do not say is null."
)


class AnalysisError(Exception):
    """The provider's answer is of no use."""


async def analyse(client: httpx.AsyncClient, name: str, pages: list[Page]) -> tuple[dict[str, Any], dict[str, int]]:
    """The facts that the provider reads out of ``pages``, and the tokens that it took."""
    texts = "\n\n".join(f"### PAGE {page.url} lang={page.language}\n{page.title}\n{page.text}" for page in pages)
    answer = await client.post(
        "/v1/chat/completions",
        json={
            "model": MODEL,
            "temperature": 0,
            "response_format": {"type": "json_object"},
            "messages": [
                {"role": "system", "content": INSTRUCTION},
                {"role": "user", "content": f"Company asked for: {name}\n\n{texts}"},
            ],
        },
    )
    answer.raise_for_status()
    body = answer.json()
    try:
        facts = json.loads(body["choices"][0]["message"]["content"])
    except (KeyError, IndexError, TypeError, ValueError):
        raise AnalysisError("The AI provider's answer holds no JSON object") from None
    if not isinstance(facts, dict) or not facts.get("name"):
        raise AnalysisError("The AI provider found no company in the pages")
    return facts, body["usage"]


async def embed(client: httpx.AsyncClient, text: str) -> list[float]:
    """The embedding of ``text``."""
    answer = await client.post("/v1/embeddings", json={"model": EMBEDDING_MODEL, "input": text, "encoding_format": "float"})
    answer.raise_for_status()
    values: list[float] = answer.json()["data"][0]["embedding"]
    return values
