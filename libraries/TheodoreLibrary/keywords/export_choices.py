"""Keywords that try each choice of an export: each value of each filter, each column and order, and the times."""

from __future__ import annotations

from typing import Any

from robotlibcore import keyword

from theodore_qa.errors import QaError, UsageError
from theodore_qa.observing.checks import Checks
from TheodoreLibrary import export_choices, jobs

LONGEST = 60.0


class ExportChoiceKeywords:
    """Choices of exports, tried one by one."""

    @keyword(tags=("export",))
    def export_should_choose_by_each_value(
        self, records: list[dict[str, Any]], *, alone: bool = False, identity: str | None = None
    ) -> None:
        """Exports by each value of the filters industries, business_models and company_sizes, and checks which companies come.

        Each value of the contract is tried alone, and those that a company has together, all but one. A filter of whose values no
        record has any is NOT EVALUATED. The exports are made in JSON.

        Args:
            records: The API's records of companies that the tenant has researched.
            alone: Whether the tenant has no other companies; False by default: others in the files are left aside.
            identity: The identity that sends the requests; by default the first one of the environment.

        Example:

        ```robotframework
        ${batch} =    Research Batch    ${{["Siemens", "Airbnb", "Adyen"]}}
        ${records} =    Get Batch Records    ${batch}
        Export Should Choose By Each Value    ${records}
        ```
        """
        checks = Checks("Values of filters", "export")
        export_choices.each_value(checks, _some(records), identity, alone=alone)
        checks.conclude()

    @keyword(tags=("export",))
    def export_should_choose_at_each_end(
        self, records: list[dict[str, Any]], *, alone: bool = False, identity: str | None = None
    ) -> None:
        """Exports at each end of the filters that are ranges, and checks which companies come.

        The least and the greatest employee_count and revenue and the least quality are each tried at a value that a company has,
        between it and the next one, and at that: the ends belong to the range. An end for which the records have fewer than two
        values is NOT EVALUATED. The exports are made in JSON.

        Args:
            records: The API's records of companies that the tenant has researched.
            alone: Whether the tenant has no other companies; False by default: others in the files are left aside.
            identity: The identity that sends the requests; by default the first one of the environment.

        Example:

        ```robotframework
        ${batch} =    Research Batch    ${{["Salesforce", "Toyota", "Acme Startup Inc"]}}
        ${records} =    Get Batch Records    ${batch}
        Export Should Choose At Each End    ${records}
        ```
        """
        checks = Checks("Ends of ranges", "export")
        export_choices.each_end(checks, _some(records), identity, alone=alone)
        checks.conclude()

    @keyword(tags=("export",))
    def export_should_have_each_column_and_order(
        self, records: list[dict[str, Any]], *, alone: bool = False, identity: str | None = None
    ) -> None:
        """Exports with each field as a column, sorted by it in both directions, and checks columns, order and values.

        Fields that hold lists or objects are columns alone: the contract says no order of them. The exports are made in JSON.

        Args:
            records: The API's records of companies that the tenant has researched.
            alone: Whether the tenant has no other companies; False by default: others in the files are left aside.
            identity: The identity that sends the requests; by default the first one of the environment.

        Example:

        ```robotframework
        ${batch} =    Research Batch    ${{["Siemens", "Airbnb", "Adyen"]}}
        ${records} =    Get Batch Records    ${batch}
        Export Should Have Each Column And Order    ${records}
        ```
        """
        checks = Checks("Columns and orders", "export")
        export_choices.each_field(checks, _some(records), identity, alone=alone)
        checks.conclude()

    @keyword(tags=("export",))
    def export_should_choose_by_time(self, known: str, new: str, *, identity: str | None = None) -> None:
        """Researches a known company again and a new one, and checks which of them exports choose by times.

        After that moment one of them was created and both were updated. Where the tenant has the new company already, or lacks
        the known one, the times are NOT EVALUATED.

        Args:
            known: The name of a company that the tenant has researched.
            new: The name of one that it has not.
            identity: The identity that sends the requests; by default the first one of the environment.

        Example:

        ```robotframework
        ${research} =    Research Company    Siemens
        Export Should Choose By Time    Siemens    Doctolib
        ```
        """
        before = export_choices.domains(identity)
        researches = []
        for name in (known, new):
            job = jobs.start(name, identity)
            jobs.follow(job, LONGEST)
            jobs.leave_open(job)
            if job.status != "completed":
                raise QaError(f"The {job} ended {job.status}: expected completed, observed {job.error}.")
            researches.append(job)
        renewed, made = researches
        checks = Checks("Times of exports", f"{known} and {new}")
        old, fresh = (str((job.record or {}).get("domain")) for job in researches)
        if old not in before or fresh in before:
            reason = f"{known} was not there before" if old not in before else f"{new} was there before"
            checks.not_evaluated("export.created", f"{known} known before and {new} new", reason)
        else:
            export_choices.by_time(checks, renewed, made)
        checks.conclude()

    @keyword(tags=("export",))
    def export_should_choose_similar_companies(
        self, company: str, *, threshold: float | None = None, identity: str | None = None
    ) -> None:
        """Exports the companies that are similar to one, and checks that they are those that a discovery finds.

        The discovery looks among the companies that the tenant has researched. Where it finds none of them so similar, or all,
        the filter is NOT EVALUATED. The export is made in JSON.

        Args:
            company: The name of a company that the tenant has researched.
            threshold: The least similarity, from 0 to 1; by default none is sent, and 0.6 has to count.
            identity: The identity that sends the requests; by default the first one of the environment.

        Example:

        ```robotframework
        Research Batch    ${{["Stripe", "Adyen", "PayPal", "Siemens", "Airbnb"]}}
        Export Should Choose Similar Companies    Stripe    threshold=0.5
        ```
        """
        checks = Checks("Similar companies", company)
        export_choices.by_similarity(checks, company, threshold, identity)
        checks.conclude()


def _some(records: list[dict[str, Any]]) -> list[dict[str, Any]]:
    if not records:
        raise UsageError("There are no records that exports could hold: research companies first.")
    return records
