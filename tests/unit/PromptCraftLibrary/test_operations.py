from types import SimpleNamespace

import pytest

from PromptCraftLibrary import operations
from theodore_qa.observing.checks import Checks
from theodore_qa.observing.observations import Verdict

READS = {"GET /me": "-", "GET /users": "manage_users", "GET /figures": "analytics"}
ACTS = {"DELETE /cache": {"needs": ["analytics", "write"], "answer": 204}, "POST /agents": {"needs": "write", "answer": 422, "body": {}}}


class Words:
    def needed(self, name):
        return {"operations": READS}[name]

    def get(self, name, default=None):
        return {"acts": ACTS}.get(name, default)


def realm(answers):
    """A realm whose system answers each operation with a status; what was sent is kept."""
    sent = []

    def request(method, path, *, json_body, token):
        sent.append((f"{method} {path}", json_body, token))
        return SimpleNamespace(status=answers[f"{method} {path}"])

    return SimpleNamespace(words=Words(), system=SimpleNamespace(request=request), sent=sent)


@pytest.mark.parametrize(
    ("permitted", "statuses"),
    [
        (None, [401, 401, 401, 401, 401]),
        ([], [200, 403, 403, 403, 403]),
        (["analytics"], [200, 403, 200, 403, 403]),
        (["analytics", "write", "manage_users"], [200, 200, 200, 204, 422]),
    ],
)
def test_a_row_of_the_access_matrix_follows_from_the_permissions(permitted, statuses):
    assert [cell.status for cell in operations.row(realm({}), permitted)] == statuses


def verdict(answers, before, after):
    platform, checks = realm(answers), Checks("Change", "ann")
    operations.changed(checks, "roles.changed", platform, "token", before, after)
    (made,) = checks.done
    return made, platform.sent


def test_only_what_a_change_opens_or_closes_is_sent():
    made, sent = verdict({"DELETE /cache": 204, "POST /agents": 422}, ["analytics"], ["analytics", "write"])
    assert made.expected == "the status of the new role for each of 2 operations"
    assert made.verdict is not Verdict.FAIL  # nor a pass, since no system has answered
    assert sent == [("DELETE /cache", None, "token"), ("POST /agents", {}, "token")]


def test_each_operation_that_keeps_the_old_role_is_named():
    made, _ = verdict({"DELETE /cache": 403, "POST /agents": 422}, ["analytics"], ["analytics", "write"])
    assert (made.verdict, made.observed) == (Verdict.FAIL, "403 for DELETE /cache")


def test_a_change_that_changes_nothing_is_no_pass():
    made, sent = verdict({}, ["write"], ["write"])
    assert (made.verdict, sent) == (Verdict.FAIL, [])
