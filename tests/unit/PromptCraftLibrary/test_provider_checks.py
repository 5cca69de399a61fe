"""Identity providers by their discovery documents: what lacks, what is secret, and what they do not support."""

from types import SimpleNamespace

import pytest

from PromptCraftLibrary import provider_checks
from PromptCraftLibrary.realm import Realm
from theodore_qa.errors import NotEvaluatedError
from theodore_qa.observing.checks import Checks
from theodore_qa.observing.observations import recorder, Verdict

ISSUER = "http://127.0.0.1:8000/realms/a"
WHOLE = {
    "issuer": ISSUER,
    "code_challenge_methods_supported": ["S256"],
    **{name: f"{ISSUER}/{name}" for name in provider_checks.NEEDED},
}


class Provider(Realm):
    """A realm whose documents are given."""

    issuer = ISSUER

    def __init__(self, document, keys=None):
        self.endpoints, self.keys = document, keys
        self.system = SimpleNamespace(name="platform")

    def _fetched(self, url, what, needed):
        return {"keys": self.keys}


def failed(document, keys):
    checks = Checks("Identity provider", "discovery")
    recorder.enter_suite()
    recorder.exchanged()
    with recorder.calling("a keyword", []):
        provider_checks.discovery(checks, Provider(document, keys), None)
    recorder.leave_suite()
    return [made.check for made in checks.done if made.verdict is not Verdict.PASS]


@pytest.mark.parametrize(
    ("changes", "keys", "checks"),
    [
        ({}, [{"kid": "1", "kty": "EC", "x": "y"}], []),
        ({}, [{"kid": "1", "kty": "EC", "d": "y"}], ["provider.private_keys"]),
        ({}, [], ["provider.keys"]),
        ({}, None, ["provider.keys"]),
        ({}, ["x", 5], ["provider.keys"]),
        ({"issuer": "https://other"}, [{"kid": "1"}], ["provider.issuer"]),
        ({"jwks_uri": "/keys"}, [{"kid": "1"}], ["provider.endpoints"]),
        ({"token_endpoint": None}, [{"kid": "1"}], ["provider.endpoints"]),
        ({"code_challenge_methods_supported": "plain"}, [{"kid": "1"}], ["provider.pkce"]),
        ({"code_challenge_methods_supported": None}, [{"kid": "1"}], ["provider.pkce"]),
    ],
)
def test_what_is_wrong_with_a_discovery_document(changes, keys, checks):
    assert failed({**WHOLE, **changes}, keys) == checks


def test_a_grant_that_is_not_named_is_not_evaluated():
    document = {**WHOLE, "grant_types_supported": ["authorization_code"]}
    with pytest.raises(NotEvaluatedError, match=r"^The identity provider at .* does not support renewal: .* authorization_code\.$"):
        provider_checks.offered(Provider(document), "renewal")
    provider_checks.offered(Provider({**WHOLE, "grant_types_supported": 5}), "renewal")


def test_a_document_without_what_each_grant_needs_is_not_evaluated():
    document = {name: value for name, value in WHOLE.items() if name != "authorization_endpoint"}
    with pytest.raises(NotEvaluatedError, match=r"^The discovery document of .* names no authorization_endpoint\.$"):
        provider_checks.offered(Provider(document), "authorization code")
