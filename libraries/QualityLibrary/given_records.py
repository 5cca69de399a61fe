"""Records as a keyword is given them: read from a source before, or a list of dictionaries."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TYPE_CHECKING

from QualityLibrary.sources import Row
from QualityLibrary.store import Records, store
from theodore_qa.errors import UsageError
from theodore_qa.observing.display import written
from theodore_qa.observing.observations import recorder

if TYPE_CHECKING:
    from theodore_qa.observing.checks import Checks

LOOKED_AT = 20
LEAST_HEARD = 0.5
LIST = "the given list"


def records_of(given: Any, checks: Checks) -> Records:
    """The records; those of a list must have stood in answers of the system under test, or are not evaluated."""
    if isinstance(given, Records):
        return given
    listed = mappings(given)
    unheard = [record for record in listed[:LOOKED_AT] if recorder.heard(record) < LEAST_HEARD]
    if unheard:
        checks.not_evaluated(
            "records.observed", "records from answers of the system under test", f"{written(unheard[0])}, in no answer"
        )
    kept = store.keep((Row(record) for record in listed), LIST, kinds=True)
    kept.partial = True
    return kept


def mappings(given: Any) -> list[Mapping[str, Any]]:
    """The items of a list of dictionaries; anything else is an error that says what came."""
    if isinstance(given, list | tuple) and all(isinstance(item, Mapping) for item in given):
        return list(given)
    came = "a list with other items" if isinstance(given, list | tuple) else f"{type(given).__name__} {str(given)[:80]!r}"
    raise UsageError(f"Records come from Read Records, or are a list of dictionaries, and this is {came}.")
