"""The defects in the use of AI providers: fall-back, circuit breaker, token counts, belief in answers."""

from __future__ import annotations

from theodore_sandbox.defects.defect import Defect

PROVIDERS = (
    Defect(
        "fallback-missing",
        "When the first provider fails, there is no fall-back to the others.",
        "ai.fallback",
        "ai_fallback",
        ("ai", "ai-answers"),
    ),
    Defect(
        "fallback-drops-fields",
        "A record that was reached through fall-back lacks competitors, advantages and people.",
        "ai.fallback_complete",
        "ai_fallback",
        ("ai", "ai-answers"),
    ),
    Defect(
        "tokens-not-counted",
        "Only the tokens of the answer are counted, not those of the prompt.",
        "ai.tokens",
        "ai_providers",
        ("ai",),
    ),
    Defect(
        "retry-without-backoff",
        "A failing provider is retried without back-off, and Retry-After is ignored.",
        "ai.backoff",
        "ai_fallback",
        ("ai",),
    ),
    Defect(
        "breaker-never-closes",
        "An open circuit breaker stays open until a restart.",
        "ai.breaker_closes",
        "ai_fallback",
        ("ai", "ai-answers"),
    ),
    Defect(
        "wrong-dimensions",
        "The dimensions of the embedding are those of another model.",
        "ai.embedding_dimensions",
        "ai_providers",
        ("ai", "ai-answers"),
    ),
    Defect(
        "injection-obeyed",
        "Prompt injection: lines of a page that give instructions are sent to the provider.",
        "ai.injection",
        "ai_answers",
        ("ai-answers",),
    ),
    Defect(
        "truncated-accepted",
        "A truncated answer is closed with a brace and accepted.",
        "ai.honest",
        "ai_answers",
        ("ai-answers", "ai"),
    ),
    Defect(
        "made-up-fact-accepted",
        "Facts of an answer are stored, whether or not a page states them.",
        "ai.honest",
        "ai_answers",
        ("ai-answers", "ai"),
    ),
)
