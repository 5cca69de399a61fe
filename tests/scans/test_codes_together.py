"""Many one-time codes in one request of GraphQL or of JSON-RPC: a limit of wrong ones has to count each."""

import re

import pytest
import services

MOST = 6
QUERY = "mutation($seat: ID!, $otp: String!) {checkIn(seat: $seat, otp: $otp) {done}}"
MUTATION = {"operation": "POST /graphql#checkIn", "body": {"query": QUERY, "variables": {"seat": "14C", "otp": "483920"}}}
CALL = {"jsonrpc": "2.0", "id": 1, "method": "door.confirm", "params": {"door": "east", "pin": "4839"}}


class Desk:
    """Wrong codes are counted up to a limit: each, each request once, or none once a request has begun to be looked at."""

    def __init__(self, counting, *, aliases=True, batches=True):
        self.counting, self.aliases, self.batches = counting, aliases, batches
        self.wrong = 0

    def refusal(self, first):
        if self.wrong >= MOST and (first or self.counting == "codes"):
            return "There were too many wrong codes."
        self.wrong += first or self.counting != "requests"
        return "This code is wrong."

    async def graphql(self, request):
        given = await request.json()
        if isinstance(given, list):
            if not self.batches:
                return services.JSONResponse({"errors": [{"message": "One at a time."}]}, 400)
            refusals = [self.refusal(first=number == 0) for number, _ in enumerate(given)]
            return services.JSONResponse([{"data": {"checkIn": None}, "errors": [{"message": text}]} for text in refusals])
        names = re.findall(r"(?:(\w+): )?checkIn\(", given["query"])
        if not set(re.findall(r"\$(\w+)[,)]", given["query"])) <= set(given["variables"]):
            return services.JSONResponse({"errors": [{"message": "A variable is missing."}]}, 400)
        if len(names) > 1 and not self.aliases:
            return services.JSONResponse({"errors": [{"message": "One field at a time."}]}, 400)
        names = [name or "checkIn" for name in names]
        errors = [{"message": self.refusal(first=number == 0), "path": [name]} for number, name in enumerate(names)]
        return services.JSONResponse({"data": dict.fromkeys(names), "errors": errors})

    async def rpc(self, request):
        given = await request.json()
        if isinstance(given, list) and not self.batches:
            return services.JSONResponse({"jsonrpc": "2.0", "error": {"code": -32600, "message": "No batches."}, "id": None})
        calls = given if isinstance(given, list) else [given]
        refusals = [
            {"jsonrpc": "2.0", "error": {"code": -32001, "message": self.refusal(first=number == 0)}, "id": call["id"]}
            for number, call in enumerate(calls)
        ]
        return services.JSONResponse(refusals if isinstance(given, list) else refusals[0])


def found(application, row):
    with services.serving(application) as url:
        scan = services.scanned(services.target(url, [row | {"public": True}]), "code-guessing", allow_changes=True)
    coverage = scan.coverage["code-guessing"]
    assert len(coverage.tried) == 1, coverage.open
    return [finding.observed for finding in scan.findings]


@pytest.mark.parametrize("how", ["by aliases", "in a batch"])
@pytest.mark.parametrize(("counting", "weak"), [("requests", True), ("all, but late", True), ("codes", False)])
def test_each_code_of_a_mutation_counts(counting, weak, how):
    desk = Desk(counting, aliases=how == "by aliases", batches=how != "by aliases")
    observed = f"30 wrong codes in one request, {how}, are all looked at; one at a time there is a limit"
    assert found(services.app(("POST", "/graphql", desk.graphql)), MUTATION) == [observed] * weak


def test_where_one_code_at_a_time_is_taken_the_limit_holds():
    desk = Desk("requests", aliases=False, batches=False)
    assert found(services.app(("POST", "/graphql", desk.graphql)), MUTATION) == []


@pytest.mark.parametrize(("counting", "batches", "weak"), [("requests", True, True), ("codes", True, False), ("requests", False, False)])
def test_each_code_of_a_call_counts(counting, batches, weak):
    desk = Desk(counting, batches=batches)
    observed = "30 wrong codes in one request, in a batch, are all looked at; one at a time there is a limit"
    row = {"operation": "POST /rpc#door.confirm", "body": CALL}
    assert found(services.app(("POST", "/rpc", desk.rpc)), row) == [observed] * weak
