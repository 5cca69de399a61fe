"""Whether the session of an identity has ended: operations that answered it before ask it to sign in."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from SecurityLibrary.sending.pacing import PacedClient
    from theodore_qa.systems.authentication import Authenticator
    from theodore_qa.systems.identities import Identity

ALIVE = 2.0  # seconds for which a session that was seen alive is not looked at again


class Sessions:
    """Remembers requests that were answered, by identity; safe to use from several threads."""

    def __init__(self, authenticator: Authenticator, client: PacedClient) -> None:
        self.authenticator, self.client = authenticator, client
        self._lock = threading.RLock()
        self._answered: dict[str, list[tuple[str, str]]] = {}
        self._alive_until: dict[str, float] = {}

    def answered(self, identity: Identity, method: str, path: str) -> None:
        """Record a request that was answered to an identity."""
        self._answered.setdefault(identity.name, []).append((method, path))

    def knows(self, identity: Identity) -> bool:
        """Whether a request is known by which it shows that the session of an identity has ended."""
        return not self.has_ended(identity, anew=True) and bool(self._answered.get(identity.name))

    def has_ended(self, identity: Identity, *, anew: bool = False) -> bool:
        """Whether a request that was answered before, and is refused anonymously, asks to sign in now.

        A session that was seen alive a moment ago is looked at only ``anew``.
        """
        with self._lock:
            if not anew and time.monotonic() < self._alive_until.get(identity.name, 0):
                return False
            requests = self._answered.get(identity.name, [])
            while requests:
                if self.client.send(*requests[0], self.authenticator.credentials(identity, *requests[0])).asks_to_sign_in:
                    return True
                if self.client.send(*requests[0]).asks_to_sign_in:
                    self._alive_until[identity.name] = time.monotonic() + ALIVE
                    return False
                requests.pop(0)  # it is open to anonymous callers: that proves nothing
        return False
