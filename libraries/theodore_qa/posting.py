"""Bytes sent to an address by POST, with a limit for the whole exchange; what goes wrong is said without the address."""

from __future__ import annotations

import threading
from typing import Any, TYPE_CHECKING

from theodore_qa.errors import QaError

if TYPE_CHECKING:
    from collections.abc import Mapping


class PostError(QaError):
    """The bytes did not arrive, as far as is known; the text says why, and holds no address, which may be a secret."""


def post(url: str, body: bytes, headers: Mapping[str, str], within: float, longest: int = 100_000) -> bytes:
    """The answer to a POST; redirects are not followed.

    Args:
        url: http or https.
        body: what is sent.
        headers: of the request.
        within: seconds for all of it; a server that sends a byte now and then gets no more.
        longest: bytes of the answer that are read.

    Raises:
        PostError: there was no answer with a status below 300 in time.
    """
    outcome: list[bytes | PostError] = []

    def exchange() -> None:
        try:
            outcome.append(_exchange(url, body, headers, within, longest))
        except PostError as error:
            outcome.append(error)

    thread = threading.Thread(target=exchange, daemon=True)
    thread.start()
    thread.join(within)
    found = outcome[0] if outcome else PostError(f"it did not answer within {within:g} s")
    if isinstance(found, PostError):
        raise found
    return found


def _exchange(url: str, body: bytes, headers: Mapping[str, str], within: float, longest: int) -> bytes:
    from http.client import HTTPException
    from urllib.error import HTTPError, URLError
    from urllib.request import build_opener, HTTPRedirectHandler, Request

    class NoRedirects(HTTPRedirectHandler):
        """Leaves a redirect what it is: an answer that took nothing."""

        def redirect_request(self, *_: Any) -> None:
            """Follow none."""

    if not url.startswith(("http://", "https://")):
        raise PostError("its address does not begin with http:// or https://")
    try:
        request = Request(url, body, dict(headers), method="POST")  # noqa: S310  # http or https
        with build_opener(NoRedirects).open(request, timeout=within) as answer:
            received: bytes = answer.read(longest)
    except HTTPError as error:
        error.close()
        raise PostError(f"it answered {error.code}") from None
    except TimeoutError:
        raise PostError(f"it did not answer within {within:g} s") from None
    except URLError as error:
        raise PostError(f"it cannot be reached ({cause(error.reason)})") from None
    except (HTTPException, OSError, ValueError) as error:
        raise PostError(f"it did not answer in HTTP ({cause(error)})") from None
    return received


def cause(error: object) -> str:
    """What went wrong, without the address that some errors cite."""
    text = getattr(error, "strerror", None) or getattr(error, "verify_message", None)
    return str(text or type(error).__name__)
