"""Files of companies as the command line reads them: whole and in order, or refused with the place."""

import json
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


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("a.csv", b"", "has no column 'name': its first line is ''."),
        ("a.csv", b"title\nSlack\n", "has no column 'name': its first line is 'title'."),
        ("a.csv", b"name\n", "names no company."),
        ("a.csv", b"name,industry\nSlack\n", "line 2: it has another number of values than the first line."),
        ("a.csv", b"name,industry\nSlack,a,b\n", "line 2: it has another number of values than the first line."),
        ("a.csv", b'name\n"Slack\n', "it is no CSV (unexpected end of data)."),
        ("a.csv", b"name\nSla\0ck\n", "line 2: it holds a NUL character."),
        ("a.csv", b"name\nM\xfcnchen\n", "is not UTF-8: byte 6 is 0xfc."),
        ("a.csv", b"name,industry\n,retail\n", "line 2: it has no company name."),
        ("a.csv", b"name\n" + b"x" * 201, "line 2: the company name has 201 characters; the most is 200."),
        ("a.csv", b"name\n" + b"x" * 200_000, "it is no CSV (field larger than field limit (131072))."),
        ("a.json", b'["Slack", {"na', "line 1: it is no JSON (Unterminated string starting at)."),
        ("a.json", b"7", "holds no list of companies."),
        ("a.json", b"[7]", "entry 1: expected a name, or an object with a name."),
        ("a.json", b"[" * 200_000, "it is no JSON"),
        ("a.xlsx", b"name\nSlack", "is no workbook."),
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
    with pytest.raises(CommandError, match="names 10001 companies: the most is 10000"):
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
    with pytest.raises(CommandError, match="unpacks to 101 MB: the most is 100 MB"):
        companies.read(tmp_path / "a.xlsx")
