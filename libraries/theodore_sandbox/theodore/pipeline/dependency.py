"""A dependency over HTTP: timeouts, retries with back-off, and validation of its answers."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx

from theodore_sandbox import defects
from theodore_sandbox.common.trust import trusted

TIMEOUT = 5.0
TRIES = 3
BACKOFF = 0.1
CONCURRENT = 8
RETRYABLE = (408, 425, 429, 500, 502, 503, 504, 529)
FAILURES_TO_GIVE_UP = 5


class UnusableDependencyError(Exception):
    """A dependency gave an unusable answer."""


class Dependency:
    """One service that jobs need, reached through a pool of its own."""

    def __init__(self, name: str, url: str) -> None:
        self.name = name
        self.client = httpx.AsyncClient(base_url=url, timeout=TIMEOUT, verify=trusted())
        self.permitted: set[str] = set()  # addresses of the inner network that may be asked for through it
        self._slots = asyncio.Semaphore(CONCURRENT)
        self._failures = 0
        self._retried: set[str] = set()

    async def send(self, method: str, path: str, *, tries: int = TRIES, **options: Any) -> httpx.Response:
        """The answer, whatever its status, after up to ``tries`` attempts; every request is safe to repeat."""
        if defects.on("no-timeout"):
            options["timeout"] = None
        tries = 1 if defects.on("no-retry") else tries
        if defects.on("recovery-needs-restart") and self._failures >= FAILURES_TO_GIVE_UP:
            raise UnusableDependencyError(f"{self.name} was given up")
        for number in range(1, tries + 1):
            try:
                answer = await self._once(method, path, **options)
            except httpx.TimeoutException:
                self._failures += 1
                raise
            except httpx.TransportError:
                self._failures += 1
                if number == tries:
                    raise
            else:
                if answer.status_code not in RETRYABLE or number == tries:
                    return answer
                self._failures += 1
            self._retried.add(path)
            await asyncio.sleep(BACKOFF * 2 ** (number - 1))
        raise AssertionError  # the last try returned or raised

    async def _once(self, method: str, path: str, **options: Any) -> httpx.Response:
        await self._slots.acquire()
        leaked = False
        try:
            answer = await self.client.request(method, path, **options)
        except httpx.HTTPError:
            leaked = defects.on("pool-exhausted")
            raise
        else:
            leaked = answer.status_code in RETRYABLE and defects.on("pool-exhausted")
            return answer
        finally:
            if not leaked:
                self._slots.release()

    async def ask(self, method: str, path: str, needs: str, **options: Any) -> dict[str, Any]:
        """The JSON object of a successful answer that has the field ``needs``; an unusable answer is retried."""
        for number in range(1, TRIES + 1):
            answer = await self.send(method, path, **options)
            answer.raise_for_status()
            try:
                body = answer.json()
            except ValueError:
                body = None
            if isinstance(body, dict) and needs in body:
                return body
            if number == TRIES or defects.on("no-retry"):
                break
            await asyncio.sleep(BACKOFF * 2 ** (number - 1))
        raise UnusableDependencyError(f"{self.name} answered without {needs}")

    async def answers(self, path: str) -> bool:
        """Whether it answers a harmless request within 4 seconds, without retries."""
        try:
            reply = await self.client.get(path, timeout=4.0, headers={"Host": self.name})  # a gateway would pass its address on
        except httpx.HTTPError:
            return False
        return reply.status_code < httpx.codes.INTERNAL_SERVER_ERROR

    def retried(self, url: str) -> bool:
        """Whether a request for the path of ``url`` was retried."""
        return (httpx.URL(url).path or "/") in self._retried

    def reroute(self, url: str) -> None:
        """Reach the service at another address from now on."""
        self.client.base_url = httpx.URL(url)
