"""All operations of the model by their names."""

from __future__ import annotations

from typing import TYPE_CHECKING

from TheodoreLibrary.exploration.model import accounts, discoveries, jobs, streams, system

if TYPE_CHECKING:
    from TheodoreLibrary.exploration.model.actions import Action

ACTIONS: dict[str, Action] = {
    action.name: action for part in (accounts, jobs, discoveries, streams, system) for action in part.ACTIONS
}
