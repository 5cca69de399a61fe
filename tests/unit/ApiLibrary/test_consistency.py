"""What an API says of an object by one route holds by all others."""

import json

import notes
import pytest
from serving import serving

from ApiLibrary.consistency.hierarchy import lead
from ApiLibrary.consistency.resources import resources
from theodore_qa.observing.checks import Checks
from theodore_qa.observing.observations import recorder, Verdict
from theodore_qa.systems import environment

WRONG = {
    "same-identifier": "consistency.identifiers",
    "lower-case": "consistency.read_back.title",
    "drops-pinned": "consistency.read_back.pinned",
    "no-zone": "consistency.time_zone.created_at",
    "old-times": "consistency.time.created_at",
    "updated-first": "consistency.time_order.updated_at",
    "last-missing": "consistency.listed",
    "no-order": "consistency.order",
    "ignores-colour": "consistency.filter.colour",
    "pinned-always": "consistency.filter.pinned",
    "title-nothing": "consistency.filter.title",
    "overlapping": "consistency.pages",
    "skips": "consistency.pages",
    "one-more": "consistency.page_size",
    "total-of-page": "consistency.total",
    "reading-changes": "consistency.repeated",
    "forgets": "consistency.put_is_read.title",
    "changes-all": "consistency.bystander",
    "put-for-all": "consistency.others",
    "delete-for-all": "consistency.others",
    "lists-all": "consistency.others_list",
    "leaves-a-row": "consistency.refused_leaves_nothing",
    "deletes-nothing": "consistency.gone",
    "patches-deleted": "consistency.gone",
    "lists-deleted": "consistency.gone_from_list",
    "deletes-all": "consistency.bystander_is_left",
    "whole-weights": "consistency.read_back.weight",
    "location-of-the-first": "consistency.location",
    "answers-no-owner": "consistency.creation_answer",
    "one-filter-alone": "consistency.filter.colour and pinned",
    "min-is-outside": "consistency.bound.min_weight",
    "no-moments": "consistency.bound.created_before",
    "sorts-no-weights": "consistency.sorted.sort=weight",
    "sorts-as-texts": "consistency.sorted.sort=weight",
    "never-falls": "consistency.sorted.sort=-weight",
    "sorted-in-part": "consistency.sorted_holds_all.title",
    "read-by-all": "consistency.others_read",
    "patch-takes-pins-away": "consistency.patch_keeps.pinned",
    "archives-nothing": "consistency.action_is_read.POST /notes/{note_id}/archive",
    "archives-all": "consistency.bystander",
}


def failed(tmp_path, monkeypatch, *wrong, contract=None):
    """The checks that failed, and those that were not evaluated, with what was observed."""
    app = notes.application(*wrong)
    (tmp_path / "notes.json").write_text(json.dumps(contract or notes.contract()), encoding="utf-8")
    identities = {}
    for name in ("ann", "ben"):
        monkeypatch.setenv(f"{name.upper()}_TOKEN", f"{name}-token")
        identities[name] = {"token_env": f"{name.upper()}_TOKEN"}
    with serving(app) as url:
        entry = {"url": url, "contract": "notes.json", "identities": identities}
        data = {"name": "notes", "kind": "test", "hosts": ["127.0.0.1"], "systems": {"notes": entry}}
        system = environment.from_mapping(data, tmp_path / "notes.yaml").system("notes")
        for number, colour in enumerate(("blue", "red", "blue", "red", "blue")):
            body = {"title": f"note {number}", "colour": colour, "pinned": number % 2 == 0}
            system.request("POST", "/notes", json_body=body, identity=system.identity("ann"))
        recorder.enter_suite()
        recorder.exchanged()
        checks = Checks("Consistency", "/notes")
        with recorder.calling("api_should_be_consistent", []):
            known = {resource.path: resource for resource in resources(system.contract.needed)}
            for resource in known.values():
                lead(system, resource, known, checks, system.identity("ann"), system.identity("ben"))
        recorder.leave_suite()
    done = {verdict: {item.check: item.observed for item in checks.done if item.verdict is verdict} for verdict in Verdict}
    return done[Verdict.FAIL], done[Verdict.NOT_EVALUATED], done[Verdict.PASS]


def test_a_right_service_is_consistent(tmp_path, monkeypatch):
    wrong, unseen, passed = failed(tmp_path, monkeypatch)
    assert (wrong, unseen) == ({}, {})
    assert {*WRONG.values()} - {"consistency.others_read"} <= passed.keys()  # who may not read cannot read too much


@pytest.mark.parametrize(("wrong", "check"), WRONG.items(), ids=WRONG)
def test_what_does_not_agree_is_found(tmp_path, monkeypatch, wrong, check):
    found, _, _ = failed(tmp_path, monkeypatch, wrong)
    assert check in found, found


def test_without_an_object_nothing_is_evaluated(tmp_path, monkeypatch):
    contract = notes.contract()
    contract["paths"]["/notes"]["post"]["requestBody"]["content"]["application/json"] = {"schema": {"type": "object"}}
    _, unseen, _ = failed(tmp_path, monkeypatch, contract=contract)
    assert unseen == {"consistency.created": "POST /notes answered 422"}
