"""The defects in the use of AI providers: fall-back, circuit breaker, token counts, belief in answers."""

from __future__ import annotations

from theodore_sandbox.defects.defect import Defect

PROVIDERS = (
    Defect(
        "fallback-missing",
        "When the first provider fails, the others are not asked.",
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
        "A provider that fails is asked again at once, and Retry-After is not heeded.",
        "ai.backoff",
        "ai_fallback",
        ("ai",),
    ),
    Defect(
        "breaker-never-closes",
        "A breaker that has opened stays open until a restart.",
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
        "Lines of a page that give instructions are handed to the provider.",
        "ai.injection",
        "ai_answers",
        ("ai-answers",),
    ),
    Defect(
        "truncated-accepted",
        "A truncated answer is closed with a brace and believed.",
        "ai.honest",
        "ai_answers",
        ("ai-answers", "ai"),
    ),
    Defect(
        "made-up-fact-accepted",
        "What an answer says is stored, whether or not a page says it.",
        "ai.honest",
        "ai_answers",
        ("ai-answers", "ai"),
    ),
)
