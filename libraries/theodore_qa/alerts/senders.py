"""How each kind of receiver is reached; what goes wrong is an error that names no address, since that may be a secret."""

from __future__ import annotations

import hashlib
import hmac
import json
import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

from theodore_qa.alerts.receivers import EMAIL, GITHUB, SLACK, WEBHOOK
from theodore_qa.errors import QaError
from theodore_qa.posting import cause, post, PostError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from theodore_qa.alerts.occasion import Fact, Occasion
    from theodore_qa.alerts.receivers import Receiver

LONGEST_BLOCK, MOST_BLOCKS = 3000, 50  # of a message in Slack
MOST_ANNOTATIONS = 10  # of a step, by GitHub's limit
SIGNATURE = "X-Theodore-Signature"


class NotSentError(QaError):
    """An alert that did not reach its receiver; the text says why."""


def send(receiver: Receiver, occasion: Occasion, kinds: Sequence[str]) -> None:
    """Send what an occasion says of some kinds.

    Raises:
        NotSentError: it did not reach the receiver.
    """
    SENDERS[receiver.kind](receiver, occasion, kinds)


def _webhook(receiver: Receiver, occasion: Occasion, kinds: Sequence[str]) -> None:
    body = json.dumps(occasion.data(kinds), ensure_ascii=False).encode()
    key = _value(receiver.secret_env).encode() if receiver.secret_env else b""
    _post(receiver, body, {SIGNATURE: f"sha256={hmac.new(key, body, hashlib.sha256).hexdigest()}"} if key else {})


def _slack(receiver: Receiver, occasion: Occasion, kinds: Sequence[str]) -> None:
    text = occasion.text(kinds)
    blocks = [{"type": "section", "text": {"type": "plain_text", "text": part, "emoji": False}} for part in _parts(text)]
    escaped = occasion.title.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    _post(receiver, json.dumps({"text": escaped, "blocks": blocks}, ensure_ascii=False).encode(), {})


def _parts(text: str) -> list[str]:
    """A text in blocks, as many as a message takes."""
    starts = range(0, min(len(text), MOST_BLOCKS * LONGEST_BLOCK), LONGEST_BLOCK)
    return [text[start : start + LONGEST_BLOCK] for start in starts]


def _post(receiver: Receiver, body: bytes, headers: dict[str, str]) -> None:
    usual = {"Content-Type": "application/json; charset=utf-8"}
    try:
        post(_value(receiver.url_env), body, usual | headers, receiver.within)
    except PostError as error:
        raise NotSentError(str(error)) from None


def _email(receiver: Receiver, occasion: Occasion, kinds: Sequence[str]) -> None:
    import smtplib
    from email.message import EmailMessage

    message = EmailMessage()
    message["Subject"] = occasion.title
    message["From"] = receiver.sender
    message["To"] = ", ".join(receiver.recipients)
    message.set_content(occasion.text(kinds))
    host, _, port = receiver.server.rpartition(":")
    connect = smtplib.SMTP_SSL if receiver.tls == "tls" else smtplib.SMTP
    try:
        with connect(host, int(port), timeout=receiver.within) as server:
            if receiver.tls == "starttls":
                import ssl

                server.starttls(context=ssl.create_default_context())
            if receiver.username_env:
                server.login(_value(receiver.username_env), _value(receiver.password_env))
            if refused := server.send_message(message):
                raise NotSentError(f"the server refused {', '.join(refused)}")
    except TimeoutError:
        raise NotSentError(f"the server did not answer within {receiver.within:g} s") from None
    except (smtplib.SMTPException, OSError, ValueError) as error:
        raise NotSentError(f"the server did not take it ({_cause(error)})") from None


def _github(receiver: Receiver, occasion: Occasion, kinds: Sequence[str]) -> None:  # noqa: ARG001  # as all senders
    """Print annotations, and add to the summary of the step."""
    if os.environ.get("GITHUB_ACTIONS") != "true":
        raise NotSentError("this is no workflow of GitHub")
    annotations = [_annotation(kind, fact) for kind in kinds for fact in occasion.facts[kind]]
    for annotation in annotations[:MOST_ANNOTATIONS]:
        click.echo(annotation)
    if path := os.environ.get("GITHUB_STEP_SUMMARY"):
        with Path(path).open("a", encoding="utf-8") as file:
            file.write(_summary(occasion, kinds))


def _annotation(kind: str, fact: Fact) -> str:
    """A workflow command; its text cannot end it or begin another."""
    place = {"file": f"suites/{fact.source}", "line": str(fact.line or 1)} if fact.source else {}
    properties = ",".join(f"{name}={_property(value)}" for name, value in (place | {"title": kind.capitalize()}).items())
    return f"::error {properties}::{_data(fact.sentence)}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")


def _summary(occasion: Occasion, kinds: Sequence[str]) -> str:
    from html import escape

    return f"\n<pre>\n{escape(occasion.text(kinds)).replace(chr(10) * 2, chr(10))}\n</pre>\n"  # a blank line would end the HTML


def _value(variable: str) -> str:
    value = os.environ.get(variable, "")
    if not value:
        raise NotSentError(f"{variable} is not set")
    return value


def _cause(error: Exception) -> str:
    code = getattr(error, "smtp_code", None)
    return f"it answered {code}" if code else cause(error)


SENDERS: dict[str, Callable[[Receiver, Occasion, Sequence[str]], None]] = {
    WEBHOOK: _webhook,
    SLACK: _slack,
    EMAIL: _email,
    GITHUB: _github,
}
