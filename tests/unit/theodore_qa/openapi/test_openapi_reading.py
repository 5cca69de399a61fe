"""The texts of documents: JSON and YAML, what is wrong with them, and when they are read again."""

import importlib
import json
import os
import subprocess
import sys

import pytest
import yaml
from documents import document, whole

from theodore_qa import openapi
from theodore_qa.errors import UsageError
from theodore_qa.openapi import reading, yaml12


def refusal(text, source="shop.yaml"):
    with pytest.raises(UsageError) as refused:
        openapi.parse(text, source)
    return str(refused.value)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("yes", "yes"), ("no", "no"), ("on", "on"), ("off", "off"), ("y", "y"),
        ("2026-01-02", "2026-01-02"), ("2026-01-02T03:04:05Z", "2026-01-02T03:04:05Z"), ("12:30:45", "12:30:45"),
        ("1_000", "1_000"), ("=", "="), ("0o17", 15), ("0x1F", 31), ("017", 17), ("+5", 5), ("-3", -3),
        ("1e3", 1000.0), ("1.5", 1.5), (".5", 0.5), ("1.", 1.0), ("3.0", 3.0), (".inf", float("inf")),
        ("true", True), ("False", False), ("null", None), ("~", None), ("", None), ("Null", None),
        ("'true'", "true"), ('"12"', "12"), ("!!str 12", "12"), ("!!timestamp 2026-01-02", "2026-01-02"),
    ],
)  # fmt: skip
def test_scalars_are_those_of_yaml_1_2(text, value):
    found = reading.parsed(f"a: {text}\n", "x")["a"]
    assert found == value
    assert type(found) is type(value)


def test_names_are_text():
    assert reading.parsed("200: a\ntrue: b\nnull: c\n0x1: d\n2026-01-02: e\n", "x") == {
        "200": "a", "true": "b", "null": "c", "0x1": "d", "2026-01-02": "e",
    }  # fmt: skip


def test_merged_mappings_yield_to_the_own_entries():
    text = "base: &base {a: 1, b: 2}\nown: {b: 3, <<: *base}\nmany: {<<: [{c: 4}, *base]}\nquoted: {'<<': 1}\n"
    read = reading.parsed(text, "x")
    assert read["own"] == {"a": 1, "b": 3}
    assert read["many"] == {"a": 1, "b": 2, "c": 4}
    assert read["quoted"] == {"<<": 1}


@pytest.mark.parametrize("merge", ["", "<<: {x: 1}\n"])
def test_a_name_that_stands_twice_in_yaml_is_refused_with_its_line(merge):
    assert refusal(f"openapi: 3.0.0\n{merge}paths: {{}}\npaths: {{}}\n") == (
        f"The document shop.yaml is not valid YAML at line {4 if merge else 3}, column 1: the name 'paths' stands twice."
    )


def test_a_name_that_stands_twice_in_json_is_refused_with_its_line():
    assert refusal('{"openapi": "3.0.0",\n "paths": {},\n "paths": {}}') == (
        "The document shop.yaml is not valid JSON at line 3, column 2: the name 'paths' stands twice."
    )


@pytest.mark.parametrize(
    "text",
    [
        '{"a": 1, "a": 1}',
        '{"a"  :1, "b": ["\\u0022\\u0022"], "a": 2}',  # two marks written as numbers where two were dropped
        '{"a": "\\u0022", "b": {"c": "\\u0022", "c": "x"}}',
        '{"a\\"": 1, "a\\u0022": 2}',
        '{"a": {"b": 1, "\\u0062": 2}}',
        '[[{"": 0, "": 0}]]',
        '{"a": 1.5e400, "a": NaN}',
        '{"x": "\\ud800", "a": 1, "a": 2}',
        '{"n": "%s", "b": "\\u0022\\u0022", "a": 1, "a": 2}' % ("\\n" * 3000),
        '{"n": "%s", "b": "\\u0022\\u0022", "a": 1, "a": 2}' % ("long " * 3000),
    ],
)
def test_a_name_that_stands_twice_is_found_however_it_is_written(text):
    assert "stands twice" in refusal(text)


@pytest.mark.parametrize(
    "text",
    [
        '{"a": 18446744073709551616, "b": -0, "c": -0.0, "d": 1E5, "e": 12345678901234567.5, "f": 1e-400}',
        '{"a": NaN, "b": [-Infinity, 1e400]}',
        '{"a": "\\ud800", "b": "\\u0022\\u003a", "c": "\\":", "d\\"": 1, "d": 2}',
        '{"a" \n\t: {"a": {"a": []}}, "b": [{"a": 1}, {"a": 1}]}',
        '{"a": "\u00e9\u2028\U0001f600"}',
    ],
)
def test_json_is_read_as_the_standard_library_reads_it(text):
    assert repr(reading.parsed(text, "x")) == repr(json.loads(text))


def test_broken_json_is_refused_with_its_place():
    assert refusal('{"openapi": "3.0.0",\n "paths": {"/a": }}') == (
        "The document shop.yaml is not valid JSON at line 2, column 18: Expecting value."
    )


def test_broken_yaml_is_refused_with_its_place():
    assert refusal("openapi: 3.0.0\npaths: [a\n").startswith("The document shop.yaml is not valid YAML at line 3, column 1: ")
    assert "line 2" in refusal("openapi: 3.0.0\ntitle: a\x01b\n")


@pytest.mark.parametrize(
    "text", ["a: !Ref b", "a: {[1]: 2}", "a: &x [*x]", "a: *x", "a: 1\n---\nb: 2", "a: !!int x", "a: " + "9" * 5000]
)
def test_what_is_no_plain_value_is_refused(text):
    assert "is not valid YAML" in refusal(text)


@pytest.mark.parametrize("text", ["", " \n", "\ufeff"])
def test_an_empty_document_is_refused(text):
    assert refusal(text) == "The document shop.yaml is empty."


@pytest.mark.parametrize(("opening", "closing"), [('{"a":', "}"), ("[", "]"), ("a: [", "]"), ("- " * 3 + "{a: ", "}")])
def test_a_document_that_nests_too_deep_is_refused(opening, closing):
    depth = 100_000
    with pytest.raises(UsageError):
        reading.parsed(opening * depth + "1" + closing * depth, "x")


@pytest.mark.parametrize(
    ("text", "observed"),
    [
        ("[1, 2]", "observed a list"),
        ("<html>", "observed a text"),
        ("42", "observed a number"),
        ("a: 1\nb: 2", "observed an object with a, b"),
        ("{}", "observed an object."),
        ("openapi: 4.0.0", "has the version openapi '4.0.0', expected one of 2.0, 3.0, 3.1, 3.2"),
        ("swagger: 1.2", "has the version swagger 1.2"),
        ("openapi: latest", "has the version openapi 'latest'"),
        ("openapi:", "has the version openapi None"),
        ("openapi: {}", "has the version openapi {}"),
    ],
)
def test_what_is_no_openapi_document_is_refused(text, observed):
    assert observed in refusal(text)


@pytest.mark.parametrize(
    ("text", "version"),
    [
        ("swagger: '2.0'", "2.0"), ("swagger: 2.0", "2.0"), ("swagger: 2", "2.0"), ("openapi: 3.0", "3.0"), ("openapi: 3.0.4", "3.0"),
        ("openapi: 3.1", "3.1"), ("openapi: '3.1.1'", "3.1"), ("openapi: 3.2.0", "3.2"), ("openapi: 3.1.0-rc1", "3.1"),
    ],
)  # fmt: skip
def test_versions_are_read_however_they_are_written(text, version):
    assert openapi.parse(text, "x").version == version


def test_json_and_yaml_are_distinguished_by_what_stands_in_them(tmp_path):
    for name, text in (("a.yaml", json.dumps(whole())), ("b.json", yaml.safe_dump(whole())), ("c", "{openapi: 3.0.0, paths: {}}"),
                       ("d.json", "\ufeff" + json.dumps(whole())), ("f.yaml", "\ufeff" + yaml.safe_dump(whole()).replace("\n", "\r\n")), ("e.json", ' \n{\n\t"openapi": "3.1.0"}')):  # fmt: skip
        (tmp_path / name).write_text(text, encoding="utf-8")
        assert openapi.read(tmp_path / name).version in ("3.0", "3.1")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32"])
def test_encodings_are_known_by_their_first_bytes(tmp_path, encoding):
    (tmp_path / "a.json").write_text(json.dumps(whole(info={"title": "Müller"}), ensure_ascii=False), encoding=encoding)
    assert openapi.read(tmp_path / "a.json").raw["info"]["title"] == "Müller"


def test_a_file_that_cannot_be_read_is_named(tmp_path):
    with pytest.raises(UsageError, match=f"The document shop.yaml is not there: it is looked for at {tmp_path}/shop.yaml."):
        openapi.read(tmp_path / "shop.yaml")
    with pytest.raises(UsageError, match="cannot be read: Is a directory"):
        openapi.read(tmp_path)
    (tmp_path / "latin.yaml").write_bytes("openapi: 3.0.0\ntitle: Müller".encode("latin-1"))
    with pytest.raises(UsageError, match="latin.yaml is not text in UTF-8: see its byte 23"):
        openapi.read(tmp_path / "latin.yaml")


def test_a_document_is_read_once_until_it_changes(tmp_path):
    file = tmp_path / "shop.json"
    file.write_text(json.dumps(whole({"/a": {"get": {}}})))
    first = openapi.read(file)
    assert openapi.read(tmp_path / "." / "shop.json") is first
    file.write_text(json.dumps(whole({"/a": {"get": {}}, "/b": {"get": {}}})))
    assert [str(operation) for operation in openapi.read(file).operations] == ["GET /a", "GET /b"]


def test_a_document_is_read_again_when_a_file_changes_that_it_refers_to(tmp_path):
    file, part = tmp_path / "shop.json", tmp_path / "part.json"
    file.write_text(json.dumps(whole({"/a": {"$ref": "part.json"}})))
    part.write_text('{"get": {}}')
    first = openapi.read(file)
    assert [str(operation) for operation in first.operations] == ["GET /a"]
    part.write_text('{"get": {}, "put": {}}')
    assert [str(operation) for operation in openapi.read(file).operations] == ["GET /a", "PUT /a"]


def test_a_text_is_read_once():
    text = json.dumps(whole())
    first = openapi.parse(text, "http://127.0.0.1:1/openapi.json")
    assert openapi.parse(text, "http://127.0.0.1:1/openapi.json") is first
    assert openapi.parse(text, "http://127.0.0.1:2/openapi.json") is not first


def test_few_documents_are_kept(tmp_path):
    for number in range(30):
        (tmp_path / f"{number}.json").write_text(json.dumps(whole()))
        openapi.read(tmp_path / f"{number}.json")
    assert len(openapi._documents) <= 8


def test_nothing_heavy_is_imported_to_read_a_document():
    code = (
        'import sys; from theodore_qa import openapi; openapi.parse(\'{"openapi": "3.1.0", "paths": {}}\', \'x\').operations;'
        "print([name for name in ('jsonschema', 'referencing', 'yaml', 'regex', 'httpx', 'ssl') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=os.environ)
    assert done.stdout.strip() == "[]"


def test_the_python_loader_reads_as_the_c_loader_does(monkeypatch):
    text = "200: yes\na: &x {b: 1e3}\nc: {<<: *x, d: 2026-01-02}\ne: [~, 0x1F]\n"
    with_c = reading.parsed(text, "x")
    with monkeypatch.context() as patched:
        patched.delattr(yaml, "CSafeLoader")
        assert importlib.reload(yaml12)._Loader.__base__ is yaml.SafeLoader
        assert reading.parsed(text, "x") == with_c
    assert importlib.reload(yaml12)._Loader.__base__ is yaml.CSafeLoader


def test_the_document_says_what_it_is():
    assert repr(document()) == "<OpenAPI 3.1 document shop.json>"
