"""Files of companies in the sandbox: what is read, what is refused and why, and how much memory that takes."""

import io
import tracemalloc

import pytest

from theodore_sandbox import defects
from theodore_sandbox.theodore import uploads
from TheodoreLibrary import company_files

MOST = 12_000_000  # bytes beside the file itself


def read(content, kind):
    return uploads.companies(io.BytesIO(content), kind)


@pytest.mark.parametrize("kind", ["csv", "json", "xlsx"])
def test_hard_names_arrive_as_they_stand(kind):
    assert read(company_files.hard(kind), kind) == company_files.HARD


@pytest.mark.parametrize(
    ("kind", "content", "message"),
    [
        ("csv", b"", "The file is empty"),
        ("csv", b"name\n", "The file holds no company"),
        (
            "csv",
            b"company\nSlack\n",
            "The columns are company, expected name and some of website, domain, industry, location, custom_id",
        ),
        ("csv", b"name\nSla\0ck\n", "Line 2 has a NUL character"),
        ("csv", b"name\nSlack,x\n", "Line 2 has 2 cells, the header has 1"),
        ("csv", "name\nNaïve\n".encode("latin-1"), "The file is not text in UTF-8"),
        ("csv", b"name\n" + b"Q" * 201, "Line 2, name: String should have at most 200 characters"),
        ("json", b" ", "The file is empty"),
        ("json", b'{"name": "Slack"}', "The file is not a JSON array of companies"),
        ("json", b'[{"name": "Slack"}, {"na', "Company 2 is no complete JSON"),
        ("json", b'[{"name": "Slack"}', "The array ends after company 1: a comma or a bracket is missing"),
        ("json", b'[{"name": "Slack"}] x', "Something follows the array"),
        ("json", b'["Slack"]', "Company 1 is not an object with a name"),
        ("json", b'[{"name": "Sla\\u0000ck"}]', "Company 1 has a NUL character"),
        ("json", b"[]", "The file holds no company"),
        ("xlsx", b"name\nSlack\n", "The file is no workbook that can be read"),
        ("xlsx", b"", "The file is empty"),
    ],
)
def test_what_is_wrong_is_named(kind, content, message):
    with pytest.raises(uploads.UnreadableFileError) as error:
        read(content, kind)
    assert str(error.value) == message


@pytest.mark.parametrize(
    ("kind", "content", "message"),
    [
        ("csv", lambda: b"name\n" + b"Q" * 50_000_000, "Line 2 is longer than 100000 characters"),
        (
            "json",
            lambda: b'[{"name": "' + b"Q" * 50_000_000,
            "Company 1 is no complete JSON, or is longer than 100000 characters",
        ),
        ("json", lambda: b"[" * 20_000_000, "Company 1 is no complete JSON, or is longer than 100000 characters"),
        ("csv", lambda: b'name\n"' + b"Zoom\n" * 10_000_000, "Line 26216 is no CSV: field larger than field limit (131072)"),
        ("xlsx", lambda: company_files.workbook([["name"], ["Slack"]], 60_000_000), "The workbook unpacks to more than 50 MB"),
    ],
    ids=["long line", "long text", "deep", "open quote", "bomb"],
)
def test_a_hostile_file_takes_little_memory(kind, content, message):
    file = io.BytesIO(content())
    tracemalloc.start()
    try:
        with pytest.raises(uploads.UnreadableFileError) as error:
            uploads.companies(file, kind)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert str(error.value) == message
    assert peak < MOST


def test_more_companies_than_a_batch_may_have():
    with pytest.raises(uploads.UnreadableFileError, match="more than 10000 companies"):
        read(b"name\n" + b"Slack\n" * 10_001, "csv")
    assert len(read(b"name\n" + b"Slack\n" * 10_000, "csv")) == 10_000


@pytest.mark.parametrize("name", ["upload-last-line-dropped", "upload-mark-kept", "upload-lines-joined"])
def test_a_defect_of_reading_changes_what_is_read(name):
    defects.switch([name])
    try:
        found = read(company_files.hard("csv"), "csv")
    except uploads.UnreadableFileError:
        found = []
    finally:
        defects.switch([])
    assert found != company_files.HARD
