"""The AI providers that Theodore knows by name."""

from __future__ import annotations

from theodore_qa.errors import unknown

PROVIDERS = ("openai", "gemini", "bedrock")


def require_provider(provider: str) -> None:
    """Raise for an unknown provider."""
    if provider not in PROVIDERS:
        raise unknown("provider", provider, PROVIDERS)
