"""A shared/exclusive lock: all threads of a scan send side by side, or one alone while it measures."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


class SharedLock:
    """Many threads hold it shared, or one exclusively; reentrant for the thread that holds it exclusively."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._holders = 0
        self._exclusive_thread: int | None = None

    @contextmanager
    def shared(self) -> Iterator[None]:
        """Hold it shared, once no thread holds it exclusively."""
        me = threading.get_ident()
        with self._changed:
            self._changed.wait_for(lambda: self._exclusive_thread in (None, me))
            self._holders += 1
        try:
            yield
        finally:
            with self._changed:
                self._holders -= 1
                self._changed.notify_all()

    @contextmanager
    def exclusive(self) -> Iterator[None]:
        """Hold it exclusively: no other thread can have caused what is answered now."""
        me = threading.get_ident()
        with self._changed:
            again = self._exclusive_thread == me
            self._changed.wait_for(lambda: self._exclusive_thread in (None, me))
            self._exclusive_thread = me
            self._changed.wait_for(lambda: self._holders == 0)
        try:
            yield
        finally:
            if not again:
                with self._changed:
                    self._exclusive_thread = None
                    self._changed.notify_all()
