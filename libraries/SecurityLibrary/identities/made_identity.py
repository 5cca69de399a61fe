"""Accounts of a scan's own."""

from __future__ import annotations

from dataclasses import dataclass, field

from theodore_qa.systems.identities import Identity


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class MadeIdentity(Identity):
    """An account that the scan registered; its password stands in no variable, ``made_names`` are its names by their places."""

    made_password: str
    made_names: dict[str, str] = field(default_factory=dict)

    def password(self) -> str:
        """The password that it was registered with."""
        return self.made_password

    def called(self, place: str) -> str:
        """What it is called at a place of this name: an address where one is asked for and was made, else its name."""
        alike = [name for name in self.made_names.values() if ("@" in name) == ("mail" in place.lower())]
        return self.made_names.get(place.lower()) or next(iter(alike), self.username)
