"""A provider that announces no log-outs is not evaluated, with what its discovery document says."""

from types import SimpleNamespace

import pytest

from PromptCraftLibrary import provider_sessions
from PromptCraftLibrary.realm import Realm
from theodore_qa.errors import NotEvaluatedError

ISSUER = "https://id.example.test"
ENDS = {"end_session_endpoint": f"{ISSUER}/logout"}


class Provider(Realm):
    """A realm whose discovery document is given."""

    issuer = ISSUER

    def __init__(self, document):
        self.endpoints = document
        self.system = SimpleNamespace(name="platform")


def test_a_provider_that_announces_log_outs_is_tried():
    provider_sessions.demand_announcements(Provider(ENDS | {"backchannel_logout_supported": True}))


@pytest.mark.parametrize(
    ("named", "observed"),
    [({}, "none"), ({"backchannel_logout_supported": False}, "false"), ({"backchannel_logout_supported": "true"}, "true")],
)
def test_a_provider_that_announces_none_is_not_evaluated(named, observed):
    expected = (
        f"The identity provider at {ISSUER} announces no log-outs: expected backchannel_logout_supported true in its "
        f"discovery document, observed {observed}."
    )
    with pytest.raises(NotEvaluatedError) as raised:
        provider_sessions.demand_announcements(Provider(ENDS | named))
    assert str(raised.value).removeprefix("NOT EVALUATED: ") == expected


def test_a_provider_without_an_end_of_sessions_is_not_evaluated():
    with pytest.raises(NotEvaluatedError, match="end_session_endpoint"):
        provider_sessions.demand_announcements(Provider({"backchannel_logout_supported": True}))
