"""Pages with forms: what is stored in a link or with a request, tokens that may be left out, columns, sessions, hosts, origins."""

import parish
import pytest

from SecurityLibrary.authentication import word_lists
from SecurityLibrary.description import operations, protected_properties
from SecurityLibrary.identities import password_fields

pytestmark = pytest.mark.filterwarnings("ignore:The HMAC key is")  # one that documentation shows is short


@pytest.fixture
def few_words(monkeypatch):
    """A word list in place of 90,000 words, which take long on a key that is none of them."""
    monkeypatch.setattr(word_lists, "keys", lambda: iter(("dragon", "letmein")))


def located(scan):
    return sorted({location for finding in scan.findings for location in finding.locations})


@pytest.mark.parametrize("wrong", ["slashes", "letters", ""])
def test_an_address_of_a_script_becomes_a_link(monkeypatch, wrong):
    scan = parish.scanned(monkeypatch, "stored-xss", ["account", "comment", "notice"], parish.Parish(wrong))
    expected = ["GET /notices/{number}", "POST /notices/{number}/comments body website"]
    assert located(scan) == (expected if wrong else []), scan.coverage["stored-xss"]
    assert expected[1] in scan.coverage["stored-xss"].tried


@pytest.mark.parametrize(("wrong", "header"), [("user-agent", "User-Agent"), ("referer", "Referer"), ("", "")])
def test_a_header_stands_in_a_page_of_somebody_else(monkeypatch, wrong, header):
    scan = parish.scanned(monkeypatch, "stored-xss", ["account", "write", "letters"], parish.Parish(wrong))
    assert located(scan) == (["GET /letters", f"POST /letters header {header}"] if wrong else []), scan.coverage["stored-xss"]
    assert "POST /letters headers" in scan.coverage["stored-xss"].tried


@pytest.mark.parametrize("wrong", ["optional", ""])
def test_a_form_is_taken_without_its_token(monkeypatch, wrong):
    scan = parish.scanned(monkeypatch, "csrf", ["account", "change"], parish.Parish(wrong))
    assert located(scan) == ["POST /account"] * bool(wrong), scan.coverage["csrf"]
    assert scan.coverage["csrf"].tried == {"POST /account"}


def test_the_token_of_a_form_is_no_place_for_texts(monkeypatch):
    scan = parish.scanned(monkeypatch, "stored-sql-injection", ["account", "change"], parish.Parish())
    coverage = scan.coverage["stored-sql-injection"]
    assert not [each for each in {*coverage.tried, *coverage.skipped} if "guard" in each]


@pytest.mark.usefixtures("few_words")
@pytest.mark.parametrize(("key", "found"), [("top-secret!", True), ("", False)])
def test_a_key_of_the_documentation_seals_sessions(monkeypatch, key, found):
    scan = parish.scanned(monkeypatch, ("jwt-weak-key", "cookie-weak-key"), ["account", "me"], parish.Parish(key=key))
    assert {finding.probe for finding in scan.findings} == ({"jwt-weak-key"} if found else set()), scan.coverage["jwt-weak-key"]
    assert "the signature of a token" in scan.coverage["jwt-weak-key"].tried


@pytest.mark.usefixtures("few_words")
@pytest.mark.parametrize(
    ("wrong", "key", "observed"),
    [
        ("", "", ["info: its sessions name no end (exp), only when they began (at); the cookie ends after 3600 s"]),
        ("", "top-secret!", []),
        ("endless", "top-secret!", ["medium: its tokens name no end (exp), and a session that began 400 days ago is served"]),
    ],
)
def test_the_end_of_a_session_that_names_none(monkeypatch, wrong, key, observed):
    scan = parish.scanned(monkeypatch, ("jwt-weak-key", "token-lifetime"), ["account"], parish.Parish(wrong, key=key))
    found = [f"{each.severity}: {each.observed}" for each in scan.findings if each.probe == "token-lifetime"]
    assert found == observed, scan.coverage["token-lifetime"]
    assert scan.coverage["token-lifetime"].tried == {"POST /login"}


@pytest.mark.parametrize("wrong", ["outlives", ""])
def test_other_sessions_go_on_after_a_change_of_the_password(monkeypatch, wrong):
    rows, site = ["login", "join", "account", "me", "password"], parish.Parish(wrong)
    scan = parish.scanned(monkeypatch, "token-after-password-change", rows, site)
    assert located(scan) == ["GET /account", "GET /api/me"] * bool(wrong)
    assert scan.coverage["token-after-password-change"].tried, scan.coverage["token-after-password-change"]
    assert (site.people["ann"]["password"], site.people["olga"]["password"]) == (parish.ANN, parish.OLGA)


@pytest.mark.parametrize("rows", [["join", "account", "change"], ["join", "account", "change", "write", "letters"]])
@pytest.mark.parametrize("wrong", ["columns", ""])
def test_a_column_beside_the_form_is_taken(monkeypatch, rows, wrong):
    site = parish.Parish(wrong)
    scan = parish.scanned(monkeypatch, "mass-assignment", rows, site)
    assert located(scan) == ["POST /account clerk"] * bool(wrong), scan.coverage["mass-assignment"]
    assert "POST /account" in scan.coverage["mass-assignment"].tried
    assert site.people["ann"]["clerk"] == "no"


@pytest.mark.parametrize("header", ["x-forwarded-host", "x-host", "forwarded", ""])
def test_a_link_leads_to_the_host_of_a_header(monkeypatch, header):
    scan = parish.scanned(monkeypatch, "host-header", ["notice"], parish.Parish(header))
    grave = [finding for finding in scan.findings if str(finding.severity) != "info"]
    assert [each.observed.lower() for each in grave] == [f"the value of {header} appears in links or redirects"] * bool(header)


@pytest.mark.parametrize(
    ("wrong", "observed"),
    [("begins", "origins that begin like https://parish.example"), ("ends", "origins that end like https://parish.example"),
     ("null", "null"), ("", "")],
)  # fmt: skip
def test_origins_that_look_like_the_one_that_is_allowed(monkeypatch, wrong, observed):
    scan = parish.scanned(monkeypatch, "cors", ["account", "me"], parish.Parish(wrong))
    found = [finding.observed for finding in scan.findings]
    assert found == [f"{observed} may read answers with credentials"] * bool(wrong), scan.coverage["cors"]
    assert "GET /api/me" in scan.coverage["cors"].tried


def test_what_the_description_names_is_not_withdrawn(monkeypatch):
    site = parish.Parish("optional")
    rows = ["account", "post", "notice", "withdraw"]
    scan = parish.scanned(monkeypatch, ("csrf", "stored-xss"), rows, site)
    assert site.notices[1]["text"] == "The hall is open."
    assert "POST /notices/{number}/withdraw" in scan.coverage["csrf"].tried, scan.coverage["csrf"]


def test_what_nothing_makes_is_not_withdrawn(monkeypatch):
    site = parish.Parish("optional")
    scan = parish.scanned(monkeypatch, "csrf", ["account", "notice", "withdraw"], site)
    assert 1 in site.notices
    assert "it would remove what was there before" in scan.coverage["csrf"].skipped["POST /notices/{number}/withdraw"]


def test_flags_of_an_office_are_tried_and_those_of_a_taste_are_not():
    operation = operations.from_table({"operation": "PATCH /me", "body": {"name": "Ann"}})
    tried = protected_properties.candidates(operation, {"clerk": False, "author": "ann", "dark": True, "name": "Ann"})
    assert tried["clerk"] == (True, False)
    assert not {"author", "dark", "name"} & tried.keys()


@pytest.mark.parametrize(("name", "new"), [("next", False), ("next_password", True), ("nextpwd", True), ("new", True)])
def test_a_page_that_comes_next_is_no_new_password(name, new):
    operation = operations.from_table({"operation": "POST /enter", "form": {"username": "x", "password": "y", name: "z"}})
    assert (password_fields.places(operation) is not None) is new
