"""Fall-back over several AI providers: retries with back-off, a circuit breaker for each, and the next one when one fails."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, field
from typing import Any, Generic, TYPE_CHECKING, TypeVar

import httpx

from theodore_sandbox import defects
from theodore_sandbox.theodore.pipeline.providers import UnusableAnswerError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from theodore_sandbox.theodore.pipeline.providers import AIProvider

T = TypeVar("T")
TRIES = 3
STORM = 40
BACKOFF = 0.25  # seconds: well above what a busy machine adds to a pause
LONGEST_WAIT = 2.0
FAILURES_TO_OPEN = 3
OPEN_FOR = 3.0  # seconds: longer than a research takes on a busy machine, so that one meets the breaker while it is open
RETRYABLE = (408, 425, 429, 500, 502, 503, 504, 529)


class AllProvidersFailedError(Exception):
    """No provider gave a usable answer."""


@dataclass
class Breaker:
    """A circuit breaker: blocks calls to a provider that failed several times in a row, until a probe call succeeds."""

    failures: int = 0
    opened: float | None = None

    @property
    def state(self) -> str:
        """``closed``, ``open``, or ``half_open`` when the next call is the probe."""
        if self.opened is None:
            return "closed"
        waited = time.monotonic() - self.opened >= OPEN_FOR and not defects.on("breaker-never-closes")
        return "half_open" if waited else "open"

    def succeeded(self) -> None:
        """Close."""
        self.failures, self.opened = 0, None

    def failed(self) -> None:
        """Count a failure; the third in a row, or that of a probe, opens."""
        self.failures += 1
        if self.failures >= FAILURES_TO_OPEN and not defects.on("breaker-never-opens"):
            self.opened = time.monotonic()


@dataclass
class ProviderAnswer(Generic[T]):
    """An answer, the provider that gave it, and all attempts."""

    value: T
    provider: AIProvider
    attempts: list[dict[str, Any]] = field(default_factory=list)

    def details(self) -> dict[str, Any]:
        """How the answer was reached, for the job's details."""
        return {
            "provider": self.provider.name,
            "fallback_used": len({attempt["provider"] for attempt in self.attempts}) > 1,
            "attempts": self.attempts,
        }


class Chain:
    """The providers in the order in which they are asked."""

    def __init__(self, providers: list[AIProvider]) -> None:
        self.providers = providers
        self.breakers = {provider.name: Breaker() for provider in providers}

    def reset(self) -> None:
        """Close all breakers."""
        for breaker in self.breakers.values():
            breaker.succeeded()

    async def ask(self, call: Callable[[AIProvider], Awaitable[T]], only: str | None = None) -> ProviderAnswer[T]:
        """The first usable answer; with ``only``, of that provider or none."""
        attempts: list[dict[str, Any]] = []
        for provider in self.providers:
            if only and provider.name != only:
                continue
            breaker = self.breakers[provider.name]
            if breaker.state == "open":
                attempts.append({"provider": provider.name, "outcome": "breaker open"})
                continue
            try:
                value = await self._tries(provider, call, attempts, 1 if breaker.state == "half_open" else _tries())
            except (httpx.HTTPError, UnusableAnswerError):
                breaker.failed()
                if defects.on("fallback-missing"):
                    break
                continue
            breaker.succeeded()
            return ProviderAnswer(value, provider, attempts)
        outcomes = "; ".join(f"{attempt['provider']}: {attempt['outcome']}" for attempt in attempts)
        raise AllProvidersFailedError(f"no AI provider gave a usable answer ({outcomes or 'none is configured'})")

    async def _tries(
        self, provider: AIProvider, call: Callable[[AIProvider], Awaitable[T]], attempts: list[dict[str, Any]], tries: int
    ) -> T:
        for number in range(1, tries + 1):
            wait = BACKOFF * 2 ** (number - 1)
            try:
                value = await call(provider)
            except UnusableAnswerError as error:
                attempts.append({"provider": provider.name, "outcome": str(error)})
                raise
            except httpx.HTTPStatusError as error:
                attempts.append({"provider": provider.name, "outcome": f"status {error.response.status_code}"})
                if error.response.status_code not in RETRYABLE or number == tries:
                    raise
                wait = max(wait, _retry_after(error.response))
            except httpx.HTTPError as error:
                attempts.append({"provider": provider.name, "outcome": _kind(error)})
                late = isinstance(error, httpx.TimeoutException)  # the request may be done, and charged, already
                if number == tries or (late and not defects.on("timeout-retried")):
                    raise
            else:
                attempts.append({"provider": provider.name, "outcome": "answered"})
                return value
            if wait > LONGEST_WAIT:
                raise UnusableAnswerError("asked to wait too long")
            if not (defects.on("retry-without-backoff") or defects.on("retry-storm")):
                await asyncio.sleep(wait)
        raise AssertionError  # the last try returned or raised


def _tries() -> int:
    if defects.on("retry-storm"):
        return STORM
    return 1 if defects.on("no-retry") else TRIES


def _retry_after(answer: httpx.Response) -> float:
    try:
        return float(answer.headers.get("retry-after", 0))
    except ValueError:
        return 0.0


def _kind(error: httpx.HTTPError) -> str:
    return "no answer in time" if isinstance(error, httpx.TimeoutException) else "no connection"
