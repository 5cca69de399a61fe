"""Whether this run was cancelled: by Ctrl-C, or by a signal that asks it to end."""

from __future__ import annotations

import signal
import threading
from typing import Any

SIGNALS = (signal.SIGINT, signal.SIGTERM)


class Cancellation:
    """Notes the signals that Robot is stopped by, and leaves what happens then to Robot."""

    def __init__(self) -> None:
        self.requested = False

    def watch(self) -> None:
        """Note the signals from here on; to be called while Robot's own handlers are installed, which it puts back itself."""
        if threading.current_thread() is not threading.main_thread():  # where Python lets nobody handle signals
            return
        for number in SIGNALS:
            handler = signal.getsignal(number)
            if callable(handler):
                signal.signal(number, self._noting(handler))

    def _noting(self, handler: Any) -> Any:
        def note(number: int, frame: Any) -> Any:
            self.requested = True
            return handler(number, frame)

        return note


cancellation = Cancellation()
