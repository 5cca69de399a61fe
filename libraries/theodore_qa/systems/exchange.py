"""An exchange with a system: a request, what came back, and what is wrong with how it came."""

from __future__ import annotations

import email.utils
import json
import math
import re
import time
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, NoReturn, TYPE_CHECKING

from theodore_qa.errors import QaError
from theodore_qa.redaction.secrets import secrets, shortened

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Mapping

NO_ANSWER = 0
EXCERPT = 1500
SIGN_IN_PAGE = ("login", "signin", "sign-in", "sign_in", "auth")
# What errors of GraphQL and JSON-RPC, which have no statuses, say by their codes or in words.
MEANINGS = (
    (429, r"(?i)too.?many|rate.?limit|throttl"),
    (401, r"(?i)un-?auth|authenticat|not[ _](?:signed|logged)|(?:sign|log).?in\b|(?:token|jwt)\b.*(?:valid|expired)"),
    (401, r"(?i)(?:invalid|expired|malformed)\b.*\b(?:token|jwt)\b"),
    (403, r"(?i)forbidden|permission|not allowed|denied"),
    (404, r"(?i)not.?found|no such"),
    (409, r"(?i)conflict|\btaken\b|\bexists\b"),
)
CODES = {-32700: 400, -32600: 400, -32601: 404, -32602: 422, -32603: 500}  # of JSON-RPC 2.0
STATUSES = range(400, 600)
SECRET_HEADERS = ("authorization", "x-api-key", "cookie", "set-cookie", "proxy-authorization")


@dataclass(frozen=True, eq=False, repr=False)  # generated methods cost import time
class Exchange:
    """A request and its answer; status 0 says that none came, ``problem`` why, or what is wrong with the body that did."""

    method: str
    path: str  # as it was sent, with its query
    status: int
    headers: Mapping[str, str]
    text: str
    sent: dt.datetime
    duration: float  # seconds
    url: str = ""  # of the system
    sent_headers: Mapping[str, str] = field(default_factory=dict)
    sent_body: bytes = b""
    cookies: tuple[str, ...] = ()
    problem: str = ""
    # Once the answer was held to what the system keeps to: what is wrong by the contract, by the conventions of every answer, and
    # with its moment, as that of a recording is; and what of the contract could not be decided.
    violations: list[str] = field(default_factory=list)
    unconventional: list[str] = field(default_factory=list)
    stale: list[str] = field(default_factory=list)
    undecided: list[str] = field(default_factory=list)
    doubled: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # headers that came more than once, with their values
    binary: bytes = b""  # the body of an answer that is no text, such as a workbook's

    @property
    def wrong(self) -> tuple[str, ...]:
        """All that is wrong with it."""
        return (*self.violations, *self.unconventional, *self.stale)

    @property
    def ok(self) -> bool:
        """Whether the status says that what was requested was done, and the answer came whole; GraphQL needs data too."""
        return 200 <= self.status < 300 and not self.problem and not self.without_data  # noqa: PLR2004  # HTTP's successes

    @property
    def without_data(self) -> bool:
        """Whether a query of GraphQL or a call of JSON-RPC has brought errors and nothing else, for which they have no status."""
        if b'"jsonrpc"' in self.sent_body and '"error"' in self.text:
            body = self.body
            return isinstance(body, dict) and isinstance(body.get("error"), dict) and body.get("result") is None
        body = self.body if b'"query"' in self.sent_body and '"errors"' in self.text else None
        return isinstance(body, dict) and isinstance(body.get("errors"), list) and not _holds_any(body.get("data"))

    @property
    def outcome(self) -> int:
        """The status; of a query or a call that was answered by errors alone, the one that means the same, or 400."""
        if not 200 <= self.status < 300 or not self.without_data:  # noqa: PLR2004  # HTTP's successes
            return self.status
        body = self.body
        listed = (body.get("errors") or [body.get("error")]) if isinstance(body, dict) else []
        errors = [error for error in listed if isinstance(error, dict)]
        code = errors[0].get("code") if errors else None
        if isinstance(code, int) and code in STATUSES:
            return code
        extensions = [error["extensions"] for error in errors if isinstance(error.get("extensions"), dict)]
        texts = [*(str(each.get("code", "")) for each in extensions), *(str(error.get("message")) for error in errors)]
        meant = (status for text in texts for status, words in MEANINGS if re.search(words, text))
        coded = CODES.get(code, HTTPStatus.BAD_REQUEST) if isinstance(code, int) else HTTPStatus.BAD_REQUEST
        return next(meant, int(coded))

    @property
    def location(self) -> str:
        """Where a redirect leads; empty if it is none."""
        return self.headers.get("location", "") if 300 <= self.status < 400 else ""  # noqa: PLR2004  # HTTP's redirects

    @property
    def asks_to_sign_in(self) -> bool:
        """Whether whoever asked has to sign in: 401, what stands for it without statuses, or the way to a page for that."""
        to = self.location.lower()
        return self.outcome == HTTPStatus.UNAUTHORIZED or (bool(to) and any(part in to for part in SIGN_IN_PAGE))

    @property
    def media(self) -> str:
        """The media type of the answer."""
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()

    @property
    def content(self) -> bytes:
        """The body as it came, unpacked."""
        return self.binary or self.text.encode()

    @property
    def body(self) -> Any:
        """The answer's JSON, or None where there is none."""
        return parsed(self.text)

    def object(self) -> dict[str, Any]:
        """The answer's JSON object; anything else is an error that shows what came."""
        body = self.body
        if isinstance(body, dict):
            return body
        raise QaError(f"{self.method} {self.path} answered {self.status} with {self.excerpt()}, expected a JSON object.")

    def excerpt(self, length: int = 120) -> str:
        """The beginning of the answer's text."""
        return f"'{shortened(self.text, length)}'" if self.text else "an empty body"

    def evidence(self) -> dict[str, str]:
        """Request and response as texts for people, redacted and cut, with the address and the time of the request."""
        head = "\n".join([f"{self.method} {self.path}", *_lines(self.sent_headers)])
        came = "\n".join(_lines(self.headers))
        status = f"{self.status or 'no answer'} after {self.duration:.3f} s" + (f" ({self.problem})" if self.problem else "")
        return {
            "request": _cut(f"{head}\n\n{self.sent_body.decode('utf-8', 'replace')}"),
            "response": _cut(f"{status}\n{came}\n\n{self.text}"),
            "address": _cut(f"{self.url}{self.path}"),
            "sent": self.sent.isoformat(timespec="milliseconds"),
        }


def parsed(text: str) -> Any:
    """The value of a JSON text (RFC 8259); None for what is no JSON, such as NaN, or nested beyond reason."""
    try:
        return json.loads(text.removeprefix("\ufeff"), parse_constant=_refuse)
    except (ValueError, RecursionError):
        return None


def parsed_yaml(text: str) -> Any:
    """The value of a YAML text; None for what is no YAML."""
    import yaml

    try:
        return yaml.safe_load(text)
    except yaml.YAMLError:
        return None


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is no JSON")


def retry_after(headers: Mapping[str, str]) -> float | None:
    """In how many seconds there is room again (RFC 9110, 10.2.3: seconds or a date); None where that is not said."""
    text = headers.get("retry-after", "").strip()
    try:
        seconds = float(text)
    except ValueError:
        moment = email.utils.parsedate_tz(text)
        if moment is None:
            return None
        seconds = email.utils.mktime_tz(moment) - time.time()
    return max(0.0, seconds) if math.isfinite(seconds) else None


def _lines(headers: Mapping[str, str]) -> list[str]:
    hidden = {*SECRET_HEADERS, *secrets.headers}
    return [f"{name}: {'***' if name.lower() in hidden else value}" for name, value in headers.items()]


def _holds_any(data: Any) -> bool:
    return any(map(_holds_any, data.values())) if isinstance(data, dict) else data is not None


def _cut(text: str) -> str:
    return shortened(text.strip(), EXCERPT)
