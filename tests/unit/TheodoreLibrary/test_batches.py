"""What stands in a tester's file of companies."""

import pytest

from theodore_qa.errors import UsageError
from TheodoreLibrary import batches, company_files


@pytest.mark.parametrize("name", ["companies.csv", "COMPANIES.CSV", "companies.json"])
def test_companies_stand_as_they_were_written(name):
    """Blank lines, lines of empty cells, line breaks in cells and a byte order mark change nothing."""
    content = company_files.hard(name.rpartition(".")[2].lower())
    assert batches.companies_of(content, name) == company_files.HARD


def test_a_line_separator_ends_no_line_of_a_csv_file():
    assert batches.companies_of("name\nA\u2028B\n".encode(), "a.csv") == [{"name": "A\u2028B"}]


def test_a_workbook_is_left_to_the_system():
    assert batches.companies_of(company_files.hard("xlsx"), "companies.xlsx") is None


@pytest.mark.parametrize(
    ("name", "content"),
    [("a.json", b'["Slack"]'), ("a.json", b"[" * 200_000), ("a.csv", b"name\n" + b"Q" * 200_000), ("a.csv", b"name\n\xff\n")],
    ids=["texts", "deep", "long", "not-utf-8"],
)
def test_what_is_no_such_file_is_an_error(name, content):
    with pytest.raises(UsageError, match=f"The file {name} is not what its ending says."):
        batches.companies_of(content, name)
