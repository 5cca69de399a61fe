"""Who may send: all threads of a scan together, or one alone while it makes sure of something."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


class Gate:
    """Lets any number through side by side, and one alone; who is alone may pass as often as it likes."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._inside = 0
        self._alone: int | None = None

    @contextmanager
    def together(self) -> Iterator[None]:
        """Pass while nobody is alone."""
        me = threading.get_ident()
        with self._changed:
            self._changed.wait_for(lambda: self._alone in (None, me))
            self._inside += 1
        try:
            yield
        finally:
            with self._changed:
                self._inside -= 1
                self._changed.notify_all()

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Pass alone: what is answered now, nobody else has brought about."""
        me = threading.get_ident()
        with self._changed:
            again = self._alone == me
            self._changed.wait_for(lambda: self._alone in (None, me))
            self._alone = me
            self._changed.wait_for(lambda: self._inside == 0)
        try:
            yield
        finally:
            if not again:
                with self._changed:
                    self._alone = None
                    self._changed.notify_all()
