"""Environment files: what is wrong with one is said in sentences."""

import datetime as dt

import pytest
import yaml

from theodore_qa import environment, paths
from theodore_qa.errors import UsageError

GOOD = {
    "name": "mine",
    "kind": "test",
    "theodore": {"url": "http://127.0.0.1:1"},
    "identities": {"analyst": {"username": "a", "password_env": "A_PASSWORD"}},
}


def written(tmp_path, data):
    path = tmp_path / "mine.yaml"
    path.write_text(data if isinstance(data, str) else yaml.safe_dump(data))
    return path


def test_the_shipped_files_are_valid():
    for name in ("sandbox.yaml", "staging.example.yaml"):
        assert environment.load(paths.shipped("variables") / name).identities


def test_defaults(tmp_path):
    loaded = environment.load(written(tmp_path, GOOD))
    assert (loaded.timeout, loaded.hosts, loaded.allow.chaos, loaded.services) == (10, ("127.0.0.1",), False, "doubles")


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"identitys": {}}, "There is no entry 'identitys' in the file: did you mean 'identities'?"),
        ({"kind": "prod"}, "The entry kind is 'prod', expected one of sandbox, test, staging, production."),
        (
            {"theodore": {"url": "127.0.0.1"}},
            "The entry theodore.url is '127.0.0.1', expected a URL that begins with http:// or https:// and holds no "
            "credentials, or 'embedded'.",
        ),
        ({"theodore": {}}, "The entry 'url' is missing in theodore."),
        ({"theodore": {"url": "http://[::1"}}, "The entry theodore.url is 'http://[::1', which is no URL."),
        (
            {"clock_tolerance": "300 d"},
            "The entry clock_tolerance: '300 d' is not a duration: write a number of seconds, or for example "
            "'1.5 s' or '200 ms'.",
        ),
        ({"clock_tolerance": "1 h"}, "The entry clock_tolerance is '1 h', expected more than 0 s and at most 300 s."),
        (
            {"theodore": {"url": "http://127.0.0.1", "timeout": 0}},
            "The entry theodore.timeout is '0', expected more than 0 s and at most 600 s.",
        ),
        ({"hosts": ["other"]}, "The host 127.0.0.1 of theodore.url is not among hosts: other."),
        (
            {"kind": "production", "allow": {"chaos": True}},
            "The entry allow grants something although kind is production: only read-only probes are permitted there.",
        ),
        (
            {"identities": {"a": {"username": "a", "password_env": "hunter2!"}}},
            "The entry identities.a.password_env is 'hunter2!', expected the name of an environment variable in capitals "
            "(never the secret itself).",
        ),
    ],
)
def test_what_is_wrong_is_said_in_a_sentence(tmp_path, change, sentence):
    with pytest.raises(UsageError) as caught:
        environment.load(written(tmp_path, GOOD | change))
    assert f"- {sentence}" in str(caught.value).splitlines()


def test_each_missing_entry_is_named_once(tmp_path):
    with pytest.raises(UsageError) as caught:
        environment.load(written(tmp_path, {"clock_tolerance": 2}))
    assert str(caught.value).splitlines()[1:] == [
        "- The entry 'name' is missing.",
        "- The entry 'kind' is missing: one of sandbox, test, staging, production.",
        "- The entry 'theodore' is missing.",
    ]


def test_only_a_file_with_other_apis_may_lack_identities(tmp_path):
    without = {name: value for name, value in GOOD.items() if name != "identities"}
    with pytest.raises(UsageError, match="only a file with 'apis' may lack it"):
        environment.load(written(tmp_path, without))
    loaded = environment.load(
        written(tmp_path, without | {"apis": {"shop": {"url": "http://127.0.0.1:1", "operations": ["GET /"]}}})
    )
    with pytest.raises(UsageError, match="names no identities, and one is needed here"):
        loaded.identity(None)


def test_a_file_of_other_apis_needs_no_theodore(tmp_path):
    shop = {"apis": {"shop": {"url": "http://127.0.0.1:1", "operations": ["GET /"]}}}
    assert environment.load(written(tmp_path, {"name": "shop", "kind": "staging"} | shop)).url == "http://127.0.0.1:1"


@pytest.mark.parametrize(
    ("text", "end"),
    [("", "is empty."), ("- a", "is not a mapping of names to values."), ("a: [", "column 5: ")],
)
def test_unreadable_files(tmp_path, text, end):
    with pytest.raises(UsageError) as caught:
        environment.load(written(tmp_path, text))
    assert end.strip() in str(caught.value)


def test_unknown_names_are_answered_with_the_nearest(tmp_path):
    with pytest.raises(UsageError, match="did you mean 'sandbox'"):
        environment.locate("sanbox")
    with pytest.raises(UsageError, match="did you mean 'analyst'"):
        environment.load(written(tmp_path, GOOD)).identity("analist")


def test_an_unset_password_names_its_variable(tmp_path, monkeypatch):
    monkeypatch.delenv("A_PASSWORD", raising=False)
    with pytest.raises(UsageError, match="A_PASSWORD, which is not set"):
        environment.load(written(tmp_path, GOOD)).identity(None).password()


def test_a_waiver_ends(tmp_path):
    for days, in_force in ((1, True), (-1, False)):
        until = (dt.datetime.now(dt.UTC).date() + dt.timedelta(days=days)).isoformat()
        data = GOOD | {"not_available": {"links": {"reason": "r", "owner": "o", "until": until}}}
        assert environment.load(written(tmp_path, data)).not_available["links"].in_force is in_force


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("kind: production\nname: a\nkind: test\n", "is not valid YAML at line 3, column 1: the name 'kind' stands twice."),
        ("name: &a {b: *a}\n", "holds a value that is none: Circular reference detected."),
        ("until: 2027-13-45\n", "holds a value that is none: month must be in 1..12."),
    ],
)
def test_files_that_say_one_thing_twice_or_nothing(tmp_path, text, sentence):
    with pytest.raises(UsageError) as caught:
        environment.load(written(tmp_path, text))
    assert str(caught.value) == f"The file {tmp_path / 'mine.yaml'} {sentence}"
