"""Nothing hostile is done without a grant, to a target that is not the one that is meant, or to a foreign host."""

import json
from dataclasses import replace

import pytest

from theodore_qa import environment, paths, safety
from theodore_qa.adversaries.proxy import Exchange, Server
from theodore_qa.errors import QaError
from theodore_qa.http import Http


class System(Server):
    """Says which instance it is and counts its requests."""

    asked = 0

    def answer(self, method, path, headers, body):
        self.asked += 1
        text = json.dumps({"build": {"instance_id": "one"}}).encode()
        return Exchange(method, path, body, 200, (("Content-Type", "application/json"),), text)


@pytest.fixture
def system():
    with System() as one:
        yield one


@pytest.fixture
def declared(system):
    base = environment.load(paths.shipped("variables") / "sandbox.yaml")
    return replace(base, url=system.url, proof={"instance_id": "one"})


def permit(declared, action="chaos"):
    safety.permit(action, declared, Http(declared, declared.url))


def test_granted_and_proved(declared, system):
    permit(declared)
    assert system.asked == 1


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (
            {"allow": environment.Allowed()},
            "The environment sandbox does not allow chaos: grant it by 'allow: {chaos: true}' in sandbox.yaml.",
        ),
        ({"kind": "production"}, "The environment sandbox is production: only read-only probes are permitted there, not chaos."),
        (
            {"proof": {}},
            "The environment sandbox does not say how its target proves itself: add 'proof: instance_id' to sandbox.yaml.",
        ),
    ],
)
def test_refused_before_the_first_request(declared, system, change, sentence):
    with pytest.raises(QaError) as caught:
        permit(replace(declared, **change))
    assert str(caught.value) == sentence
    assert system.asked == 0


def test_another_instance_is_refused(declared):
    with pytest.raises(QaError, match="expected instance 'two', observed 'one'; nothing was done to it"):
        permit(replace(declared, proof={"instance_id": "two"}))


def test_a_misspelt_action_is_answered(declared):
    with pytest.raises(QaError, match="did you mean 'chaos'"):
        permit(declared, "choas")


def test_production_gets_reads_and_sign_ins_alone(declared, system):
    production = Http(replace(declared, kind="production"), system.url)
    production.request("GET", "/api/v2/version")
    production.request("POST", "/api/v2/auth/login", json_body={})
    with pytest.raises(QaError, match="POST /api/v2/research was not sent"):
        production.request("POST", "/api/v2/research", json_body={})
    assert system.asked == 2


def test_a_foreign_host_gets_nothing(declared, system):
    with pytest.raises(QaError, match="The host 127.0.0.1 is not among the hosts of sandbox.yaml"):
        Http(replace(declared, hosts=("elsewhere",)), system.url).request("GET", "/")
    assert system.asked == 0
