"""Sessions as steps: a WebSocket, or a stream of server-sent events, until so many messages came or a text stood in one."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, TYPE_CHECKING

from theodore_load import templates
from theodore_qa.errors import unknown, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from theodore_load.protocol import Answer
    from theodore_load.session import Address

WEB_SOCKET, EVENTS = METHODS = ("WS", "SSE")
KEYS = ("send", "receive", "until")
SWITCHED = 101
CLOSING = 1.0  # seconds for the other side to agree to the end of a session
END_OF_LINE = re.compile(rb"\r\n|\r|\n")
HANDSHAKE = frozenset({"host", "connection", "upgrade", "content-length", "accept", "accept-encoding", "user-agent"})


@dataclass(frozen=True)
class Stream:
    """What a session sends, and when enough has come: so many messages, of which one has a text."""

    kind: str
    send: tuple[templates.Template, ...]
    receive: int
    until: str

    def enough(self, messages: list[bytes]) -> bool:
        """Whether all has come that the session waits for."""
        return len(messages) >= self.receive and (not self.until or any(self.until.encode() in message for message in messages))

    def lacking(self, messages: list[bytes]) -> str:
        """What did not come, as a phrase; empty if all came."""
        name = "events" if self.kind == EVENTS else "messages"
        if self.enough(messages):
            return ""
        text = f" of which one has '{self.until}'" if self.until else ""
        return f"expected {self.receive} {name}{text}, observed {len(messages)} and the end of the session"


def read(method: str, declared: Any, step: str) -> Stream | None:
    """The session of a step; None for a plain request.

    Raises:
        UsageError: An entry is unknown or wrong.
    """
    if method not in METHODS:
        if declared is not None:
            raise UsageError(f"The step '{step}' has a session: write its request as 'WS /path' or 'SSE /path'.")
        return None
    given: Mapping[str, Any] = declared or {}
    for name in given:
        if name not in KEYS:
            raise unknown("entry", str(name), KEYS, f"the session of the step '{step}'")
    send = given.get("send", [])
    texts = [templates.plain(str(text)) for text in (send if isinstance(send, list) else [send])]
    receive = given.get("receive", 1)
    if not isinstance(receive, int) or receive < 1:
        raise UsageError(f"The session of the step '{step}' receives {receive} messages: write a whole number from 1.")
    if texts and method == EVENTS:
        raise UsageError(f"The step '{step}' sends over a stream of server-sent events, which has one direction: remove 'send'.")
    return Stream(method, tuple(texts), receive, str(given.get("until", "")))


def events(body: bytes | bytearray) -> list[bytes]:
    """The data of the whole events in a stream; one without data is none."""
    found: list[bytes] = []
    data: list[bytes] = []
    for line in END_OF_LINE.split(bytes(body)):
        if not line:
            if data:
                found.append(b"\n".join(data))
            data = []
        elif line.startswith(b"data:"):
            data.append(line[5:].removeprefix(b" "))
    return found


def enough_of(stream: Stream) -> Callable[[bytearray], bool]:
    """Whether the body of a stream of events has all that a session waits for."""
    return lambda body: stream.enough(events(body))


async def web_socket(
    stream: Stream, address: Address, target: str, headers: Mapping[str, str], send: list[str], keep: int
) -> Answer:
    """One session, from its handshake to its end.

    Args:
        stream: When enough has come.
        address: Where the system listens.
        target: The path with its query.
        headers: Of the handshake; those that it makes itself are left out.
        send: The messages to send.
        keep: The most bytes of a message.

    Raises:
        OSError: There is no connection.
    """
    from websockets.asyncio.client import connect
    from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidStatus

    from theodore_load.protocol import Answer, PROTOCOL, RESET

    host = f"[{address.host}]" if ":" in address.host else address.host
    own = {name: value for name, value in headers.items() if name.lower() not in HANDSHAKE}
    answer = Answer()
    messages: list[bytes] = []
    try:
        async with connect(
            f"{'wss' if address.tls else 'ws'}://{host}:{address.port}{target}",
            ssl=address.tls,
            additional_headers=own,
            user_agent_header=headers.get("User-Agent"),
            proxy=None,
            open_timeout=None,
            close_timeout=CLOSING,
            max_size=keep,
        ) as connection:
            answer.status = SWITCHED
            for text in send:
                await connection.send(text)
            while not stream.enough(messages):
                message = await connection.recv(decode=False)
                messages.append(message)
                answer.received += len(message)
    except InvalidStatus as error:
        answer.status, answer.body = error.response.status_code, bytearray(error.response.body or b"")
        return answer
    except ConnectionClosed as error:
        if error.rcvd is None:
            answer.kind, answer.text = RESET, "the connection broke in the session"
            return answer
    except InvalidHandshake as error:
        answer.kind, answer.text = PROTOCOL, f"no WebSocket was opened: {error}"
        return answer
    filled(answer, messages)
    return answer


def filled(answer: Answer, messages: list[bytes]) -> None:
    """Put the messages of a session into its answer: all as its body, the last one for what reads JSON."""
    answer.body = bytearray(b"\n".join(messages))
    answer.messages = messages
