"""Accounts of a scan's own."""

from __future__ import annotations

from dataclasses import dataclass

from theodore_qa.systems.identities import Identity


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class MadeIdentity(Identity):
    """An account that the scan registered; its password stands in no variable."""

    made_password: str

    def password(self) -> str:
        """The password that it was registered with."""
        return self.made_password
