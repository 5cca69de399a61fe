"""Documents read back: strict readers, and what is wrong with a document that does not hold the records."""

import csv
import io
import json
import zipfile

import pytest
from reportlab.pdfgen.canvas import Canvas

from theodore_qa.errors import QaError
from theodore_qa.observing.checks import Checks
from TheodoreLibrary import company_files, document_checks, documents, printed_documents
from TheodoreLibrary.documents import BrokenDocumentError, Document

RECORD = {
    "name": 'A, "B"\nC',
    "employees": 7,
    "score": 0.5,
    "open": True,
    "products": ["x", "é"],
    "social": {"x": "1"},
    "none": None,
}
CSV = 'name,employees,score,open,products,social,none\r\n"A, ""B""\nC",7,0.5,true,"[""x"", ""é""]","{""x"": ""1""}",\r\n'


def test_csv_is_read_by_its_standard():
    document = documents.read_csv(CSV.encode())
    assert document.columns == list(RECORD)
    assert document_checks.differences(document, [RECORD], "csv") == []
    assert documents.read_csv(b"\xef\xbb\xbfa,b\n1,\n,2").rows == [{"a": "1", "b": ""}, {"a": "", "b": "2"}]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "it has no header"),
        (b"a,a\n1,2\n", "a column stands twice: a, a"),
        (b"a,b\n1\n", "record 2 has 1 cell, the header has 2"),
        (b'a\n"1\n', "the quote at character 2 is never closed"),
        (b'a\n1"2\n', "a quote stands in the plain cell '1\"2'"),
        (b'a\n"1"2\n', "'2' follows a closed quote at character 5"),
        (b"a\n\xe9\n", "byte 2 is no UTF-8"),
    ],
)
def test_what_breaks_a_csv_file_is_named(content, message):
    with pytest.raises(BrokenDocumentError) as error:
        documents.read_csv(content)
    assert str(error.value) == message


@pytest.mark.parametrize("cell", ["=1+1", "+x", "-x", "@SUM(A1)", "\t=1"])
def test_a_cell_that_a_spreadsheet_runs_is_found(cell):
    assert documents.read_csv(f"a\n{cell}\n".encode()).formulas == [f"record 2, a: {cell}"]
    assert documents.read_csv(f"a\n'{cell}\n".encode()).formulas == []


@pytest.mark.parametrize(
    ("page", "read"),
    [
        ("<h1>A &lt;b&gt; &amp;amp; C</h1>", "A <b> &amp; C"),
        ("<h1>A <b>C</b></h1>", "A \nC"),
    ],
)
def test_the_text_of_a_page_is_without_its_markup(page, read):
    assert printed_documents.html_text(page.encode()) == read


def test_the_text_of_markdown_is_without_its_escapes():
    assert printed_documents.markdown_text(rb"# A\|B \\ &lt;b&gt; \*c\*") == r"# A|B \ <b> *c*"


@pytest.mark.parametrize("format", ["csv", "json"])
def test_the_largest_file_of_companies_has_as_many_as_the_contract_allows(format):
    text = company_files.largest(format).decode("utf-8-sig")
    rows = json.loads(text) if format == "json" else [row for row in csv.DictReader(io.StringIO(text)) if row["name"]]
    assert len(rows) == 10_000
    assert rows[:5] == company_files.FIRST
    assert len(rows[0]["name"]) == 200


def test_a_number_is_no_formula():
    assert documents.read_csv(b"a\n-5\n+1.5e3\n").formulas == []


def test_a_workbook_is_read_from_its_parts():
    assert documents.read_workbook(company_files.workbook([["name"], ["=1+1"], ["é"]])).rows == [{"name": "=1+1"}, {"name": "é"}]
    sheet = "<row><c r='B1' t='inlineStr'><is><t>n</t></is></c></row><row><c r='B2'><f>1+1</f><v>2</v></c></row>"
    held = company_files.workbook([])
    with zipfile.ZipFile(io.BytesIO(held)) as parts:
        texts = {name: parts.read(name).decode().replace("<sheetData>", f"<sheetData>{sheet}") for name in parts.namelist()}
    changed = io.BytesIO()
    with zipfile.ZipFile(changed, "w") as packed:
        for name, text in texts.items():
            packed.writestr(name, text)
    document = documents.read_workbook(changed.getvalue())
    assert document.formulas == ["cell B2"]
    assert document.rows == [{"None": None, "n": 2}]


@pytest.mark.parametrize("name", ["../x", "/etc/x", "a/../../x", "C:x", "..\\x"])
def test_a_part_that_lies_outside_is_found(name):
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as parts:
        parts.writestr(name, "x")
    with pytest.raises(BrokenDocumentError, match="lies outside"):
        documents.opened(held.getvalue())


def test_a_damaged_part_is_found():
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as parts:
        parts.writestr("x", "some text that is kept as it is")
    broken = held.getvalue().replace(b"some text", b"some_text")
    with pytest.raises(BrokenDocumentError, match="the part 'x' is damaged"):
        documents.opened(broken)
    with pytest.raises(BrokenDocumentError, match="it is no ZIP file"):
        documents.opened(b"PK nothing")


@pytest.mark.parametrize(
    ("format", "content"),
    [
        ("yaml", b"- name: A\n  at: 2026-01-02T03:04:05+00:00\n"),
        ("xml", b"<companies><company><name>A</name><at>2026-01-02T03:04:05+00:00</at></company></companies>"),
        ("json", b'[{"name": "A", "at": "2026-01-02T03:04:05+00:00"}]'),
    ],
)
def test_times_stay_texts(format, content):
    assert documents.read(content, format).rows == [{"name": "A", "at": "2026-01-02T03:04:05+00:00"}]


def test_entities_of_xml_are_refused():
    with pytest.raises(BrokenDocumentError, match="is no XML"):
        documents.read_xml(b'<!DOCTYPE a [<!ENTITY b "c">]><a><r><n>&b;</n></r></a>')


def test_tables_for_people():
    assert printed_documents.read_markdown(b"# T\n\n| a | b |\n| --- | --- |\n| x \\| y | &lt;b&gt; \\\\ |\n").rows == [
        {"a": "x | y", "b": "<b> \\"}
    ]
    page = b"<table><tr><th>a</th></tr><tr><td>&lt;b&gt;</td></tr></table>"
    assert printed_documents.read_html(page).rows == [{"a": "<b>"}]
    with pytest.raises(BrokenDocumentError, match="the element b does not belong into a cell"):
        printed_documents.read_html(b"<table><tr><td><b>x</b></td></tr></table>")
    with pytest.raises(BrokenDocumentError, match="it has no table"):
        printed_documents.read_markdown(b"nothing")


def test_pages_of_a_pdf():
    file = io.BytesIO()
    canvas = Canvas(file)
    for text in ("Slack", "Zoom"):
        canvas.drawString(10, 10, text)
        canvas.showPage()
    canvas.save()
    assert [text.strip() for text in printed_documents.read_pdf(file.getvalue())] == ["Slack", "Zoom"]
    with pytest.raises(BrokenDocumentError, match="it is no PDF"):
        printed_documents.read_pdf(b"%PDF nothing")


@pytest.mark.parametrize(
    ("rows", "columns", "message"),
    [
        ([], ["a", "b"], "x.rows: expected 2 records in csv, observed 0 records"),
        ([{"a": "1"}, {"a": "2"}], ["a"], "x.columns: expected a column for each field in csv, observed missing: b"),
        (
            [{"a": "1", "b": "2,5"}, {"a": "2", "b": ""}],
            ["a", "b"],
            "x.values: expected the values of the API in csv, observed record 1, b: '2,5' for 2.5",
        ),
    ],
)
def test_what_a_document_does_not_hold_is_named(rows, columns, message):
    checks = Checks("x")
    document_checks.agree(checks, "csv", Document(columns, rows), [{"a": 1, "b": 2.5}, {"a": 2, "b": None}], "csv", "x")
    with pytest.raises(QaError) as error:
        checks.conclude()
    assert message in str(error.value)


def test_no_records_are_no_values():
    checks = Checks("x")
    document_checks.agree(checks, "csv", Document(["a"], []), [], "csv", "x")
    with pytest.raises(QaError, match="x.values"):
        checks.conclude()
