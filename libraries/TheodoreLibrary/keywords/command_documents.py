"""Keywords that read back the files of the command line: saved data, exports, reports and backups."""

from __future__ import annotations

from typing import Any

from robotlibcore import keyword

from theodore_qa.errors import UsageError
from TheodoreLibrary import command_checks, command_documents
from TheodoreLibrary.command_line import CommandResult  # Robot converts arguments by these hints


class CommandDocumentKeywords:
    """Files that calls of the command line wrote."""

    @keyword(tags=("command-line",))
    def file_of_command_should_hold_output(self, result: CommandResult, path: str) -> None:
        """Checks that a file that a call wrote holds what it wrote to standard output.

        That is the same JSON. Of a table, YAML and Markdown it is the same text, or JSON whose values stand on standard output.

        Args:
            result: A call that `Run Theodore Command` returned.
            path: The file, in the folder of the call.

        Example:

        ```robotframework
        ${result} =    Run Theodore Command    discover    Stripe    --output    json    --save    found.json
        File Of Command Should Hold Output    ${result}    found.json
        ```
        """
        checks = command_checks.about("Saved", result)
        command_documents.holds_output(checks, result, path)
        checks.conclude()

    @keyword(tags=("command-line",))
    def file_of_command_should_hold_companies(
        self, result: CommandResult, path: str, records: list[dict[str, Any]], *, filters: dict[str, Any] | None = None
    ) -> None:
        """Checks that an export that a call wrote holds the companies that were chosen, and none of the others that are known.

        The format is that of the file's ending: csv, json, xlsx or yaml, with .gz behind it where it is packed. Each value must
        be the API's.

        Args:
            result: A call of ``export companies`` that `Run Theodore Command` returned.
            path: The file, in the folder of the call.
            records: The API's records of companies that the tenant has researched, chosen or not.
            filters: What the chosen ones are like, as for `Export Companies`; by default all are chosen.

        Raises:
            UsageError: There are no records, or the filters choose none of them, or all.

        Example:

        ```robotframework
        ${batch} =    Research Batch    ${{["Siemens", "ABB"]}}
        ${records} =    Get Batch Records    ${batch}
        ${result} =    Run Theodore Command    export    companies    --format    csv    --output    companies.csv
        File Of Command Should Hold Companies    ${result}    companies.csv    ${records}
        ```
        """
        chosen = command_documents.chosen(records, filters or {})
        if not chosen or (filters and len(chosen) == len(records)):
            raise UsageError(
                f"The filters choose {len(chosen)} of {len(records)} records: research companies that they choose, and others."
            )
        checks = command_checks.about("Export", result)
        command_documents.holds_companies(checks, result, path, records, chosen)
        checks.conclude()

    @keyword(tags=("command-line",))
    def report_of_command_should_hold_facts(self, result: CommandResult, path: str, record: dict[str, Any]) -> None:
        """Checks that a report that a call wrote holds name, domain, industry and business model of its company.

        The format is that of the file's ending; a PDF is read by pypdf.

        Args:
            result: A call of ``export report`` that `Run Theodore Command` returned.
            path: The file, in the folder of the call.
            record: The API's record of the company.

        Example:

        ```robotframework
        ${research} =    Research Company    Slack
        ${result} =    Run Theodore Command    export    report    Slack    --format    pdf    --output    slack.pdf
        Report Of Command Should Hold Facts    ${result}    slack.pdf    ${research.record}
        ```
        """
        checks = command_checks.about("Report", result)
        command_documents.holds_facts(checks, result, path, record)
        checks.conclude()

    @keyword(tags=("command-line",))
    def backup_of_command_should_be_whole(self, result: CommandResult, path: str, records: list[dict[str, Any]]) -> None:
        """Checks that a backup that a call wrote is undamaged, lies in its folder, and holds the companies with their values.

        Args:
            result: A call of ``export backup`` that `Run Theodore Command` returned.
            path: The file, in the folder of the call.
            records: The API's records of companies that the tenant has researched.

        Example:

        ```robotframework
        ${batch} =    Research Batch    ${{["Siemens"]}}
        ${records} =    Get Batch Records    ${batch}
        ${result} =    Run Theodore Command    export    backup    --backup-path    backup.zip
        Backup Of Command Should Be Whole    ${result}    backup.zip    ${records}
        ```
        """
        if not records:
            raise UsageError("There are no records that the backup could hold: research companies first.")
        checks = command_checks.about("Backup", result)
        command_documents.is_whole_backup(checks, result, path, records)
        checks.conclude()
