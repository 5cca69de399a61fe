"""Keywords for exports: companies, reports and backups, written by the system and read back by other means."""

from __future__ import annotations

from typing import Any

from robotlibcore import keyword

from theodore_qa.context import context
from theodore_qa.errors import UsageError
from theodore_qa.observing.checks import Checks
from theodore_qa.systems import conformance
from TheodoreLibrary import batches, export_checks, export_choices, export_filters, export_ranges, exports
from TheodoreLibrary.batches import Batch  # Robot converts arguments by these hints
from TheodoreLibrary.exports import Export  # Robot converts arguments by these hints
from TheodoreLibrary.jobs import Job  # Robot converts arguments by these hints

NOT_FOUND = 404


class ExportKeywords:
    """Exports of what was researched."""

    @keyword(tags=("export",))
    def get_batch_records(self, batch: Batch) -> list[dict[str, Any]]:
        """Returns the records of the companies of a batch that completed, each company once, as the API has them.

        Args:
            batch: A batch of researches that has ended.

        Example:

        ```robotframework
        ${batch} =    Research Batch    ${{["Siemens", "ABB"]}}
        ${records} =    Get Batch Records    ${batch}
        ${export} =    Export Companies    csv
        Export Should Hold Companies    ${export}    ${records}
        ```
        """
        found = [row["result"] for row in batches.outcomes(batch) if isinstance(row.get("result"), dict)]
        return list({str(record.get("domain")): record for record in found}.values())

    @keyword(tags=("export", "precondition"))
    def export_companies(
        self,
        format: str = "csv",  # noqa: A002  # the word that testers know
        *,
        filters: dict[str, Any] | None = None,
        include_fields: list[str] | None = None,
        exclude_fields: list[str] | None = None,
        custom_columns: dict[str, str] | None = None,
        group_by: str | None = None,
        aggregations: list[dict[str, str]] | None = None,
        sort_by: str | None = None,
        limit: int | None = None,
        offset: int | None = None,
        stream_large_datasets: bool | None = None,
        streaming_threshold: int | None = None,
        chunk_size: int | None = None,
        file_path: str | None = None,
        compress: bool | None = None,
        validate_data: bool | None = None,
        include_audit_trail: bool | None = None,
        identity: str | None = None,
    ) -> Export:
        """Exports the companies that the tenant has researched, downloads the file, and checks that it is the one described.

        Its size and SHA-256, its media type and its name must be those of the answer, and its name the requested one.

        Args:
            format: csv, json, xlsx, yaml, xml, markdown, html, pdf or zip; csv by default.
            filters: What the companies must be like: industries, business_models, company_sizes, growth_stages (values of
                funding_stage), locations (lists), employee_count_min, employee_count_max, revenue_min, revenue_max (the number
                that revenue_range states), min_quality_score (0 to 1), created_after, created_before, updated_after,
                updated_before, sql_like_query (a condition such as ``employee_count > 1000 AND NOT industry = 'finance'``),
                custom_expressions (a list of conditions that all hold), similar_to (a company) and similarity_threshold
                (0 to 1). Times of creation are checked by `Export Should Choose By Time`, similarity by
                `Export Should Choose Similar Companies`.
            include_fields: The columns, in this order; by default all.
            exclude_fields: Columns that are left out; by default none.
            custom_columns: More columns, each by a new name with the field that it holds, such as ``{"sector": "industry"}``; by
                default none.
            group_by: industry, business_model, company_size or headquarters; by default there are no groups.
            aggregations: One row for each group instead of each company: functions (count, sum, mean, min, max) over fields
                (employee_count, founded_year, confidence_score), such as ``[{"field": "employee_count", "function": "sum"}]``;
                by default none. There are then neither fields nor an order to choose.
            sort_by: A field, or a field after a minus for the other direction; by default the domain.
            limit: The greatest number of companies; by default all.
            offset: How many of the first ones are left out; 0 by default.
            stream_large_datasets: Whether the file is streamed above the threshold; by default it is.
            streaming_threshold: Above how many companies the file is streamed; 1000 by default.
            chunk_size: How many companies are read at a time; 1000 by default.
            file_path: The name under which the file is given; by default the system decides.
            compress: Whether the file is packed by gzip; by default not.
            validate_data: Whether companies that are not valid are named; by default they are.
            include_audit_trail: Whether the export says who made it, when and with which filters; by default not.
            identity: The identity that sends the requests; by default the first one of the environment.

        Returns:
            The export, for other keywords. It has ``${export.id}``, ``${export.result}`` and ``${export.content}``.

        Raises:
            QaError: The export is refused, or its file is another one.
            UsageError: The list of aggregations is empty, or a filter is none of the contract's; the error names the nearest one.

        Example:

        ```robotframework
        ${batch} =    Research Batch    ${{["Siemens", "ABB"]}}
        ${records} =    Get Batch Records    ${batch}
        ${export} =    Export Companies    xlsx    sort_by=-name
        Export Should Hold Companies    ${export}    ${records}
        ```
        """
        if aggregations is not None and not aggregations:
            raise UsageError("aggregations is an empty list: name at least one function and its field, or leave it out.")
        export_filters.require_known(filters or {})
        request: dict[str, Any] = {"format": format, "filters": filters, "include_fields": include_fields}
        request |= {"exclude_fields": exclude_fields, "group_by": group_by, "sort_by": sort_by, "limit": limit, "offset": offset}
        request |= {"aggregations": aggregations, "custom_columns": custom_columns, "chunk_size": chunk_size}
        request |= {"stream_large_datasets": stream_large_datasets, "streaming_threshold": streaming_threshold}
        request |= {"file_path": file_path, "compress": compress, "validate_data": validate_data}
        request |= {"include_audit_trail": include_audit_trail}
        return _described(exports.make("companies", identity, **request))

    @keyword(tags=("export",))
    def export_should_hold_companies(self, export: Export, records: list[dict[str, Any]], *, alone: bool = False) -> None:
        """Reads an export back and checks that it holds the companies that its request chooses, with the values of the API.

        CSV, workbooks, XML, YAML, JSON, Markdown and HTML are read by readers of this library, which share nothing with the
        writers; a PDF by pypdf. Looked at are the number of records, which companies they are, their order, the columns and their
        order, each value with its type, cells that a spreadsheet would run, the text of a PDF and its page numbers. A PDF needs
        ``pip install robotframework-theodore[export]``, else it is NOT EVALUATED.

        Args:
            export: An export that `Export Companies` returned.
            records: The API's records of companies that the tenant has researched.
            alone: Whether the tenant has no other companies; False by default. Others in the file are left aside unless it is so,
                and their rows cannot be distinguished from rows too many.

        Raises:
            UsageError: The export has a limit or an offset, or lacks the domain, and the tenant may have other companies.

        Example:

        ```robotframework
        ${batch} =    Research Batch    ${{["Siemens", "ABB"]}}
        ${records} =    Get Batch Records    ${batch}
        ${export} =    Export Companies    html
        Export Should Hold Companies    ${export}    ${records}
        ```
        """
        if export.format == "zip":
            raise UsageError("A backup holds several files: check it by Backup Should Be Whole.")
        if not records:
            raise UsageError("There are no records that the export could hold: research companies first.")
        if not alone and (reason := exports.not_comparable(export)):
            raise UsageError(
                f"The {export} {reason}, so that its companies cannot be distinguished from others: say alone=True if none are."
            )
        checks = Checks("Export", export.id)
        export_checks.holds(checks, export, records, alone=alone)
        checks.conclude()

    @keyword(tags=("export",))
    def export_download_should_resume(self, export: Export, *, parts: int = 3) -> None:
        """Downloads an export in parts, and checks that they make the file, and that what lies beyond it is refused.

        Each form of a range is requested too (RFC 9110, 14): with and without a first byte, at both ends of the file and beyond
        them, several at once, what is no range, and one with the file's own ETag and with another. Its description is read again.

        Args:
            export: An export.
            parts: In how many parts it is downloaded; 3 by default.

        Example:

        ```robotframework
        ${batch} =    Research Batch    ${{["Siemens"]}}
        ${export} =    Export Companies    json
        Export Download Should Resume    ${export}    parts=2
        ```
        """
        checks = Checks("Parts", export.id)
        export_ranges.parts(checks, export, parts)
        export_ranges.forms(checks, export)
        export_ranges.beyond(checks, export)
        export_ranges.conditions(checks, export)
        token = export.system.token(export.identity)
        again = export.system.request("GET", f"/export/files/{export.id}", token=token)
        same = again.body == export.result
        checks.that("export.described_again", same, "the description that came first", again.excerpt(200))
        checks.conclude()

    @keyword(tags=("export", "precondition"))
    def export_company_report(
        self,
        company: str,
        format: str = "pdf",  # noqa: A002  # the word that testers know
        *,
        include_similar: bool | None = None,
        identity: str | None = None,
    ) -> Export:
        """Exports a report about one company, downloads it, and checks that it is the file that is described.

        Args:
            company: The name or the domain of a company that the tenant has researched.
            format: json, pdf, html or markdown; pdf by default.
            include_similar: Whether similar companies are named; by default the system decides.
            identity: The identity that sends the requests; by default the first one of the environment.

        Returns:
            The export, for other keywords.

        Example:

        ```robotframework
        ${research} =    Research Company    Slack
        ${export} =    Export Company Report    Slack    html
        Company Report Should Hold Facts    ${export}    ${research.record}
        ```
        """
        return _described(exports.make("report", identity, company=company, format=format, include_similar=include_similar))

    @keyword(tags=("export",))
    def company_report_should_hold_facts(self, export: Export, record: dict[str, Any]) -> None:
        """Reads a report back and checks that it holds name, domain, industry and business model of its company.

        A report in JSON must hold the whole record. One in PDF is read by pypdf. Where ``include_similar`` was given, the ten
        most similar companies that a discovery among the researched ones finds must be named, or none; where it finds none
        that is NOT EVALUATED.

        Args:
            export: A report that `Export Company Report` returned.
            record: The API's record of the company.

        Example:

        ```robotframework
        ${research} =    Research Company    Slack
        ${export} =    Export Company Report    Slack    json
        Company Report Should Hold Facts    ${export}    ${research.record}
        ```
        """
        checks = Checks("Report", export.id)
        export_checks.report(checks, export.format, export.content, record)
        if export.request.get("include_similar") is not None:
            export_choices.similar_in_report(checks, export, record)
        checks.conclude()

    @keyword(tags=("export", "precondition"))
    def export_backup(self, *, include_cache: bool | None = None, identity: str | None = None) -> Export:
        """Exports a backup of all companies of the tenant, and checks that it is the file that is described.

        Args:
            include_cache: Whether the backup holds the researches that completed too; by default not.
            identity: The identity that sends the requests; by default the first one of the environment.

        Returns:
            The export, for other keywords.

        Example:

        ```robotframework
        ${batch} =    Research Batch    ${{["Siemens"]}}
        ${records} =    Get Batch Records    ${batch}
        ${backup} =    Export Backup
        Backup Should Be Whole    ${backup}    ${records}
        ```
        """
        return _described(exports.make("backup", identity, include_cache=include_cache))

    @keyword(tags=("export",))
    def backup_should_be_whole(self, export: Export, records: list[dict[str, Any]], *, alone: bool = False) -> None:
        """Checks that a backup is undamaged, that no part lies outside its folder, and that it holds all companies.

        Its manifest must have the SHA-256 of each part; companies.json and companies.csv are read back and compared.

        Args:
            export: A backup that `Export Backup` returned.
            records: The API's records of companies that the tenant has researched.
            alone: Whether the tenant has no other companies; False by default: others in the backup are left aside.

        Example:

        ```robotframework
        ${batch} =    Research Batch    ${{["Siemens"]}}
        ${records} =    Get Batch Records    ${batch}
        ${backup} =    Export Backup
        Backup Should Be Whole    ${backup}    ${records}
        ```
        """
        if not records:
            raise UsageError("There are no records that the backup could hold: research companies first.")
        checks = Checks("Backup", export.id)
        cache = bool(export.request.get("include_cache"))
        export_checks.backup(checks, export.content, records, alone=alone, cache=cache)
        checks.conclude()

    @keyword(tags=("export",))
    def backup_should_hold_researches(self, export: Export, *researches: Job) -> None:
        """Checks that a backup made with ``include_cache`` holds researches with the records that the API has.

        Args:
            export: A backup that `Export Backup` returned.
            researches: Researches that completed before.

        Raises:
            UsageError: No research is named.

        Example:

        ```robotframework
        ${research} =    Research Company    Siemens
        ${backup} =    Export Backup    include_cache=True
        Backup Should Hold Researches    ${backup}    ${research}
        ```
        """
        if not researches:
            raise UsageError("No research is named that the backup could hold.")
        checks = Checks("Backup", export.id)
        export_checks.cached(checks, export, list(researches))
        checks.conclude()

    @keyword(tags=("export", "tenant"))
    def backup_should_be_without_researches(self, export: Export, *researches: Job) -> None:
        """Checks that no part of a backup holds anything of researches of another tenant: neither the job nor the record.

        A company that the tenant of the backup has researched too may be in it, with its own record.

        Args:
            export: A backup that `Export Backup` returned; it has to hold something.
            researches: Researches of another tenant that completed before.

        Raises:
            UsageError: No research is named, or one is of the backup's own tenant.

        Example:

        ```robotframework
        ${research} =    Research Company    Siemens
        Research Company    Adyen    identity=partner
        ${backup} =    Export Backup    include_cache=True    identity=partner
        Backup Should Be Without Researches    ${backup}    ${research}
        ```
        """
        if not researches:
            raise UsageError("No research is named that the backup must not hold.")
        tenant = export.system.identity(export.identity).tenant
        own = [job.company for job in researches if export.system.identity(job.identity).tenant == tenant]
        if own:
            raise UsageError(f"The research of {own[0]} is of the backup's own tenant ({tenant}): name one of another.")
        checks = Checks("Backup", export.id)
        export_checks.without(checks, export, list(researches))
        checks.conclude()

    @keyword(tags=("export",))
    def export_should_be_invisible_to(self, export: Export, identity: str) -> None:
        """Checks that an identity of another tenant gets neither the description of an export nor its file.

        The owner is answered: a system that refuses everybody shows nothing.

        Args:
            export: An export.
            identity: An identity of another tenant.

        Example:

        ```robotframework
        ${batch} =    Research Batch    ${{["Siemens"]}}
        ${export} =    Export Companies    csv
        Export Should Be Invisible To    ${export}    partner
        ```
        """
        checks = Checks("Export of another tenant", export.id)
        conformance.answered(checks, "export.own", exports.OK, exports.download(export))
        conformance.answered(checks, "export.other_tenant", NOT_FOUND, exports.download(export, identity=identity))
        token = context.system.token(identity)
        described = context.system.request("GET", f"/export/files/{export.id}", token=token)
        conformance.answered(checks, "export.other_tenant", NOT_FOUND, described)
        checks.conclude()


def _described(export: Export) -> Export:
    checks = Checks("Exported file", export.id)
    export_checks.as_described(checks, export)
    checks.conclude()
    return export
