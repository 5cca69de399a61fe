"""Environment files: what is wrong with one is said in sentences, and the schema is the one declaration of them."""

import datetime as dt
import json

import pytest
import yaml

from theodore_qa import paths
from theodore_qa.errors import NotEvaluatedError, UsageError
from theodore_qa.systems import declaring, environment

SHOP = {
    "url": "http://127.0.0.1:1",
    "identities": {"ann": {"username": "a", "password_env": "A_PASSWORD"}},
    "sign_in": {"operation": "POST /login", "token": "access_token"},
}
GOOD = {"name": "mine", "kind": "test", "systems": {"shop": SHOP}}


def with_system(**entries):
    return GOOD | {"systems": {"shop": SHOP | entries}}


def written(tmp_path, data):
    path = tmp_path / "mine.yaml"
    path.write_text(data if isinstance(data, str) else yaml.safe_dump(data, sort_keys=False))
    return path


def refused(tmp_path, data):
    with pytest.raises(UsageError) as caught:
        environment.load(written(tmp_path, data))
    return str(caught.value)


def test_the_shipped_files_are_valid_and_name_their_schema():
    for file in paths.shipped("variables").glob("*.yaml"):
        first = file.read_text(encoding="utf-8").splitlines()[0]
        if "systems:" not in file.read_text(encoding="utf-8"):
            continue
        assert first == "# yaml-language-server: $schema=environment.schema.json", file.name
        assert environment.load(file).systems["theodore"].identities


def test_the_schema_is_a_schema_and_the_data_classes_and_the_guide_are_made_of_it():
    import jsonschema

    jsonschema.Draft202012Validator.check_schema(declaring.schema())
    root = paths.shipped("variables").parent
    assert declaring.module() == (root / "libraries/theodore_qa/systems/declared.py").read_text(encoding="utf-8")
    guide = (root / "docs/ENVIRONMENT_FILE.md").read_text(encoding="utf-8")
    assert declaring.guide(guide) == guide


def test_every_example_of_the_guide_is_valid(tmp_path):
    guide = (paths.shipped("variables").parent / "docs/ENVIRONMENT_FILE.md").read_text(encoding="utf-8")
    whole = next(block for block in guide.split("```") if "systems:" in block).removeprefix("yaml\n")
    (tmp_path / "shop.openapi.yaml").write_text("openapi: 3.1.0\npaths: {}\n")
    assert set(environment.load(written(tmp_path, whole)).systems) == {"shop"}
    ways = [line for line in guide.splitlines() if line.startswith("sign_in: ")]
    assert len(ways) >= 9
    for line in ways:
        environment.load(written(tmp_path, with_system(**yaml.safe_load(line))))


def test_defaults(tmp_path):
    loaded = environment.load(written(tmp_path, GOOD))
    shop = loaded.systems["shop"]
    assert (loaded.hosts, loaded.allow.chaos, shop.declared.timeout) == (("127.0.0.1",), False, 10)
    ann = shop.identity()
    assert (ann.header, ann.scheme, ann.way.token, ann.role) == ("Authorization", "Bearer", "access_token", "user")


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"system": {}}, "There is no entry 'system' in the file: did you mean 'systems'?"),
        ({"kind": "prod"}, "The entry kind is 'prod', expected one of sandbox, test, staging, production."),
        ({"systems": {}}, "The entry systems is {}, expected a mapping of names to entries."),
        ({"systems": {"My Shop": SHOP}}, "The entry systems has the name 'My Shop', expected small letters, digits, - and _."),
        (
            with_system(url="127.0.0.1"),
            "The entry systems.shop.url is '127.0.0.1', expected a URL that begins with http:// or https:// and holds no "
            "credentials, or 'embedded'.",
        ),
        ({"systems": {"shop": {"prefix": "/"}}}, "The entry 'url' is missing in systems.shop: it says where the system is."),
        (with_system(url="http://[::1"), "The entry systems.shop.url is 'http://[::1', which is no URL."),
        (with_system(indentities={}), "There is no entry 'indentities' in systems.shop: did you mean 'identities'?"),
        (with_system(prefix="api"), "The entry systems.shop.prefix is 'api', expected a path such as /api/v2, or / for none."),
        ({"clock_tolerance": "300 parsecs"}, "The entry clock_tolerance is '300 parsecs', expected a duration such as 10 s."),
        ({"clock_tolerance": "1 h"}, "The entry clock_tolerance is '1 h', expected more than 0 s and at most 300 s."),
        (with_system(timeout=0), "The entry systems.shop.timeout is '0', expected more than 0 s and at most 600 s."),
        ({"hosts": ["other"]}, "The host 127.0.0.1 of systems.shop.url is not among hosts: other."),
        (
            {"kind": "production", "allow": {"chaos": True}},
            "The entry allow grants something although kind is production: only read-only probes are permitted there.",
        ),
        (
            with_system(identities={"a": {"username": "a", "password_env": "hunter2!"}}),
            "The entry systems.shop.identities.a.password_env is 'hunter2!', expected the name of an environment variable in "
            "capitals (never the secret itself).",
        ),
        (
            with_system(identities={"a": {"password_env": "A"}}),
            "The entry 'username' is missing in systems.shop.identities.a: it has a password.",
        ),
        (
            {"systems": {"shop": {"url": "http://127.0.0.1", "identities": SHOP["identities"]}}},
            "The identity systems.shop.identities.ann has a password, and nothing says how to sign in: add 'sign_in: {operation: POST "
            "/login, token: access_token}' to the system, or 'sign_in: {how: basic}'.",
        ),
        (
            with_system(sign_in={"how": "client_credentials"}),
            "The sign-in of systems.shop.identities.ann is client_credentials, and neither issuer nor token_url says where tokens come "
            "from.",
        ),
        (
            with_system(sign_in={"how": "command"}),
            "The entry 'command' is missing in the sign_in of systems.shop.identities.ann.",
        ),
        (
            with_system(sign_in={"how": "basik"}),
            "The entry systems.shop.sign_in.how is 'basik', expected one of request, basic, digest, client_credentials, password, "
            "authorization_code, command.",
        ),
        (
            with_system(sign_in={"operation": "/login"}),
            "The entry systems.shop.sign_in.operation is '/login', expected an operation such as POST /login.",
        ),
        (
            with_system(sign_in={"operation": "POST /login", "csrf": {"cookie": "c"}}),
            "The entry systems.shop.sign_in.csrf needs 'header' or 'parameter'.",
        ),
        (
            with_system(proof={"operation": "GET /v", "value": "a", "identity": "anna"}),
            "There is no identity 'anna' in systems.shop.proof: did you mean 'ann'?",
        ),
        (with_system(reset={"timeout": "1 s"}), "The entry systems.shop.reset needs 'operation' or 'command'."),
        (
            with_system(skip={"GET /a": ""}),
            "The entry systems.shop.skip is {'GET /a': ''}, expected a mapping of operations to reasons, or a list of operations.",
        ),
        (
            {"not_available": {"linkz": {"reason": "r", "owner": "o", "until": "2099-01-01"}}},
            "There is no entry 'linkz' in not_available: did you mean 'links'?",
        ),
        (
            {"not_available": {"shop.linkz": {"reason": "r", "owner": "o", "until": "2099-01-01"}}},
            "There is no entry 'shop.linkz' in not_available: did you mean 'shop.links'?",
        ),
    ],
)
def test_what_is_wrong_is_said_in_a_sentence(tmp_path, change, sentence):
    assert f"- {sentence}" in refused(tmp_path, GOOD | change).splitlines()


def test_each_missing_entry_is_named_once(tmp_path):
    assert refused(tmp_path, {"clock_tolerance": 2}).splitlines()[1:] == [
        "- The entry 'name' is missing.",
        "- The entry 'kind' is missing: one of sandbox, test, staging, production.",
        "- The entry 'systems' is missing.",
    ]


def test_what_a_system_extends_stands_below_its_own_entries(tmp_path):
    base = {"prefix": "/v1", "values": {"a": 1, "b": 2}, "public": ["GET /a"], "sign_in": {"operation": "POST /in"}}
    (tmp_path / "shop.system.yaml").write_text(yaml.safe_dump(base))
    own = {"extends": "shop.system.yaml", "url": "http://127.0.0.1:1", "values": {"b": 3}, "sign_in": {"token": "t"}}
    shop = environment.load(written(tmp_path, GOOD | {"systems": {"staging": own}})).systems["staging"]
    assert shop.declared.values == {"a": 1, "b": 3}
    assert (shop.declared.sign_in.operation, shop.declared.sign_in.token) == ("POST /in", "t")
    assert (shop.base, shop.prefix, shop.declared.public) == ("shop", "/v1", ("GET /a",))


def test_what_is_wrong_with_an_extended_file_names_it(tmp_path):
    (tmp_path / "shop.system.yaml").write_text("prefx: /v1\n")
    message = refused(tmp_path, with_system(extends="shop.system.yaml"))
    assert "shop.system.yaml does not describe a system" in message
    assert "- There is no entry 'prefx' in the file: did you mean 'prefix'?" in message
    assert "extends is not there: it is looked for at" in refused(tmp_path, with_system(extends="none.yaml"))


OLD = {
    "name": "old",
    "kind": "test",
    "theodore": {"url": "http://127.0.0.1:1", "api_prefix": "/api/v9", "timeout": "5 s"},
    "identities": {"ann": {"username": "a", "password_env": "A_PASSWORD"}},
    "proof": {"instance_id": "one"},
    "hosts": ["127.0.0.1"],
    "apis": {"shop": {"url": "http://127.0.0.1:2", "operations": ["GET /"], "login": {"operation": "POST /in"}, "logout": "POST /out",
                      "proof": {"path": "/v", "field": "id", "value": "x"}}},
}  # fmt: skip


def test_an_old_file_is_answered_with_its_new_form_which_is_valid(tmp_path):
    message = refused(tmp_path, OLD)
    assert "is written in an earlier form: systems now stand by name under 'systems'" in message
    new = yaml.safe_load(message.partition("\n\n")[2])
    assert new["systems"]["theodore"] == {
        "extends": "theodore.system.yaml",
        "url": "http://127.0.0.1:1",
        "prefix": "/api/v9",
        "timeout": "5 s",
        "identities": OLD["identities"],
        "proof": {"value": "one"},
    }
    assert new["systems"]["shop"] == {
        "url": "http://127.0.0.1:2",
        "operations": ["GET /"],
        "sign_in": {"operation": "POST /in"},
        "sign_out": "POST /out",
        "proof": {"operation": "GET /v", "field": "id", "value": "x"},
    }
    loaded = environment.load(written(tmp_path, new))
    assert loaded.systems["theodore"].declared.proof.operation == "GET /version"
    assert loaded.systems["shop"].declared.sign_out == "POST /out"


def test_an_old_description_of_an_api_is_answered_with_its_new_form(tmp_path):
    (tmp_path / "shop.system.yaml").write_text("openapi: shop.yaml\nlogin: {operation: POST /in}\n")
    message = refused(tmp_path, with_system(extends="shop.system.yaml"))
    assert yaml.safe_load(message.partition("\n\n")[2]) == {"contract": "shop.yaml", "sign_in": {"operation": "POST /in"}}


@pytest.mark.parametrize(
    ("text", "end"),
    [("", "is empty."), ("- a", "is not a mapping of names to values."), ("a: [", "column 5: ")],
)
def test_unreadable_files(tmp_path, text, end):
    assert end.strip() in refused(tmp_path, text)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("kind: production\nname: a\nkind: test\n", "is not valid YAML at line 3, column 1: the name 'kind' stands twice."),
        ("name: &a {b: *a}\n", "holds a value that is none: Circular reference detected."),
        ("until: 2027-13-45\n", "holds a value that is none: month must be in 1..12."),
    ],
)
def test_files_that_say_one_thing_twice_or_nothing(tmp_path, text, sentence):
    assert refused(tmp_path, text) == f"The file {tmp_path / 'mine.yaml'} {sentence}"


def test_unknown_names_are_answered_with_the_nearest(tmp_path):
    with pytest.raises(UsageError, match="did you mean 'sandbox'"):
        environment.locate("sanbox")
    loaded = environment.load(written(tmp_path, GOOD))
    with pytest.raises(UsageError, match="There is no system 'shopp' in the environment file mine.yaml: did you mean 'shop'"):
        loaded.system("shopp")
    with pytest.raises(UsageError, match="There is no identity 'anna' in the system shop of mine.yaml: did you mean 'ann'"):
        loaded.system("shop").identity("anna")


def test_a_system_without_identities_is_asked_as_nobody(tmp_path):
    loaded = environment.load(written(tmp_path, GOOD | {"systems": {"shop": {"url": "http://127.0.0.1:1"}}}))
    assert loaded.system("shop").sender(None) is None
    with pytest.raises(UsageError, match="There are no identities in the system shop of mine.yaml, and one is needed here"):
        loaded.system("shop").identity()


def test_an_unset_password_names_its_variable(tmp_path, monkeypatch):
    monkeypatch.delenv("A_PASSWORD", raising=False)
    with pytest.raises(NotEvaluatedError, match="A_PASSWORD, which is not set"):
        environment.load(written(tmp_path, GOOD)).system("shop").identity().password()


@pytest.mark.parametrize("name", ["links", "shop.links", "links.web", "security.cors", "shop.provider.saml"])
def test_a_waiver_ends(tmp_path, name):
    for days, in_force in ((1, True), (-1, False)):
        until = (dt.datetime.now(dt.UTC).date() + dt.timedelta(days=days)).isoformat()
        data = GOOD | {"not_available": {name: {"reason": "r", "owner": "o", "until": until}}}
        waiver = environment.load(written(tmp_path, data)).waiver("shop", f"{name.removeprefix('shop.')}.inner")
        assert bool(waiver) is in_force


def test_the_published_schema_says_the_same_as_the_product(tmp_path):
    """An editor reads the file from disk: it refuses a misspelt name in any place, as the product does."""
    import jsonschema

    validator = jsonschema.Draft202012Validator(json.loads((paths.shipped("variables") / declaring.FILE).read_text()))
    assert list(validator.iter_errors(GOOD)) == []
    for change in ({"hots": []}, with_system(contrct="a"), with_system(sign_in={"operation": "POST /a", "tken": "b"})):
        assert list(validator.iter_errors(GOOD | change))
        assert "did you mean" in refused(tmp_path, GOOD | change)


def test_the_default_is_the_system_that_is_meant_where_nothing_names_one(tmp_path, monkeypatch):
    from theodore_qa.context import Context

    data = GOOD | {"systems": {"shop": SHOP, "bank": SHOP}}
    monkeypatch.setenv("THEODORE_ENVIRONMENT", str(written(tmp_path, data)))
    with pytest.raises(UsageError, match="Name the system by system=NAME, or by a tag system:NAME: mine.yaml has shop, bank"):
        Context().named()
    monkeypatch.setenv("THEODORE_ENVIRONMENT", str(written(tmp_path, data | {"default": "bank"})))
    assert (Context().named().name, Context().named("shop").name, Context().named(own="shop").name) == ("bank", "shop", "shop")


def test_a_default_that_is_no_system_is_refused_with_the_nearest(tmp_path):
    assert "There is no system 'shp' in default: did you mean 'shop'?" in refused(tmp_path, GOOD | {"default": "shp"})
