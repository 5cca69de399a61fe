"""Whether the sessions of people have ended, which is seen where they were answered before."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

from theodore_qa.systems.authentication import asks_to_sign_in

if TYPE_CHECKING:
    from SecurityLibrary.pacing import PacedClient
    from theodore_qa.systems.authentication import Authenticator
    from theodore_qa.systems.identities import Identity

ALIVE = 2.0  # seconds for which a session that was seen alive is not looked at again


class Sessions:
    """The requests by which it is seen, by person; safe to use from several threads."""

    def __init__(self, authenticator: Authenticator, client: PacedClient) -> None:
        self.authenticator, self.client = authenticator, client
        self._turn = threading.RLock()
        self._answered: dict[str, list[tuple[str, str]]] = {}
        self._alive_until: dict[str, float] = {}

    def answered(self, person: Identity, method: str, path: str) -> None:
        """A request that a person was answered."""
        self._answered.setdefault(person.name, []).append((method, path))

    def has_ended(self, person: Identity) -> bool:
        """Whether what was answered before, and not to nobody, asks to sign in now."""
        with self._turn:
            if time.monotonic() < self._alive_until.get(person.name, 0):
                return False
            requests = self._answered.get(person.name, [])
            while requests:
                if asks_to_sign_in(self.client.send(*requests[0], self.authenticator.credentials(person, *requests[0]))):
                    return True
                if asks_to_sign_in(self.client.send(*requests[0])):
                    self._alive_until[person.name] = time.monotonic() + ALIVE
                    return False
                requests.pop(0)  # it is open to everybody: that says nothing
        return False
