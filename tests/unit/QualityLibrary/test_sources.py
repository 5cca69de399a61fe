"""Sources are read whole, or not at all: each broken place is named."""

import json
import re
import sqlite3

import pytest

from QualityLibrary import values
from QualityLibrary.sources import database, delimited, json_file, lines
from QualityLibrary.store import store
from theodore_qa.errors import QaError, UsageError


def written(tmp_path, content, name="rows.csv"):
    file = tmp_path / name
    file.write_bytes(content if isinstance(content, bytes) else content.encode())
    return file


def listed(rows):
    return [(dict(row.values), row.place) for row in rows]


@pytest.mark.parametrize(
    "content",
    [
        b"id,name\n1,Stripe\n2,Adyen\n",
        b"\xef\xbb\xbfid,name\n1,Stripe\n2,Adyen\n",
        b"id,name\r\n1,Stripe\r\n2,Adyen\r\n",
        b'id,name\n1,"Stripe"\n2,Adyen',
        b"id,name\n1,Stripe\n2,Adyen\n\n\n",
    ],
    ids=["plain", "mark of UTF-8", "CRLF", "no last line end", "blank end"],
)
def test_a_csv_is_read_whatever_its_line_ends(tmp_path, content):
    assert listed(delimited.rows(written(tmp_path, content))) == [
        ({"id": "1", "name": "Stripe"}, "line 2"),
        ({"id": "2", "name": "Adyen"}, "line 3"),
    ]


def test_line_breaks_in_quotation_marks_belong_to_the_value_and_lines_are_counted(tmp_path):
    file = written(tmp_path, 'id,text\n1,"a\nb, ""c"""\n2,../../etc/passwd\n3,\u202eabc \U0001f600\n')
    assert listed(delimited.rows(file)) == [
        ({"id": "1", "text": 'a\nb, "c"'}, "line 2"),
        ({"id": "2", "text": "../../etc/passwd"}, "line 4"),
        ({"id": "3", "text": "\u202eabc \U0001f600"}, "line 5"),
    ]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is empty, expected records: it has 0 bytes"),
        (b"id,name\n1,Stripe\n2\n", "Line 3 of .* has 1 value, and the header has 2"),
        (b"id,name\n1,Stripe, Inc\n", "Line 2 of .* has 3 values, and the header has 2"),
        (b'id,name\n1,"Stripe\n2,Adyen\n', "begins in line 2 is no CSV: a quotation mark is opened and never closed"),
        (b'id,name\n1,"Stripe"x\n', "begins in line 2 is no CSV"),
        (b"id,name,id\n1,Stripe,2\n", "has the column 'id' twice"),
        (b"id,,name\n1,2,3\n", "has no name in column 2"),
        (b"id;name\n1;Stripe\n", "is one column 'id;name' with the delimiter ',': write delimiter=;"),
        (b"id,name\n1,Z\xfcrich\n", "Line 2 of .* is not text in utf-8 .byte 4 is 0xfc.: name its encoding"),
        (b"id,name\n1,a\0b\n", "Line 2 of .* holds a NUL character .column 4."),
        ("id,name\n".encode("utf-16"), "is in UTF-16: save it in UTF-8"),
        (b"id,name\n1,Stripe\n\n2,Adyen\n", "Line 3 of .* is empty, expected 2 values: records follow it"),
        (b"id,name\r1,Stripe\r", "lines end with a carriage return alone"),
    ],
)
def test_a_broken_csv_is_an_error_with_its_place(tmp_path, content, message):
    with pytest.raises(QaError, match=message):
        listed(delimited.rows(written(tmp_path, content)))


def test_a_line_without_end_is_not_read_into_memory(tmp_path, monkeypatch):
    monkeypatch.setattr(lines, "LONGEST", 1000)
    file = written(tmp_path, b"id,name\n1," + b"x" * 5000 + b"\n")
    with pytest.raises(QaError, match="Line 2 of .* is longer than 1,000 bytes"):
        listed(delimited.rows(file))
    quoted = written(tmp_path, b'id,name\n1,"' + b"x\n" * 5000 + b'"\n')
    with pytest.raises(QaError, match="begins in line 2 is no CSV: field larger than field limit"):
        listed(delimited.rows(quoted))


def test_another_encoding_and_delimiter_are_read_when_they_are_named(tmp_path):
    file = written(tmp_path, "id;city\n1;Zürich\n".encode("latin-1"))
    assert listed(delimited.rows(file, encoding="latin-1", delimiter=";")) == [({"id": "1", "city": "Zürich"}, "line 2")]
    with pytest.raises(UsageError, match="There is no encoding 'latin-99'"):
        listed(delimited.rows(file, encoding="latin-99"))


def test_a_source_that_is_not_there_or_changes_meanwhile_is_an_error(tmp_path):
    with pytest.raises(QaError, match=r"none\.csv is not there; no records were read"):
        listed(delimited.rows(tmp_path / "none.csv"))
    with pytest.raises(QaError, match="is a folder"):
        listed(delimited.rows(tmp_path))
    file = written(tmp_path, b"id\n1\n2\n")
    rows = delimited.rows(file)
    next(rows)
    file.write_bytes(b"id\n1\n2\n3\n")
    with pytest.raises(QaError, match="changed while it was read"):
        list(rows)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ('{"id": 1}\n{"id": 2', "Line 2 of .* is no whole JSON"),
        ('{"id": 1}\n\n{"id": 2}\n', "Line 2 of .* is empty, expected an object"),
        ('{"id": NaN}\n', "Line 1 of .*: NaN is no number of JSON"),
        ('{"id": 1, "id": 2}\n', "the name 'id' stands twice"),
        ("[1]\n", "Line 1 of .* is an array, expected an object"),
        ("[" * 100_000 + "\n", "Line 1 of .* no JSON that can be kept: it nests too deep|Line 1 of .* is no whole JSON"),
    ],
)
def test_a_broken_line_of_json_is_an_error_with_its_place(tmp_path, content, message):
    with pytest.raises(QaError, match=message):
        listed(json_file.rows_of_lines(written(tmp_path, content, "rows.jsonl")))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ('[{"id": 1}, {"id": 2', "Record 2 of .* is no whole JSON at character"),
        ('[{"id": 1}', "expected a comma or the end of the array, observed the end of the file"),
        ('[{"id": 1}] x', "goes on after its array with 'x'"),
        ('{"id": 1}', "expected an array of objects, observed '{'"),
        ('[{"id": 1}, 2]', "Record 2 of .* is a number, expected an object"),
        ('[{"id": "a\0"}]', "holds a NUL character"),
        ("", "is empty"),
    ],
)
def test_a_broken_array_is_an_error_with_its_place(tmp_path, content, message):
    with pytest.raises(QaError, match=message):
        listed(json_file.rows_of_array(written(tmp_path, content, "rows.json")))


@pytest.mark.parametrize("piece", [1, 3, 7, 1_000_000])
def test_an_array_is_read_the_same_in_pieces_of_any_size(tmp_path, monkeypatch, piece):
    records = [{"id": number, "name": f"Zürich {number}", "tags": ["a", {"b": None}]} for number in range(20)]
    file = written(tmp_path, json.dumps(records, indent=1, ensure_ascii=False), "rows.json")
    monkeypatch.setattr(json_file, "PIECE", piece)
    assert [dict(row.values) for row in json_file.rows_of_array(file)] == records


def test_a_record_without_end_is_not_read_into_memory(tmp_path, monkeypatch):
    monkeypatch.setattr(json_file, "PIECE", 100)
    monkeypatch.setattr(json_file, "LONGEST", 500)
    file = written(tmp_path, '[{"id": "' + "x" * 5000, "rows.json")
    with pytest.raises(QaError, match="Record 1 of .* is longer than 500 characters"):
        listed(json_file.rows_of_array(file))


@pytest.fixture
def shop(tmp_path):
    path = tmp_path / "shop.db"
    with sqlite3.connect(path) as connection:
        connection.execute("create table orders (id integer, price real, note text)")
        connection.executemany("insert into orders values (?, ?, ?)", [(1, 2.5, "a"), (2, None, "b")])
    connection.close()
    return path


def test_rows_of_a_query(shop):
    rows = database.rows(f"sqlite:///{shop}", "select id, price as cost from orders order by id", tuple)
    assert [row.values for row in rows] == [{"id": 1, "cost": 2.5}, {"id": 2, "cost": None}]


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("select * from invoices", "The query of sqlite:///.* failed: no such table: invoices"),
        ("select id, id from orders", "The query has the column 'id' twice"),
        ("delete from orders", "returns no rows: write a SELECT; what it changed is rolled back"),
    ],
)
def test_a_wrong_query_is_an_error_and_changes_nothing(shop, query, message):
    with pytest.raises(QaError, match=message):
        list(database.rows(f"sqlite:///{shop}", query, tuple))
    with sqlite3.connect(shop) as connection:
        assert connection.execute("select count(*) from orders").fetchone() == (2,)
    connection.close()


def test_databases_are_refused_before_they_are_reached(tmp_path, monkeypatch):
    with pytest.raises(QaError, match="There is no database sqlite:"):
        list(database.rows(f"sqlite:///{tmp_path}/none.db", "select 1", tuple))
    assert not (tmp_path / "none.db").exists()
    url = "postgresql+psycopg://reader:guessed-word-71@db.example/shop"
    with pytest.raises(
        UsageError, match="The host db.example of .*reader:[*]{3}@db.example/shop is not among the environment's hosts"
    ):
        list(database.rows(url, "select 1", lambda: ("127.0.0.1",)))
    with pytest.raises(UsageError, match="holds a password: put it into an environment variable"):
        database.without_password(url)
    with pytest.raises(UsageError, match="is none: write it as dialect"):
        database.without_password("shop")
    with pytest.raises(UsageError, match="The environment variable SHOP_DATABASE is not set"):
        database.address("SHOP_DATABASE")


@pytest.mark.parametrize(
    ("declared", "text", "seconds"),
    [
        ("integer", "12", 12),
        ("number", "1e3", 1000),
        ("boolean", "Yes", 1),
        ("date", "1970-01-02", 86400),
        ("date %d.%m.%Y", "02.01.1970", 86400),
        ("datetime", "1970-01-01T01:00:00+01:00", 0),
        ("datetime", "1970-01-01 00:00:01Z", 1),
    ],
)
def test_values_of_types(declared, text, seconds):
    assert values.readers({"x": declared}, values.Conventions())["x"](text) == seconds


@pytest.mark.parametrize(
    ("declared", "text"),
    [("integer", "1.0"), ("number", "1,5"), ("number", "0x1f"), ("date", "2026-02-30"), ("date", "01/02/2026"),
     ("datetime", "2026-01-02T03:04:05"), ("datetime", "2026-01-02"), ("boolean", "maybe")],
)  # fmt: skip
def test_what_is_none_of_a_type_is_not_guessed(declared, text):
    with pytest.raises(ValueError, match="."):
        values.readers({"x": declared}, values.Conventions())["x"](text)


def test_the_decimal_mark_and_the_zone_are_those_of_the_source():
    german = values.Conventions(",", "Europe/Berlin")
    readers = values.readers({"price": "number", "at": "datetime"}, german)
    assert readers["price"]("1,5") == 1.5
    assert readers["at"]("2026-01-01T01:00:00") == readers["at"]("2026-01-01T00:00:00Z")
    with pytest.raises(ValueError, match="no number with the decimal mark ','"):
        readers["price"]("1.5")
    with pytest.raises(UsageError, match="There is no time zone 'Berlin'"):
        values.Conventions(zone="Berlin")
    with pytest.raises(UsageError, match="There is no type 'whole'"):
        values.readers({"x": "whole"}, german)


def test_a_half_of_a_character_and_a_type_of_no_column_are_errors(tmp_path):
    file = written(tmp_path, '{"id": "\\ud800"}\n', "rows.jsonl")
    with pytest.raises(QaError, match=r"Record 1 of rows holds a half of a character .U\+D800."):
        store.keep(json_file.rows_of_lines(file), "rows", kinds=True)
    file = written(tmp_path, "id\n1\n")
    with pytest.raises(
        UsageError,
        match=re.escape("There is no column 'identity' in rows: did you mean 'id'?") + "|There is no column 'identity'",
    ):
        store.keep(delimited.rows(file), "rows", types={"identity": "integer"})
