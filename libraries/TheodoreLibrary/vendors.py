"""Requests to real AI providers, in their vendors' wire formats, within a budget of money and of requests per minute."""

from __future__ import annotations

import json
import os
import time
from collections import deque
from dataclasses import dataclass
from typing import Any, TYPE_CHECKING
from urllib.parse import quote

from theodore_qa.context import context
from theodore_qa.errors import NotEvaluatedError, QaError, UnreachableError
from theodore_qa.observing.observations import recorder
from theodore_qa.redaction.secrets import secrets

if TYPE_CHECKING:
    from theodore_qa.systems.declared import Provider
    from theodore_qa.systems.exchange import Exchange

MINUTE = 60.0
DEAREST_ANSWER = 2000
OK = 200


@dataclass(frozen=True)
class Completed:
    """The text of a completion, the tokens that the provider counted, and the duration in seconds."""

    text: str
    prompt_tokens: Any
    completion_tokens: Any
    seconds: float


class Budget:
    """The spending on each provider in this process, and the times of its requests."""

    def __init__(self) -> None:
        self.usd: dict[str, float] = {}
        self.requested_at: dict[str, deque[float]] = {}

    def take(self, name: str, provider: Provider) -> None:
        """Wait until the rate allows a request; raise for one that could exceed the cap."""
        dearest = DEAREST_ANSWER * provider.usd_per_million_tokens / 1e6
        spent = self.usd.get(name, 0.0)
        if spent + dearest > provider.max_usd:
            raise NotEvaluatedError(
                f"NOT EVALUATED: the next request to {name} could cost {dearest:.4f} USD, and of the {provider.max_usd} USD "
                f"that the entry providers.{name}.max_usd allows {spent:.4f} are spent."
            )
        recent = self.requested_at.setdefault(name, deque())
        while recent and recent[0] <= time.monotonic() - MINUTE:
            recent.popleft()
        if len(recent) >= provider.max_requests_per_minute:
            time.sleep(max(0.0, recent[0] + MINUTE - time.monotonic()))
            recent.popleft()
        recent.append(time.monotonic())

    def spend(self, name: str, provider: Provider, tokens: int) -> float:
        """Add the cost of a request; returns the sum so far."""
        self.usd[name] = self.usd.get(name, 0.0) + tokens * provider.usd_per_million_tokens / 1e6
        return self.usd[name]


budget = Budget()


def declared(name: str) -> Provider:
    """The provider of the environment; one that is not declared, or whose key is not set, is not evaluated."""
    provider = context.system.entry.providers.get(name)
    if provider is None:
        raise NotEvaluatedError(f"NOT EVALUATED: the environment {context.environment.name} names no provider '{name}'.")
    if not os.environ.get(provider.key_env):
        raise NotEvaluatedError(
            f"NOT EVALUATED: the key of {name} is to be in the environment variable {provider.key_env}, which is not set."
        )
    return provider


def complete(name: str, instruction: str, text: str) -> Completed:
    """Request a completion from a provider."""
    provider = declared(name)
    path, body = _COMPLETIONS[name](provider.model, instruction, text)
    answer = _post(name, provider, path, body)
    body = answer.object()
    try:
        completion, prompt_tokens, completion_tokens = _READ[name](body)
    except (KeyError, IndexError, TypeError):
        raise QaError(f"The provider {name} answered in another shape than its vendor's: {answer.excerpt(200)}.") from None
    budget.spend(
        name,
        provider,
        prompt_tokens + completion_tokens
        if isinstance(prompt_tokens, int) and isinstance(completion_tokens, int)
        else DEAREST_ANSWER,
    )
    return Completed(completion, prompt_tokens, completion_tokens, answer.duration)


def completes(name: str, path: str) -> bool:
    """Whether a request to this path of a link is for a completion by an AI provider whose answers can be read."""
    return name in _READ and any(word in path for word in ("chat/completions", "generateContent", "converse"))


def charged(name: str, answer: Any) -> tuple[int, int] | None:
    """The tokens of prompt and completion that a provider counted in an answer; None where it counted none."""
    try:
        _, prompt_tokens, completion_tokens = _READ[name](answer)
    except (KeyError, IndexError, TypeError):
        return None
    if not isinstance(prompt_tokens, int) or not isinstance(completion_tokens, int):
        return None
    return prompt_tokens, completion_tokens


def completion(name: str, answer: Any) -> dict[str, Any]:
    """The JSON object that a provider completed in an answer; empty where it is none."""
    try:
        found = json.loads(_READ[name](answer)[0])
    except (KeyError, IndexError, TypeError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def embed(name: str, texts: list[str]) -> list[list[float]]:
    """Request embeddings from a provider, one for each text."""
    provider = declared(name)
    vectors: list[list[float]] = []
    for text in texts:
        path, body = _EMBEDDINGS[name](provider, text)
        answer = _post(name, provider, path, body)
        try:
            vectors.append([float(value) for value in _VECTOR[name](answer.object())])
        except (KeyError, IndexError, TypeError, ValueError):
            raise QaError(f"The provider {name} answered in another shape than its vendor's: {answer.excerpt(200)}.") from None
        budget.spend(name, provider, len(text))
    return vectors


def _post(name: str, provider: Provider, path: str, body: dict[str, Any]) -> Exchange:
    budget.take(name, provider)
    key = os.environ[provider.key_env]
    secrets.add(key, provider.key_env)
    headers = {"x-goog-api-key": key} if name == "gemini" else {"Authorization": f"Bearer {key}"}
    system = context.system
    sent = {"Content-Type": "application/json", **headers}
    answer = system.beside(provider.url.rstrip("/")).send("POST", path, sent, json.dumps(body).encode())
    if not answer.status:
        raise UnreachableError(
            f"The entry systems.{system.name}.providers.{name}.url names {provider.url}, and POST {path} was not answered there "
            f"({answer.problem}): correct the entry in {system.environment.path.name}."
        )
    recorder.exchanged(answer.text)
    if answer.status != OK:
        raise QaError(
            f"The provider {name} refused: expected 200 from POST {path}, observed {answer.status} with {answer.excerpt(200)}."
        )
    return answer


_COMPLETIONS: dict[str, Any] = {
    "openai": lambda model, instruction, text: (
        "/v1/chat/completions",
        {
            "model": model,
            "response_format": {"type": "json_object"},
            "messages": [{"role": "system", "content": instruction}, {"role": "user", "content": text}],
        },
    ),
    "gemini": lambda model, instruction, text: (
        f"/v1beta/models/{model}:generateContent",
        {
            "systemInstruction": {"parts": [{"text": instruction}]},
            "contents": [{"role": "user", "parts": [{"text": text}]}],
            "generationConfig": {"responseMimeType": "application/json"},
        },
    ),
    "bedrock": lambda model, instruction, text: (
        f"/model/{quote(model, safe='')}/converse",
        {"system": [{"text": instruction}], "messages": [{"role": "user", "content": [{"text": text}]}]},
    ),
}
_READ: dict[str, Any] = {
    "openai": lambda body: (
        body["choices"][0]["message"]["content"],
        body["usage"]["prompt_tokens"],
        body["usage"]["completion_tokens"],
    ),
    "gemini": lambda body: (
        "".join(part.get("text", "") for part in body["candidates"][0]["content"]["parts"]),
        body["usageMetadata"]["promptTokenCount"],
        body["usageMetadata"]["totalTokenCount"] - body["usageMetadata"]["promptTokenCount"],
    ),
    "bedrock": lambda body: (
        "".join(part.get("text", "") for part in body["output"]["message"]["content"]),
        body["usage"]["inputTokens"],
        body["usage"]["outputTokens"],
    ),
}
_EMBEDDINGS: dict[str, Any] = {
    "openai": lambda provider, text: ("/v1/embeddings", {"model": provider.embedding_model, "input": text}),
    "gemini": lambda provider, text: (
        f"/v1beta/models/{provider.embedding_model}:embedContent",
        {"content": {"parts": [{"text": text}]}, "outputDimensionality": provider.dimensions},
    ),
    "bedrock": lambda provider, text: (f"/model/{quote(provider.embedding_model, safe='')}/invoke", {"inputText": text}),
}
_VECTOR: dict[str, Any] = {
    "openai": lambda body: body["data"][0]["embedding"],
    "gemini": lambda body: body["embedding"]["values"],
    "bedrock": lambda body: body["embedding"],
}
