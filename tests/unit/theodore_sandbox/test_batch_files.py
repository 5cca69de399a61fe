"""Files of companies as the command line reads them: whole and in order, or refused with the place."""

import json
import tracemalloc
import zipfile

import pytest

from theodore_sandbox.cli import companies
from theodore_sandbox.cli.errors import CommandError


def names(path):
    return [company["name"] for company in companies.read(path)]


@pytest.mark.parametrize(
    ("name", "content", "expected"),
    [
        ("a.csv", b"name\nSlack\nZoom", ["Slack", "Zoom"]),
        ("a.csv", b"\xef\xbb\xbfname\r\nSlack\r\n", ["Slack"]),
        ("a.csv", b'Company_Name,industry\n"Smith, Jones\nand Sons",retail\n', ["Smith, Jones\nand Sons"]),
        (
            "a.csv",
            "name\nL'Oréal\n豊田\nعربي\n🍞 Bread\n../../etc\n".encode(),
            ["L'Oréal", "豊田", "عربي", "🍞 Bread", "../../etc"],
        ),
        ("a.csv", b"name\n\nSlack\n\n", ["Slack"]),
        ("a.json", b'["Slack", {"name": "Zoom", "website": "zoom.us"}]', ["Slack", "Zoom"]),
        ("a.json", b'{"companies": ["Slack"]}', ["Slack"]),
    ],
)
def test_all_companies_in_their_order(tmp_path, name, content, expected):
    (tmp_path / name).write_bytes(content)
    assert names(tmp_path / name) == expected


def test_all_that_is_known_of_a_company_is_kept(tmp_path):
    known = {"name": "Bread", "website": "a.b", "domain": "a.b", "industry": "retail", "location": "Ludlow", "custom_id": "7"}
    described = known | {"metadata": {"of": ["us"]}}
    (tmp_path / "a.json").write_text(json.dumps([described | {"colour": "blue"}]))
    assert companies.read(tmp_path / "a.json") == [described]
    (tmp_path / "a.csv").write_text(f"{','.join(known)}\n{','.join(known.values())}\n")
    assert companies.read(tmp_path / "a.csv") == [known]


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("a.csv", b"", "is empty."),
        ("a.json", b"", "is empty."),
        ("a.xlsx", b"", "is empty."),
        ("a.csv", b"\n", "has no column 'name': its first line is ''."),
        ("a.csv", b"title\nSlack\n", "has no column 'name': its first line is 'title'."),
        ("a.csv", b"name\n", "names no company."),
        ("a.csv", b"name,industry\nSlack\n", "line 2: it has another number of values than the first line."),
        ("a.csv", b"name,industry\nSlack,a,b\n", "line 2: it has another number of values than the first line."),
        ("a.csv", b'name\n"Slack\n', "it is no CSV (unexpected end of data)."),
        ("a.csv", b"name\nSla\0ck\n", "line 2: it holds a NUL character."),
        ("a.csv", b"name\nM\xfcnchen\n", "is not UTF-8: byte 6 is 0xfc."),
        ("a.csv", b"name,industry\n,retail\n", "line 2: it has no company name."),
        ("a.csv", b"name\n" + b"x" * 201, "line 2: the company name has 201 characters; the most is 200."),
        ("a.csv", b"name\n" + b"x" * 200_000, "line 2: it is longer than 100000 characters."),
        ("a.csv", b"name\n" + "é".encode() * 40_000 + b"\xc3", "is not UTF-8: byte 80005 is 0xc3."),
        ("a.json", b'["Slack", {"na', "line 1: it is no JSON (Unterminated string starting at)."),
        ("a.json", b"7", "holds no list of companies."),
        ("a.json", b'[{"name": "Slack", "metadata": "us"}]', "entry 1: its metadata is no object."),
        ("a.json", b"[7]", "entry 1: expected a name, or an object with a name."),
        ("a.json", b"[" * 200_000, "it is no JSON"),
        ("a.json", b'["Slack",\n\n "Zoom" "Figma"]', "line 3: it is no JSON (a comma or a bracket is missing)."),
        ("a.json", b'["Slack"]\n, 7', "line 1: it is no JSON (something follows the list)."),
        ("a.json", b'["Slack",\n {"name" 7}]', "line 2: it is no JSON (Expecting ':' delimiter)."),
        ("a.json", b'["' + b"x" * 200_000, "line 1: it is no JSON, or an entry is longer than 100000 characters."),
        ("a.json", b'[{"name": NaN}]', "line 1: it is no JSON (NaN)."),
        ("a.json", b'[{"name": {"a": 1}}]', "entry 1: its name is no text."),
        ("a.json", b'[{"name": "Slack", "industry": ["a"]}]', "entry 1: its industry is no text."),
        ("a.json", b'["Sla\\u0000ck"]', "entry 1: its name holds a NUL character."),
        ("a.json", b'["Sla\\ud800ck"]', "entry 1: its name holds half a character."),
        ("a.json", b"[]", "names no company."),
        ("a.xlsx", b"name\nSlack", "is no workbook."),
        ("a.XLS", b"\xd0\xcf\x11\xe0", "is a workbook of the old format .xls: save it as .xlsx."),
        ("a.txt", b"Slack", "is no file of companies: expected a name that ends with .csv, .json, .xlsx."),
    ],
    ids=lambda value: repr(value)[:40],
)
def test_what_cannot_be_read_whole_is_refused_with_the_place(tmp_path, name, content, sentence):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(CommandError) as raised:
        companies.read(tmp_path / name)
    assert str(raised.value).startswith(str(tmp_path / name))
    assert sentence in str(raised.value)


def test_more_companies_than_a_batch_may_have(tmp_path):
    (tmp_path / "a.json").write_text(json.dumps([f"Company {number}" for number in range(10_001)]))
    with pytest.raises(CommandError, match="names more than 10000 companies, which is the most"):
        companies.read(tmp_path / "a.json")


def test_a_file_of_more_than_100_mb(tmp_path):
    with (tmp_path / "a.csv").open("wb") as file:
        file.truncate(101 * 1024 * 1024)
    with pytest.raises(CommandError, match="has 101 MB: the most is 100 MB"):
        companies.read(tmp_path / "a.csv")


def test_a_workbook(tmp_path):
    openpyxl = pytest.importorskip("openpyxl")
    book = openpyxl.Workbook()
    for row in (("Name", "Industry"), ("Slack", "technology"), (None, None), ("Zoom", None)):
        book.active.append(row)
    book.save(tmp_path / "a.xlsx")
    assert companies.read(tmp_path / "a.xlsx") == [{"name": "Slack", "industry": "technology"}, {"name": "Zoom"}]


def test_a_workbook_that_unpacks_to_too_much_is_not_unpacked(tmp_path):
    pytest.importorskip("openpyxl")
    with (
        zipfile.ZipFile(tmp_path / "a.xlsx", "w", zipfile.ZIP_DEFLATED) as archive,
        archive.open("xl/sharedStrings.xml", "w", force_zip64=True) as part,
    ):
        for _ in range(101):
            part.write(bytes(1024 * 1024))
    with pytest.raises(CommandError, match="unpacks to 101 MB: the most is 50 MB"):
        companies.read(tmp_path / "a.xlsx")


ROW = '<row><c t="inlineStr"><is><t>{}</t></is></c></row>'


def workbook(path, sheet, named=True):
    """A workbook whose only sheet has this text, with the parts that openpyxl needs."""
    main, relations = (
        "http://schemas.openxmlformats.org/spreadsheetml/2006/main",
        "http://schemas.openxmlformats.org/package/2006/relationships",
    )
    office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    kinds = "application/vnd.openxmlformats-officedocument.spreadsheetml"
    entry = f'<sheet name="a" sheetId="1" r:id="rId1" xmlns:r="{office}"/>' if named else ""
    parts = {
        "[Content_Types].xml": '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
        f'<Override PartName="/xl/workbook.xml" ContentType="{kinds}.sheet.main+xml"/>'
        f'<Override PartName="/xl/worksheets/sheet1.xml" ContentType="{kinds}.worksheet+xml"/></Types>',
        "_rels/.rels": f'<Relationships xmlns="{relations}"><Relationship Id="rId1" Type="{office}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="{main}"><sheets>{entry}</sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{relations}"><Relationship Id="rId1" Type="{office}/worksheet" Target="worksheets/sheet1.xml"/></Relationships>',
        "xl/worksheets/sheet1.xml": f'<worksheet xmlns="{main}">{sheet}',
    }
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in parts.items():
            archive.writestr(name, text)


@pytest.mark.parametrize(
    ("sheet", "named", "sentence"),
    [
        (f"<sheetData>{ROW.format('firm')}</sheetData></worksheet>", True, "has no column 'name': its first line is 'firm'."),
        (f"<sheetData>{ROW.format('name')}{'<row/>' * 20_000}</sheetData></worksheet>", True, "has more than 20000 rows."),
        (
            f'<dimension ref="A1:XFD1048576"/><sheetData>{ROW.format("name")}<row r="1048576"/></sheetData></worksheet>',
            True,
            "has more than 20000 rows.",
        ),
        (f"<sheetData>{ROW.format('name')}<row>{ROW[5:-6].format('a') * 2}</row></sheetData></worksheet>", True, "line 2: it has another number"),
        (f"<sheetData>{ROW.format('name')}<row>", True, "is no workbook."),
        ("</worksheet>", False, "is no workbook."),
    ],
    ids=["columns", "rows", "dimension", "cells", "half", "no sheet"],
)  # fmt: skip
def test_a_workbook_that_is_none_of_companies(tmp_path, sheet, named, sentence):
    pytest.importorskip("openpyxl")
    workbook(tmp_path / "a.xlsx", sheet, named)
    with pytest.raises(CommandError) as raised:
        companies.read(tmp_path / "a.xlsx")
    assert sentence in str(raised.value)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.csv", b"name\n" + b"x" * 20_000_000),
        ("a.csv", b"name\n" + b"Slack\n" * 1_000_000),
        ("a.json", b'["' + b"x" * 20_000_000),
        ("a.json", b'["a"' + b',"a"' * 2_000_000),
    ],
    ids=["long line", "many lines", "long entry", "many entries"],
)
def test_a_hostile_file_takes_little_memory(tmp_path, name, content):
    (tmp_path / name).write_bytes(content)
    del content
    tracemalloc.start()
    with pytest.raises(CommandError):
        companies.read(tmp_path / name)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 8_000_000
