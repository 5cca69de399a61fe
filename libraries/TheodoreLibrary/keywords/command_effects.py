"""Keywords that read back over the API what the command line says, and look at what it leaves on this machine."""

from __future__ import annotations

from datetime import timedelta  # Robot converts arguments by these hints
from typing import Any

from robotlibcore import keyword

from theodore_qa.errors import UsageError
from theodore_qa.observing.checks import Checks
from TheodoreLibrary import command_checks, command_files, command_proof
from TheodoreLibrary.command_line import CommandResult  # Robot converts arguments by these hints

SETTLE = timedelta(seconds=0.5)


class CommandEffectKeywords:
    """What calls of the command line did."""

    @keyword(tags=("command-line",))
    def command_result_should_be_stored(self, result: CommandResult) -> None:
        """Checks that the job that a call wrote as JSON is in the system, with the same status, company and result.

        Args:
            result: A call of research or discover with ``--output json`` that `Run Theodore Command` returned.

        Raises:
            QaError: The output is not one JSON object, the API has no such job, or something else about it.

        Example:

        ```robotframework
        ${result} =    Run Theodore Command    research    Slack    --output    json
        Command Result Should Be Stored    ${result}
        ```
        """
        checks = Checks("Stored", str(result))  # what is read back is the proof itself
        command_checks.stored(checks, result)
        checks.conclude()

    @keyword(tags=("command-line",))
    def command_outputs_should_agree(self, result: CommandResult, *others: CommandResult) -> None:
        """Checks that the values of a record that was written as JSON stand in the output of other calls too.

        Looked at are texts and numbers, except the moment, the summary and the confidence, which two researches need not share.
        YAML is read as YAML, and of Markdown the table, in which each row has to have as many cells as the header.

        Args:
            result: A call of research with ``--output json``, about the same company; with ``--dry-run`` it is the request that
                is looked at.
            others: Calls with other formats.

        Example:

        ```robotframework
        ${json} =    Run Theodore Command    research    Slack    --output    json
        ${yaml} =    Run Theodore Command    research    Slack    --output    yaml
        Command Outputs Should Agree    ${json}    ${yaml}
        ```
        """
        checks = command_checks.about("Formats", result)
        command_checks.formats_agree(checks, result, others)
        checks.conclude()

    @keyword(tags=("command-line",))
    def discovery_of_command_should_keep_to(
        self, result: CommandResult, *, limit: int | None = None, industry: str | None = None
    ) -> None:
        """Checks that a discovery has heeded its options, by its results and by the filters that the API says were applied.

        Args:
            result: A call of discover with ``--output json``, where there are more companies, and of other industries.
            limit: The number of companies that must come.
            industry: The industry that all of them must have.

        Example:

        ```robotframework
        ${result} =    Run Theodore Command    discover    Stripe    --limit    2    --output    json
        Discovery Of Command Should Keep To    ${result}    limit=2
        ```
        """
        checks = Checks("Options", str(result))
        command_checks.discovery_kept(checks, result, limit, industry)
        checks.conclude()

    @keyword(tags=("command-line",))
    def command_should_start_nothing(self, result: CommandResult, *, settle: timedelta = SETTLE) -> None:
        """Checks that a dry run says what it would send, and that the system does no work for it.

        Work is seen by the calls to dependencies. It must have been seen when the command was proved to talk to the system;
        otherwise this is NOT EVALUATED.

        Args:
            result: A call with ``--dry-run`` that `Run Theodore Command` returned.
            settle: The time during which no dependency may be called; half a second by default.

        Example:

        ```robotframework
        ${result} =    Run Theodore Command    research    Slack    --dry-run    --output    json
        Command Should Start Nothing    ${result}
        ```
        """
        checks = command_checks.about("Dry run", result)
        command_checks.exit_code(checks, result, command_checks.SUCCEEDED)
        calls = command_proof.proofs.of(result.system).calls
        command_checks.dry_run(checks, result, settle.total_seconds(), calls)
        checks.conclude()

    @keyword(tags=("command-line",))
    def job_of_command_should_be_cancelled(self, result: CommandResult) -> None:
        """Checks that the job that a call names on standard error is cancelled in the system, and that no data were written.

        Args:
            result: A call that was interrupted, or that gave up by its own time limit.

        Example:

        ```robotframework
        Make Dependency Misbehave    web    delay=3 s
        ${result} =    Run Theodore Command    research    Slack    --timeout    1
        Job Of Command Should Be Cancelled    ${result}
        ```
        """
        checks = command_checks.about("Broken off", result)
        command_checks.job_cancelled(checks, result)
        command_checks.no_partial_output(checks, result)
        checks.conclude()

    @keyword(tags=("command-line",))
    def file_of_command_should_be_private(self, result: CommandResult, path: str) -> None:
        """Checks that a file that a call wrote holds something, and that only its owner may read it.

        Args:
            result: A call that `Run Theodore Command` returned.
            path: The file, in the folder of the call.

        Example:

        ```robotframework
        ${result} =    Run Theodore Command    config    set    discover.limit    20
        File Of Command Should Be Private    ${result}    .theodore/config.yml
        ```
        """
        checks = command_checks.about("Private file", result)
        command_checks.private_file(checks, result, path)
        checks.conclude()

    @keyword(tags=("command-line",))
    def file_of_command_should_hold_record(self, result: CommandResult, path: str, *, field: str = "") -> None:
        """Checks that a file that a call wrote holds the record that the API has of the research that the call names.

        A JSON file has to hold the same record, another one its texts and numbers.

        Args:
            result: A call that wrote a job_id as JSON.
            path: The file, in the folder of the call.
            field: The place of the record in a JSON file, such as company; the whole file by default.

        Example:

        ```robotframework
        ${result} =    Run Theodore Command    export    report    Slack    --output    slack.json
        File Of Command Should Hold Record    ${result}    slack.json    field=company
        ```
        """
        checks = Checks("File", str(result))
        command_checks.file_holds_record(checks, result, path, field)
        checks.conclude()

    @keyword(tags=("command-line",))
    def backup_of_command_should_have_parts(self, result: CommandResult, path: str, *parts: str) -> None:
        """Checks that a ZIP file that a call wrote is undamaged and has these parts and no others.

        Args:
            result: A call that ended with exit code 0.
            path: The file, in the folder of the call.
            parts: The names of the parts.

        Raises:
            UsageError: No part is named.

        Example:

        ```robotframework
        ${result} =    Run Theodore Command    export    backup    --backup-path    all.zip
        Backup Of Command Should Have Parts    ${result}    all.zip    companies.json    companies.csv    manifest.json
        ```
        """
        if not parts:
            raise UsageError("No part is named that the backup could have.")
        checks = command_checks.about("Backup", result)
        command_files.parts(checks, result, path, parts)
        checks.conclude()

    @keyword(tags=("command-line",))
    def companies_of_command_should_keep_to(
        self, result: CommandResult, path: str, *, industry: str | None = None, quality: float | None = None
    ) -> None:
        """Checks that a file of companies has rows, as many as the call says, and that each is as the options chose.

        Args:
            result: A call of ``export companies``.
            path: The file, in the folder of the call; its ending names the format.
            industry: The industry that was chosen; by default any.
            quality: The least quality that was chosen, from 0 to 1; by default any.

        Raises:
            UsageError: Neither is given.

        Example:

        ```robotframework
        ${research} =    Research Company    Stripe
        ${result} =    Run Theodore Command    export    companies    --format    csv    --output    all.csv
        ...    --filter-industry    finance
        Companies Of Command Should Keep To    ${result}    all.csv    industry=finance
        ```
        """
        if industry is None and quality is None:
            raise UsageError("Nothing is named that the companies should keep to: give industry or quality.")
        checks = command_checks.about("Companies", result)
        command_files.companies(checks, result, path, industry, quality)
        checks.conclude()

    @keyword(tags=("command-line",))
    def command_should_keep_secrets(self, result: CommandResult) -> None:
        """Checks that the output of a call names the identity that called, and holds none of its secrets.

        Args:
            result: A call whose output names the identity, such as of ``config show``.

        Example:

        ```robotframework
        ${result} =    Run Theodore Command    config    show
        Command Should Keep Secrets    ${result}
        ```
        """
        checks = command_checks.about("Secrets", result)
        command_checks.secret_kept(checks, result)
        checks.conclude()

    @keyword(tags=("command-line",))
    def command_should_have_read(self, result: CommandResult, *companies: Any) -> None:
        """Checks that the dry run of a batch names the companies of its file, all of them and in its order.

        Args:
            result: A call of ``batch research`` with ``--dry-run``.
            companies: The names in the file; a dictionary of one that must be sent with all its values.

        Example:

        ```robotframework
        ${names} =    Create Company Batch    3
        ${path} =    Create Company File    ${names}    csv
        ${result} =    Run Theodore Command    batch    research    ${path}    --dry-run
        Command Should Have Read    ${result}    @{names}
        ```
        """
        checks = command_checks.about("Companies", result)
        command_checks.companies_read(checks, result, companies)
        checks.conclude()

    @keyword(tags=("command-line",))
    def batch_of_command_should_be_successful(
        self, result: CommandResult, path: str, *companies: str, at_least: float = 0.8
    ) -> None:
        """Checks the results of a batch in a file: a row for each company in its order, and enough of all of them researched.

        What the call wrote of the job is compared with what the API has.

        Args:
            result: A call of ``batch research``.
            path: The file with the results, in the folder of the call: .json, .csv or .xlsx.
            companies: The names in the file that the batch was made of.
            at_least: The least share of all companies, from 0 to 1; 0.8 by default.

        Example:

        ```robotframework
        ${path} =    Create Company File    ${{["Ford", "Honda"]}}    csv
        ${result} =    Run Theodore Command    batch    research    ${path}    --format    json    --output    results.json
        Batch Of Command Should Be Successful    ${result}    results.json    Ford    Honda
        ```
        """
        checks = Checks("Batch", str(result))
        command_checks.batch_successful(checks, result, path, companies, at_least)
        checks.conclude()

    @keyword(tags=("command-line",))
    def command_output_should_hold(self, result: CommandResult, operation: str, field: str) -> None:
        """Checks that a value of the API's answer stands in the output of a call.

        Args:
            result: A call that `Run Theodore Command` returned.
            operation: An operation that answers with the value, such as GET /version.
            field: The value's place in the answer, with dots.

        Raises:
            QaError: The answer holds no such value, or the output does not.

        Example:

        ```robotframework
        ${result} =    Run Theodore Command    --version
        Command Output Should Hold    ${result}    GET /version    version
        ```
        """
        checks = command_checks.about("Output", result)
        command_checks.holds_answer(checks, result, operation, field)
        checks.conclude()
