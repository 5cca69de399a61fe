"""Keywords that compare records with an earlier profile of them."""

from __future__ import annotations

import weakref
from pathlib import Path
from typing import Any, Literal

from robotlibcore import keyword

from QualityLibrary import drift, given_records, profiles
from QualityLibrary.store import Records
from theodore_qa.errors import UsageError
from theodore_qa.log import log_table
from theodore_qa.observing.checks import Checks


class DriftKeywords:
    """Profiles and drift."""

    def __init__(self) -> None:
        self._made_of: dict[Path, Any] = {}  # what profiles of this run were made of: by reference, or as the list itself

    @keyword(tags=("quality", "precondition"))
    def profile_of_records(self, records: Any, path: Path, *columns: str) -> str:
        """Writes what columns hold into a small JSON file, for `Records Should Not Have Drifted`.

        Numbers and times are kept as deciles with their counts and at most 1,000 sampled values; texts as counts by value where
        there are at most 50 different ones, and else by length, so that no names are kept.

        Args:
            records: Records that `Read Records` returned, or a list of dictionaries.
            path: The file, with a name that ends with .json. Only an earlier profile is overwritten.
            columns: The columns; all of them by default.

        Returns:
            The path.

        Example:

        ```robotframework
        ${profile} =    Profile Of Records    ${records}    ${OUTPUT DIR}/profiles/companies.json    industry    employees
        ${later} =    Read Records    ${companies}    types=${types}
        Records Should Not Have Drifted    ${later}    ${profile}
        ```
        """
        checks = Checks("Profile")
        made = profiles.profile(given_records.records_of(records, checks), columns)
        if checks.done:
            checks.conclude()
        profiles.write(made, path)
        self._made_of[path.resolve()] = weakref.ref(records) if isinstance(records, Records) else lambda: records
        rows = [(name, entry["type"], sum(entry["counts"].values())) for name, entry in made["columns"].items()]
        log_table(f"Profile {path.name}", ("Column", "Kept as", "Records"), rows)
        return str(path)

    @keyword(tags=("quality",))
    def records_should_not_have_drifted(
        self,
        records: Any,
        profile: Path,
        *columns: str,
        at_most: float = 0.2,
        test: Literal["psi", "ks"] = "psi",
        significance: float = 0.01,
    ) -> None:
        """Checks that columns hold what they held when a profile was made.

        With ``psi``, the population stability index of each column must not pass ``at_most``; missing values are a bin of their
        own, so that a loss of completeness counts. With few records chance alone moves the index: then the verdict is NOT
        EVALUATED. With ``ks``, the Kolmogorov-Smirnov test of numbers must not be significant after Holm's correction.

        Args:
            records: Records that `Read Records` returned, or a list of dictionaries.
            profile: The file that `Profile Of Records` wrote.
            columns: The columns; by default all of the profile, and then columns that are new count as drift.
            at_most: The greatest PSI, a number without unit that is 0 for no change; 0.2 by default. Usual
                readings: below 0.1 stable, above 0.2 or 0.25 changed.
            test: psi or ks; psi by default.
            significance: The least probability of the ks test; 0.01 by default.

        Raises:
            QaError: A column has drifted, or is not there any more.
            UsageError: The profile was made of these very records.
            NotEvaluatedError: There are too few records to tell.

        Example:

        ```robotframework
        ${profile} =    Profile Of Records    ${records}    ${OUTPUT DIR}/profiles/earlier.json    employees
        ${later} =    Read Records    ${companies}    types=${types}
        Records Should Not Have Drifted    ${later}    ${profile}    employees    test=ks
        ```
        """
        if at_most <= 0 or not 0 < significance < 1:
            raise UsageError("at_most must be above 0, and significance between 0 and 1.")
        made_of = self._made_of.get(profile.resolve())
        if made_of is not None and made_of() is records:
            raise UsageError(
                f"The profile {profile.name} was made of these very records, so that the comparison could hardly fail: "
                "compare records that were read later with it."
            )
        checks = Checks("Drift", f"since {profile.name}")
        given = given_records.records_of(records, checks)
        before = profiles.read(profile)
        if test == "psi":
            drift.check(checks, given, before, columns, at_most)
        else:
            drift.check_by_test(checks, given, before, columns, significance)
        checks.conclude()
