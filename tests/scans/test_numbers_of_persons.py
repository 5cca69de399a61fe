"""Numbers of accounts in answers: shown to whom they belong, or to others too."""

import pytest
import services

IBANS = {"alice": "DE89370400440532013000", "bob": "GB29NWBK60161331926819"}
NUMBERS = {"alice": 1, "bob": 2}


def bank(weak):
    """Accounts that their owners read; by ``weak`` anybody reads all, or a list shows all."""

    def account(request):
        caller, owner = services.who(request), {"1": "alice", "2": "bob"}.get(request.path_params["id"])
        if caller is None:
            return services.JSONResponse({"error": "sign in"}, 401)
        if owner is None or (owner != caller and weak != "object"):
            return services.JSONResponse({"error": "not yours"}, 404)
        return services.JSONResponse({"id": request.path_params["id"], "iban": IBANS[owner]})

    def accounts(request):
        caller = services.who(request)
        if caller is None:
            return services.JSONResponse({"error": "sign in"}, 401)
        listed = [{"id": NUMBERS[name]} | ({"iban": IBANS[name]} if weak == "list" else {}) for name in IBANS]
        return services.JSONResponse([each for each in listed if weak == "list" or each["id"] == NUMBERS[caller]])

    return services.app(("GET", "/accounts", accounts), ("GET", "/accounts/{id}", account))


@pytest.mark.parametrize(
    ("weak", "found"),
    [
        ("", {"GET /accounts/{id}": "low: the answer holds a IBAN, shown to one identity alone, and refused to others"}),
        ("object", {"GET /accounts/{id}": "high: the answer holds a IBAN"}),
        (
            "list",
            {
                "GET /accounts": "high: the answer holds a IBAN",
                "GET /accounts/{id}": "low: the answer holds a IBAN, shown to one identity alone, and refused to others",
            },
        ),
    ],
)
def test_to_whom_numbers_are_shown(monkeypatch, weak, found):
    for name, secret in services.SECRETS.items():
        monkeypatch.setenv(f"TOKEN_{name.upper()}", secret)
    with services.serving(bank(weak)) as url:
        target = services.target(url, ["GET /accounts", "GET /accounts/{id}"], services.by_token(*IBANS), values={"id": "1"})
        scan = services.scanned(target, "sensitive-data")
    rated = {finding.location: f"{finding.severity}: {finding.observed}" for finding in scan.findings}
    assert rated == found, scan.coverage["sensitive-data"]
