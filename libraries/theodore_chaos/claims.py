"""Targets that one agent holds, whatever journal it keeps: two users of a machine cannot hit one target at once."""

from __future__ import annotations

import hashlib
import socket


class Claims:
    """Each claim is an abstract socket, which the kernel gives to one process and takes back when that ends."""

    def __init__(self) -> None:
        self._held: dict[str, tuple[socket.socket, int]] = {}

    def take(self, target: str) -> bool:
        """Claim a target, once more if it is held already; returns whether it is ours."""
        if target in self._held:
            held, times = self._held[target]
            self._held[target] = held, times + 1
            return True
        claim = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        try:
            claim.bind("\0theodore-chaos-" + hashlib.sha256(target.encode()).hexdigest())
        except OSError:
            claim.close()
            return False
        self._held[target] = claim, 1
        return True

    def release(self, target: str) -> None:
        """Give one claim of a target back."""
        held, times = self._held.pop(target)
        if times > 1:
            self._held[target] = held, times - 1
        else:
            held.close()
