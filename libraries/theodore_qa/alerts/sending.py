"""Sends the alerts of a run once, all receivers side by side, and keeps what was sent and what was not."""

from __future__ import annotations

import json
import threading
import time
from typing import Any, TYPE_CHECKING

from theodore_qa.alerts import senders
from theodore_qa.alerts.senders import NotSentError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from theodore_qa.alerts.occasion import Occasion
    from theodore_qa.alerts.receivers import Receiver

FOLDER = "alerts"
GRACE = 0.5  # seconds in which a receiver that is late is said to be late in its own words
SENDING, SENT, NOT_SENT, UNKNOWN = "sending", "sent", "not sent", "not known to be sent"


def send(receivers: Iterable[Receiver], occasion: Occasion, folder: Path) -> list[str]:
    """Send an occasion to each receiver that asks for it, unless that was tried before; returns a sentence for each.

    Args:
        receivers: all of them.
        occasion: what there is to say.
        folder: where each alert is kept with what became of it: nothing is lost with a receiver that is down.
    """
    tries = [_Try(receiver, occasion, kinds, folder) for receiver in receivers if (kinds := occasion.kinds(receiver.about))]
    begun = [attempt for attempt in tries if attempt.begin()]
    began = time.monotonic()
    for attempt in begun:
        attempt.thread.join(max(0.0, began + attempt.receiver.within + GRACE - time.monotonic()))
    return [sentence for attempt in tries if (sentence := attempt.concluded())]


class _Try:
    """One alert to one receiver."""

    def __init__(self, receiver: Receiver, occasion: Occasion, kinds: list[str], folder: Path) -> None:
        self.receiver, self.occasion, self.kinds = receiver, occasion, kinds
        self.path = folder / f"{occasion.run}-{receiver.name}.json"
        self.state, self.reason = SENDING, ""
        self.thread = threading.Thread(target=self._send, daemon=True)
        self._lock = threading.Lock()

    def begin(self) -> bool:
        """Begin to send, unless a try was made before or nothing can be kept of it."""
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self._claim()
        except OSError as error:
            self.state, self.reason = NOT_SENT, f"it could not be kept in {self.path.parent} ({error.strerror})"
        if self.state != SENDING:
            return False
        self.thread.start()
        return True

    def _claim(self) -> None:
        """Make the file of this alert; whoever makes it sends it, and nobody else ever does."""
        try:
            with self.path.open("x", encoding="utf-8") as file:
                file.write(self._kept())
        except FileExistsError:
            self.state = ""

    def _send(self) -> None:
        try:
            senders.send(self.receiver, self.occasion, self.kinds)
            state, reason = SENT, ""
        except NotSentError as error:
            state, reason = NOT_SENT, str(error)
        except Exception as error:  # noqa: BLE001  # whatever a receiver does, the run stays what it is
            state, reason = NOT_SENT, f"{type(error).__name__}"
        with self._lock:
            if self.state == SENDING:
                self.state, self.reason = state, reason

    def concluded(self) -> str:
        """What became of it in one sentence, which is kept too; empty if it was tried before."""
        with self._lock:
            if self.state == SENDING:
                self.state, self.reason = UNKNOWN, f"no end within {self.receiver.within:g} s"
        if not self.state:
            return ""
        sentence = f"{self.receiver.name} ({self.receiver.kind}): {self.state}"
        if self.state == SENT:
            self._keep()
            return f"{sentence} ({', '.join(self.kinds)})."
        return f"{sentence}: {self.reason}." + (f" It is kept in {self.path}." if self._keep() else "")

    def _keep(self) -> bool:
        try:
            self.path.write_text(self._kept(), encoding="utf-8")
        except OSError:
            return self.path.is_file()
        return True

    def _kept(self) -> str:
        about: dict[str, Any] = {"receiver": self.receiver.name, "kind": self.receiver.kind, "state": self.state}
        alert = {"reason": self.reason or None, "alert": self.occasion.data(self.kinds)}
        return json.dumps(about | alert, indent=1, ensure_ascii=False) + "\n"
