"""Keywords for options of exports: which companies are not valid, the audit trail, and names that are none of a file."""

from __future__ import annotations

from typing import Any

from robotlibcore import keyword

from theodore_qa.errors import UsageError
from theodore_qa.observing.checks import Checks
from TheodoreLibrary import export_options, exports
from TheodoreLibrary.exports import Export  # Robot converts arguments by these hints

PLAIN_NAME = "Plain name 2.csv"


class ExportOptionKeywords:
    """Options of exports."""

    @keyword(tags=("export",))
    def export_should_name_invalid_companies(self, export: Export, *records: dict[str, Any]) -> None:
        """Checks that an export names those companies that are not valid, each with its field, and no valid one.

        Which are valid is reckoned from the records by the rules of the contract. Where all of them are, this is NOT EVALUATED.

        Args:
            export: An export that `Export Companies` returned, which validates the companies as is usual.
            records: The API's records of companies that it holds, at least one of them not valid.

        Raises:
            UsageError: There are no records, or the request of the export asks for no validation.

        Example:

        ```robotframework
        ${canary} =    Canary Company
        Permit Address    ${canary.address}
        Change Canary Fact    ${canary}    employee_count    value=${0}
        ${research} =    Research Company    ${canary.name}    website=${canary.address}
        ${export} =    Export Companies    csv
        Export Should Name Invalid Companies    ${export}    ${research.record}
        ```
        """
        if not records:
            raise UsageError("There are no records whose validity could be known: research companies first.")
        if export.request.get("validate_data") is False:
            raise UsageError(f"The {export} was not to be validated: leave validate_data=False out.")
        checks = Checks("Validation", export.id)
        export_options.invalid_named(checks, export, list(records))
        checks.conclude()

    @keyword(tags=("export",))
    def export_should_have_audit_trail(self, export: Export) -> None:
        """Checks that an export says who made it, when, of what and with which filters, in its answer and later.

        Of an export that was made without ``include_audit_trail`` it must say nothing of that.

        Args:
            export: An export that `Export Companies` returned.

        Example:

        ```robotframework
        ${batch} =    Research Batch    ${{["Siemens"]}}
        ${export} =    Export Companies    csv    include_audit_trail=True
        Export Should Have Audit Trail    ${export}
        ```
        """
        system = export.system
        token = system.token(export.identity)
        username = str(system.request("GET", "/auth/profile", token=token).object().get("username"))
        described = system.request("GET", f"/export/files/{export.id}", token=token)
        checks = Checks("Audit trail", export.id)
        export_options.audited(checks, export, username, described)
        checks.conclude()

    @keyword(tags=("export",))
    def export_names_should_be_refused(self, *names: str, identity: str | None = None) -> None:
        """Checks that names that are none of a file, such as paths, are refused with 422 and a sentence, and a plain name taken.

        Args:
            names: What is requested as ``file_path``.
            identity: The identity that sends the requests; by default the first one of the environment.

        Raises:
            UsageError: No name is given.

        Example:

        ```robotframework
        ${batch} =    Research Batch    ${{["Siemens"]}}
        Export Names Should Be Refused    ../../etc/passwd    /tmp/companies.csv
        ```
        """
        if not names:
            raise UsageError("No name is given that could be refused.")
        checks = Checks("File names", "export")
        plain = exports.requested(PLAIN_NAME, identity)
        for name in names:
            export_options.refused(checks, name, exports.requested(name, identity), plain)
        checks.conclude()
