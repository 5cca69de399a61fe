"""Webhooks: the end of a batch told to an address, signed as standardwebhooks.com has it, and tried again while that can help."""

from __future__ import annotations

import asyncio
import base64
import hmac
import json
import time
from typing import Any
from urllib.parse import urlsplit

import httpx

from theodore_sandbox import defects
from theodore_sandbox.common.trust import trusted

TRIES = 5
BACKOFF = 0.2
TIMEOUT = 5.0
PENDING, DELIVERED, GIVEN_UP, REFUSED = "pending", "delivered", "given up", "refused"
RETRYABLE = (408, 425, 429, 500, 502, 503, 504)


async def deliver(url: str, event: dict[str, Any], key: str, permitted: set[str]) -> str:
    """Send an event until it is taken; returns what became of it. Only addresses that were permitted are called."""
    if urlsplit(url).scheme not in ("http", "https") or urlsplit(url).netloc not in permitted:
        return REFUSED
    body = json.dumps(event)
    tries = 1 if defects.on("webhook-lost") else TRIES
    async with httpx.AsyncClient(timeout=TIMEOUT, verify=trusted()) as client:
        for number in range(1, tries + 1):
            try:
                answer = await client.post(url, content=body, headers=_headers(event["id"], body, key))
            except httpx.HTTPError:
                answer = None
            if answer is not None and answer.is_success:
                if defects.on("webhook-sent-twice"):
                    await client.post(url, content=body, headers=_headers(event["id"], body, key))
                return DELIVERED
            for_good = answer is not None and answer.status_code not in RETRYABLE
            if for_good and not defects.on("webhook-sent-again-after-refusal"):
                return GIVEN_UP
            if number < tries:
                await asyncio.sleep(BACKOFF * 2 ** (number - 1))
    return GIVEN_UP


def _headers(message: str, body: str, key: str) -> dict[str, str]:
    moment = str(int(time.time()))
    digest = hmac.digest(key.encode(), f"{message}.{moment}.{body}".encode(), "sha256")
    signed = {"webhook-signature": f"v1,{base64.b64encode(digest).decode()}"}
    headers = {"Content-Type": "application/json", "webhook-id": message, "webhook-timestamp": moment}
    return headers | ({} if defects.on("webhook-unsigned") else signed)
