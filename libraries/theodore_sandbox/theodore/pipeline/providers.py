"""The AI providers, each in its vendor's wire format, behind two calls: complete a prompt, embed texts."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, TYPE_CHECKING
from urllib.parse import quote

import httpx

from theodore_sandbox import defects
from theodore_sandbox.common import signatures
from theodore_sandbox.common.trust import trusted

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

DIMENSIONS = 1536
LARGEST_ANSWER = 256 * 1024
TIMEOUT = 4.0


class UnusableAnswerError(Exception):
    """A provider gave an unusable answer."""


@dataclass(frozen=True)
class Completion:
    """The text that a provider wrote, with the tokens that its vendor charges."""

    text: str
    model: str
    prompt_tokens: int
    completion_tokens: int


class AIProvider:
    """One vendor's API, reached through ``client``; failures are httpx errors or :class:`UnusableAnswerError`."""

    name: str
    model: str
    embedding_model: str

    def __init__(self, url: str, headers: Mapping[str, str]) -> None:
        self.client = httpx.AsyncClient(base_url=url, timeout=TIMEOUT, headers=headers, verify=trusted())

    async def complete(self, instruction: str, text: str) -> Completion:
        """The vendor's answer to ``text`` under ``instruction``."""
        raise NotImplementedError

    async def embed(self, texts: list[str]) -> list[list[float]]:
        """One vector for each of ``texts``."""
        raise NotImplementedError

    async def answers(self) -> bool:
        """Whether the vendor answers a harmless request."""
        raise NotImplementedError

    def signed(self, path: str, content: bytes) -> dict[str, str]:  # noqa: ARG002  # a key in a header needs neither
        """The headers that a request needs beyond the client's own."""
        return {}

    async def _post(self, path: str, body: Any) -> Any:
        content = json.dumps(body).encode()
        headers = {"Content-Type": "application/json"} | self.signed(path, content)
        timeout = None if defects.on("no-timeout") else TIMEOUT
        answer = await self.client.post(path, content=content, headers=headers, timeout=timeout)
        answer.raise_for_status()
        if len(answer.content) > LARGEST_ANSWER:
            raise UnusableAnswerError(f"answered with {len(answer.content)} bytes, more than {LARGEST_ANSWER}")
        try:
            return answer.json()
        except ValueError:
            raise UnusableAnswerError("answered without JSON") from None

    async def _reached(self, path: str) -> bool:
        try:
            reply = await self.client.get(path, timeout=4.0)
        except httpx.HTTPError:
            return False
        return reply.status_code < httpx.codes.INTERNAL_SERVER_ERROR


class OpenAI(AIProvider):
    """OpenAI's chat completions and embeddings."""

    name, model, embedding_model = "openai", "gpt-4o-mini", "text-embedding-3-small"

    def __init__(self, url: str, key: str) -> None:
        super().__init__(url, {"Authorization": f"Bearer {key}"})

    async def complete(self, instruction: str, text: str) -> Completion:
        """``POST /v1/chat/completions``."""
        messages = [{"role": "system", "content": instruction}, {"role": "user", "content": text}]
        request = {"model": self.model, "temperature": 0, "response_format": {"type": "json_object"}, "messages": messages}
        body = await self._post("/v1/chat/completions", request)
        try:
            usage = body["usage"]
            content = body["choices"][0]["message"]["content"] or ""
            return Completion(content, self.model, usage["prompt_tokens"], usage["completion_tokens"])
        except (KeyError, IndexError, TypeError):
            raise UnusableAnswerError("answered in another shape") from None

    async def embed(self, texts: list[str]) -> list[list[float]]:
        """``POST /v1/embeddings``."""
        request = {"model": self.embedding_model, "input": texts, "encoding_format": "float"}
        body = await self._post("/v1/embeddings", request)
        return _vectors(lambda: [item["embedding"] for item in body["data"]])

    async def answers(self) -> bool:
        """``GET /v1/models``."""
        return await self._reached("/v1/models")


class Gemini(AIProvider):
    """Google's generateContent and batchEmbedContents."""

    name, model, embedding_model = "gemini", "gemini-2.5-pro", "gemini-embedding-001"

    def __init__(self, url: str, key: str) -> None:
        super().__init__(url, {"x-goog-api-key": key})

    async def complete(self, instruction: str, text: str) -> Completion:
        """``POST /v1beta/models/{model}:generateContent``."""
        request = {
            "systemInstruction": {"parts": [{"text": instruction}]},
            "contents": [{"role": "user", "parts": [{"text": text}]}],
            "generationConfig": {"temperature": 0, "responseMimeType": "application/json"},
        }
        body = await self._post(f"/v1beta/models/{self.model}:generateContent", request)
        try:
            usage = body["usageMetadata"]
            content = "".join(part.get("text", "") for part in body["candidates"][0]["content"]["parts"])
            return Completion(content, self.model, usage["promptTokenCount"], usage["candidatesTokenCount"])
        except (KeyError, IndexError, TypeError):
            raise UnusableAnswerError("answered in another shape") from None

    async def embed(self, texts: list[str]) -> list[list[float]]:
        """``POST /v1beta/models/{model}:batchEmbedContents``."""
        model = f"models/{self.embedding_model}"
        requests = [
            {"model": model, "content": {"parts": [{"text": text}]}, "outputDimensionality": DIMENSIONS} for text in texts
        ]
        body = await self._post(f"/v1beta/{model}:batchEmbedContents", {"requests": requests})
        return _vectors(lambda: [item["values"] for item in body["embeddings"]])

    async def answers(self) -> bool:
        """``GET /v1beta/models``."""
        return await self._reached("/v1beta/models")


class Bedrock(AIProvider):
    """Amazon Bedrock's converse and Titan embeddings, with signed requests."""

    name, model, embedding_model = "bedrock", "amazon.nova-pro-v1:0", "amazon.titan-embed-text-v1"

    def __init__(self, url: str, key: str) -> None:
        super().__init__(url, {})
        self.key = key

    def signed(self, path: str, content: bytes) -> dict[str, str]:
        """AWS's signature."""
        host = self.client.base_url.netloc.decode()
        return signatures.sign("POST", host, path, content, self.key)

    async def complete(self, instruction: str, text: str) -> Completion:
        """``POST /model/{model}/converse``."""
        request = {
            "system": [{"text": instruction}],
            "messages": [{"role": "user", "content": [{"text": text}]}],
            "inferenceConfig": {"temperature": 0},
        }
        body = await self._post(f"/model/{quote(self.model, safe='')}/converse", request)
        try:
            usage = body["usage"]
            content = "".join(part.get("text", "") for part in body["output"]["message"]["content"])
            return Completion(content, self.model, usage["inputTokens"], usage["outputTokens"])
        except (KeyError, IndexError, TypeError):
            raise UnusableAnswerError("answered in another shape") from None

    async def embed(self, texts: list[str]) -> list[list[float]]:
        """``POST /model/{model}/invoke`` for each text."""
        path = f"/model/{quote(self.embedding_model, safe='')}/invoke"
        bodies = [await self._post(path, {"inputText": text}) for text in texts]
        return _vectors(lambda: [body["embedding"] for body in bodies])

    async def answers(self) -> bool:
        """``GET /ping``."""
        return await self._reached("/ping")


def _vectors(read: Callable[[], list[list[float]]]) -> list[list[float]]:
    try:
        return read()
    except (KeyError, IndexError, TypeError):
        raise UnusableAnswerError("answered in another shape") from None


PROVIDERS: dict[str, type[OpenAI | Gemini | Bedrock]] = {"openai": OpenAI, "gemini": Gemini, "bedrock": Bedrock}
