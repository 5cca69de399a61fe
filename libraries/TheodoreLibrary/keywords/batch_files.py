"""Keywords for files of companies that are uploaded, and for the results of batches in every format."""

from __future__ import annotations

import re
from pathlib import PurePath
from typing import Any

from robotlibcore import keyword

from theodore_qa.context import context
from theodore_qa.errors import QaError
from theodore_qa.observing.checks import Checks
from theodore_qa.observing.display import plural, written
from theodore_qa.systems import conformance
from TheodoreLibrary import batch_checks, batches, company_files, document_checks, documents
from TheodoreLibrary.batches import Batch  # Robot converts arguments by these hints

OK, NOT_FOUND = 200, 404
FORMATS = ("json", "csv", "excel", "xml", "yaml")
NESTED = ("json", "xml", "yaml")
ENDINGS = {"excel": "xlsx"}  # of files, where it is not the name of the format
PREVIEWED = 5
UPLOAD = ("file_id", "filename", "company_count", "file_size", "file_type", "preview")
LIMIT = 60.0  # seconds for a few companies


class BatchFileKeywords:
    """Files that go into a batch, and those that come out of it."""

    @keyword(tags=("batch",))
    def upload_companies_file(self, path: str, *, identity: str | None = None) -> dict[str, Any]:
        """Uploads a file of companies and checks that all of them were read, the first ones as they stand in it.

        What stands in a CSV or JSON file is read here too; of a workbook only the answer itself is checked.

        Args:
            path: A file that ends in .csv, .json or .xlsx.
            identity: The identity that sends the request; by default the first one of the environment.

        Returns:
            The answer: file_id, filename, company_count, file_size, file_type, preview and message.

        Raises:
            QaError: The file is refused, or what was read is not what stands in it.

        Example:

        ```robotframework
        ${names} =    Create Company Batch    3
        ${path} =    Create Company File    ${names}
        ${file} =    Upload Companies File    ${path}
        ```
        """
        content, name = batches.read_file(path), PurePath(path).name
        answer = batches.upload(name, content, identity)
        checks = Checks("Upload", name)
        if answer.status != OK:
            reason = answer.object().get("message") or answer.excerpt()
            checks.that("batch.uploaded", holds=False, expected=f"status {OK}", observed=f"status {answer.status}, {reason}")
            checks.conclude()
        conformance.answered(checks, "batch.uploaded", OK, answer)
        body = answer.object()
        _described(checks, body, name, content)
        expected = batches.companies_of(content, name)
        if expected is not None:
            checks.equal("batch.upload_count", len(expected), body.get("company_count"))
            _previewed(checks, body, expected)
        checks.conclude()
        return body

    @keyword(tags=("batch",))
    def upload_should_be_refused(
        self, name: str, content: bytes, *, status: int = 422, reason: str = "", identity: str | None = None
    ) -> None:
        """Uploads a file that holds no companies as it should, and checks that it is refused with a reason.

        A good file is uploaded afterwards: a system that refuses every file shows nothing.

        Args:
            name: The name of the file, such as ``companies.csv``; it may be hostile.
            content: Its bytes; a text is taken in UTF-8.
            status: The expected status; 422 by default.
            reason: Words that the message must hold, whatever their case; by default any message will do.
            identity: The identity that sends the request; by default the first one of the environment.

        Raises:
            QaError: The file is accepted, the status is another one, or the message does not hold the words.

        Example:

        ```robotframework
        Upload Should Be Refused    empty.csv    ${EMPTY}    reason=empty
        ```
        """
        _refused(name, content.encode() if isinstance(content, str) else bytes(content), status, reason, identity)

    @keyword(tags=("batch",))
    def malformed_file_should_be_refused(self, kind: str, *, identity: str | None = None) -> None:
        """Uploads a malformed file and checks that it is refused with the status and the reason that fit it.

        A good file is uploaded afterwards: a system that refuses every file shows nothing.

        Args:
            kind: One of empty-csv, empty-json, empty-xlsx, header-only, empty-array, half-json, json-without-end, json-with-tail,
                json-object, json-of-texts, json-deep, nul-in-csv, nul-in-json, wrong-columns, unknown-column, column-twice,
                too-many-cells, name-missing, name-too-long, open-quote, long-line (5 MB), long-json-text, not-utf-8,
                too-many-companies, no-workbook, workbook-bomb (60 MB packed into 60 KB), workbook-columns, workbook-cells,
                old-workbook (.xls, of Excel before 2007), old-workbook-renamed (to .xlsx), text-file or without-ending.
            identity: The identity that sends the request; by default the first one of the environment.

        Example:

        ```robotframework
        Malformed File Should Be Refused    half-json
        ```
        """
        file = company_files.malformed(kind)
        _refused(file.name, file.make(), file.status, file.reason, identity)

    @keyword(tags=("batch",))
    def uploaded_companies_should_be_kept(self, format: str, *, identity: str | None = None) -> None:  # noqa: A002  # the word that testers know
        """Uploads companies whose names are hard to read, has a batch work on them, and checks that each arrived as it was.

        The names hold commas, quotes, a line break, emoji, right-to-left text, a formula and a path, and one company has a value
        in each column. The CSV file begins with a byte order mark, ends its lines with CRLF and its last one with nothing;
        between its lines, and between the rows of a workbook, there are empty ones; in a workbook a name is that of a formula
        and a custom_id a number. None of the companies exists. The ending of a file's name may be written in capitals.

        Args:
            format: csv, json or xlsx.
            identity: The identity that sends the requests; by default the first one of the environment.

        Example:

        ```robotframework
        Uploaded Companies Should Be Kept    csv
        ```
        """
        content = company_files.hard(format)
        checks = Checks("Uploaded companies", format)
        answer = batches.upload(f"companies.{format}", content, identity)
        if not conformance.answered(checks, "batch.uploaded", OK, answer):
            checks.conclude()
        body = answer.object()
        for name in UPLOAD:
            value = body.get(name)
            checks.that(f"batch.upload.{name}", value not in (None, "", [], 0), "a value", written(value))
        _described(checks, body, f"companies.{format}", content)
        checks.equal("batch.upload_count", len(company_files.HARD), body.get("company_count"))
        _previewed(checks, body, company_files.HARD)
        capitals = batches.upload(f"COMPANIES.{format.upper()}", content, identity)
        if conformance.answered(checks, "batch.upload_capitals", OK, capitals):
            checks.equal("batch.upload_capitals", len(company_files.HARD), capitals.object().get("company_count"))
        batch = batches.start(company_files.HARD, identity, "research", str(body.get("file_id")), max_retries=0)
        batches.follow(batch, LIMIT)
        rows = batches.outcomes(batch)
        batch_checks.each_once(checks, batch, rows)
        batch_checks.hints_kept(checks, batch, rows)
        checks.conclude()

    @keyword(tags=("batch",))
    def largest_file_should_be_taken(self, format: str, *, identity: str | None = None) -> None:  # noqa: A002  # the word that testers know
        """Uploads a file with as many companies as the contract allows, and checks that it is taken whole.

        The limit is inclusive. Its first companies have each column that a file may have, and come back with each value of their
        own; the first name is as long as a name may be. No batch works on the file.

        Args:
            format: csv, json or xlsx.
            identity: The identity that sends the request; by default the first one of the environment.

        Example:

        ```robotframework
        Largest File Should Be Taken    csv
        ```
        """
        content = company_files.largest(format)
        checks = Checks("Largest file", format)
        answer = batches.upload(f"companies.{format}", content, identity)
        if conformance.answered(checks, "batch.upload_largest", OK, answer):
            body = answer.object()
            checks.equal("batch.upload_largest", company_files.MOST_COMPANIES, body.get("company_count"))
            previewed = body.get("preview") or []
            expected = company_files.FIRST[:PREVIEWED]
            for column in expected[0]:
                values, came = ([company.get(column) for company in listed] for listed in (expected, previewed))
                checks.that(f"batch.upload_{column}", came == values, written(values), written(came), n=len(came))
        checks.conclude()

    @keyword(tags=("batch",))
    def uploaded_file_should_hold(
        self, name: str, content: str, companies: list[dict[str, Any]], *, identity: str | None = None
    ) -> None:
        """Uploads a file and checks that the companies that it holds, and no others, are read, each with its values.

        Args:
            name: The name of the file, such as ``companies.csv``.
            content: Its text, which is sent in UTF-8.
            companies: What stands in it: at most five companies, of which the answer shows each.
            identity: The identity that sends the request; by default the first one of the environment.

        Raises:
            QaError: The file is refused, or other companies were read.

        Example:

        ```robotframework
        VAR    @{companies}    ${{ {"name": "Slack"} }}
        Uploaded File Should Hold    companies.json    [{"name": "Slack"}]    ${companies}
        ```
        """
        answer = batches.upload(name, content.encode(), identity)
        checks = Checks("Upload", name)
        if conformance.answered(checks, "batch.uploaded", OK, answer):
            checks.equal("batch.upload_count", len(companies), answer.object().get("company_count"))
            _previewed(checks, answer.object(), companies)
        checks.conclude()

    @keyword(tags=("batch",))
    def uploaded_file_name_should_be_plain(self, name: str, *, identity: str | None = None) -> None:
        """Uploads a good file under a hostile name and checks that the system keeps only the last part of the name.

        Args:
            name: A name with parts of a path, such as ``../../etc/companies.csv``.
            identity: The identity that sends the request; by default the first one of the environment.

        Example:

        ```robotframework
        Uploaded File Name Should Be Plain    ../../etc/companies.csv
        ```
        """
        answer = batches.upload(name, b"name\nSlack\n", identity)
        plain = name.replace("\\", "/").rpartition("/")[2]
        checks = Checks("File name", name)
        if conformance.answered(checks, "batch.uploaded", OK, answer):
            checks.equal("batch.upload_plain_name", plain, answer.object().get("filename"))
            file_id = str(answer.object().get("file_id"))
            inside = re.fullmatch(r"[\w.-]+", file_id) is not None and ".." not in file_id
            checks.that("batch.upload_plain_id", inside, "an identifier without a path", file_id)
        checks.conclude()

    @keyword(tags=("batch",))
    def upload_should_be_invisible_to(self, other: str, *, identity: str | None = None) -> None:
        """Uploads a file and checks that another tenant cannot have a batch work on it by its id, and that its owner can.

        Args:
            other: An identity of another tenant.
            identity: The identity that uploads; by default the first one of the environment.

        Example:

        ```robotframework
        Upload Should Be Invisible To    partner
        ```
        """
        checks = Checks("Upload", other)
        answer = batches.upload("companies.csv", b"name\nFake Corp ABC456\n", identity)
        if conformance.answered(checks, "batch.uploaded", OK, answer):
            file_id = str(answer.object().get("file_id"))
            system, request = context.system, {"input_data": file_id, "max_retries": 0}
            foreign = system.request("POST", "/batch/research", json_body=request, token=system.token(other))
            checks.equal("batch.upload_other_tenant", NOT_FOUND, foreign.status)
            batches.start([{"name": "Fake Corp ABC456"}], identity, "research", file_id, max_retries=0)
        checks.conclude()

    @keyword(tags=("batch",))
    def batch_results_should_agree_in_every_format(self, batch: Batch, *formats: str) -> None:
        """Downloads the results of a batch in each format, reads them by other means than they were written by, and compares.

        Each document must hold each company with all values of the API's own JSON, in order and in their types; no cell of a
        CSV file or workbook may be one that a spreadsheet runs. Where an ``output_location`` was requested the files must have
        that name.

        Args:
            batch: A batch that has ended.
            formats: Formats among csv, excel, xml and yaml; all four by default.

        Raises:
            QaError: A document cannot be read, or does not agree. The error names the record and the field.

        Example:

        ```robotframework
        ${batch} =    Research Batch    ${{["Siemens", "=1+1"]}}
        Batch Results Should Agree In Every Format    ${batch}    csv    excel
        ```
        """
        rows = batches.outcomes(batch)
        checks = Checks("Results", batch.id)
        for name in formats or FORMATS[1:]:
            answer = batches.download(batch, name)
            if not conformance.answered(checks, "batch.downloaded", OK, answer):
                continue
            location = batch.options.get("output_location")
            if location is not None:
                named = re.search(r'filename="([^"]*)"', answer.headers.get("content-disposition", ""))
                ending = f".{ENDINGS.get(name, name)}"
                expected = location if location.endswith(ending) else f"{location}{ending}"
                checks.equal("batch.file_name", expected, named[1] if named else "no name")
            try:
                document = documents.read(answer.content, name)
            except documents.BrokenDocumentError as error:
                checks.that("batch.readable", holds=False, expected=f"a document in {name}", observed=str(error))
                continue
            checks.that(
                "batch.readable", holds=True, expected=f"a document in {name}", observed=plural(len(document.rows), "record")
            )
            records = rows if name in NESTED else list(map(_flat, rows))
            document_checks.agree(checks, name, document, records, name, "batch.results")
        if not checks.done:
            raise QaError("No format was compared: name formats among csv, excel, xml and yaml.")
        checks.conclude()


def _refused(name: str, content: bytes, status: int, reason: str, identity: str | None) -> None:
    """The file is refused with this status and reason, and a good one is not."""
    checks = Checks("Upload refused", name)
    answer = batches.upload(name, content, identity)
    conformance.answered(checks, "batch.upload_refused", status, answer)
    conformance.conform(checks, "api.error_shape", answer)
    body = answer.body if isinstance(answer.body, dict) else {}
    message = str(body.get("message") or "no message")
    checks.that("batch.upload_reason", reason.casefold() in message.casefold(), f"a message with '{reason}'", message)
    conformance.answered(checks, "batch.upload_accepted", OK, batches.upload("companies.csv", b"name\nSlack\n", identity))
    checks.conclude()


def _described(checks: Checks, body: dict[str, Any], name: str, content: bytes) -> None:
    """What is said of an uploaded file is so."""
    checks.equal("batch.upload_size", len(content), body.get("file_size"))
    checks.equal("batch.upload_name", name, body.get("filename"))
    checks.equal("batch.upload_type", name.rpartition(".")[2], body.get("file_type"))


def _previewed(checks: Checks, body: dict[str, Any], companies: list[dict[str, Any]]) -> None:
    """The first companies of a file come back with each value that it has of them."""
    expected = [{name: company[name] for name in batches.FIELDS if name in company} for company in companies[:PREVIEWED]]
    preview = body.get("preview")
    listed = [entry for entry in preview if isinstance(entry, dict)] if isinstance(preview, list) else []
    observed = [{name: value for name, value in entry.items() if value is not None} for entry in listed]
    checks.that("batch.upload_preview", observed == expected, written(expected), written(observed), n=len(expected))


def _flat(row: dict[str, Any]) -> dict[str, Any]:
    """An outcome with the fields of its result beside its own."""
    return {name: value for name, value in row.items() if name != "result"} | (row.get("result") or {})
