"""Rows of data: lists, CSV files, and synthetic values that are the same in each run."""

import json

import pytest

from theodore_load import rows
from theodore_qa.errors import UsageError


def test_synthetic_rows_repeat_with_their_seed(tmp_path):
    declared = {"faker": {"company": "company", "mail": "email", "born": "date_of_birth", "age": "random_digit"}, "rows": 5, "seed": 3}
    made = rows.read(declared, tmp_path)
    assert made == rows.read(declared, tmp_path)
    assert made != rows.read(declared | {"seed": 4}, tmp_path)
    assert [sorted(row) for row in made] == [["age", "born", "company", "mail"]] * 5
    assert all("@" in row["mail"] and isinstance(row["age"], int) for row in made)
    assert json.loads(json.dumps(made)) == made


def test_synthetic_rows_of_another_country(tmp_path):
    (row,) = rows.read({"faker": {"name": "name"}, "rows": 1, "locale": "ja_JP"}, tmp_path)
    assert not row["name"].isascii()


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ({"faker": {"a": "compny"}}, "There is no kind of value 'compny' in Faker: did you mean 'company'?"),
        ({"faker": {"a": "__class__"}}, "There is no kind of value '__class__' in Faker"),
        ({"faker": {}}, "The data names no columns for Faker"),
        ({"faker": "name"}, "The data names no columns for Faker"),
        ({"fakr": {"a": "name"}}, "There is no entry 'fakr' in the data: did you mean 'faker'?"),
        ({"faker": {"a": "name"}, "rows": 0}, "The data asks for 0 rows"),
        ({"faker": {"a": "name"}, "locale": "xx"}, "There is no locale 'xx' in Faker"),
        ("gone.csv", "gone.csv cannot be read: No such file"),
        ("empty.csv", "The data has no rows"),
        ("latin.csv", "latin.csv cannot be read: it is not written in UTF-8"),
        ("torn.csv", "Row 2 of the data has other columns than the first one: a, b"),
    ],
)
def test_data_that_is_none(tmp_path, data, message):
    (tmp_path / "empty.csv").write_text("a,b\n")
    (tmp_path / "latin.csv").write_bytes(b"a\n\xff\xfe\n")
    (tmp_path / "torn.csv").write_text("a,b\n1,2\n3\n")
    with pytest.raises(UsageError) as raised:
        rows.read(data, tmp_path)
    assert message in str(raised.value)
