"""Which operations a scan does not send in good form, and why."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from SecurityLibrary.target import NO_REASON, RESETS

if TYPE_CHECKING:
    from SecurityLibrary.description.operations import ScanOperation
    from SecurityLibrary.identities.throwaway_sessions import ThrowawaySessions
    from SecurityLibrary.target import Target
    from theodore_qa.systems.authentication import Authenticator


@dataclass(frozen=True)
class SkipRules:
    """The rules of one scan: what the description skips, what would end the scan's session, what changes something."""

    target: Target
    authenticator: Authenticator
    allow_changes: bool
    throwaway: ThrowawaySessions

    def described(self, operation: ScanOperation) -> str:
        """Why the description skips an operation, which no part of a scan sends then; empty if it does not."""
        reason = self.target.skip.get(str(operation))
        if reason == RESETS:
            return reason
        return "" if reason is None else f"the description of {self.target.name} says to skip it: {reason}"

    def left_out(self, location: str) -> bool:
        """Whether the operation of a location is left out on purpose: by the description, with a reason, or for its changes."""
        label = " ".join(location.split(" ")[:2])
        operation = next((each for each in self.target.operations if str(each) == label), None)
        if operation is None:
            return False
        if label in self.target.skip:
            return self.target.skip[label] not in (NO_REASON, RESETS)
        signs_in = self.authenticator.signs_in(label)
        return not operation.safe and not self.allow_changes and not signs_in

    def reason(self, operation: ScanOperation) -> str:
        """Why an operation is skipped; empty if it is not."""
        if reason := self.described(operation):
            return reason
        if self.throwaway.ended_by(operation):
            if reason := self.throwaway.reason():
                return reason
        elif operation.disruptive:
            return "it would end the scan's own session"
        signs_in = self.authenticator.signs_in(operation)
        if not operation.safe and not self.allow_changes and not signs_in:
            return "it changes something: allow_changes=True is needed"
        return ""
