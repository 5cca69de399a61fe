"""A scan with everything allowed leaves a fragile target as it was: its files, its processes, its accounts."""

import fragile
import psutil
import pytest
import services

WEAKNESSES = [
    ("mass-assignment", "registration", ["POST /users admin"]),
    ("mass-assignment", "properties", ["PATCH /me admin"]),
    ("object-level", "password", ["PUT /users/{username}/password"]),
    ("function-level", "function", ["DELETE /dishes/{dish_id}"]),
    ("path-traversal", "traversal", ["POST /files body filename"]),
]


@pytest.fixture(autouse=True)
def _passwords(monkeypatch):
    for name, password in fragile.PEOPLE.items():
        monkeypatch.setenv(f"PASSWORD_{name.upper()}", password)


def scanned(service, *names):
    with services.serving(service.application) as url:
        shop = services.target(url, fragile.ROWS, fragile.IDENTITIES, fragile.LOGIN, skip={"GET /wipe": "it empties the store"})
        return services.scanned(shop, *names, allow_changes=True, seed=7)


def children():
    """The processes that this one has started; those of earlier tests may end meanwhile."""
    return {process.pid for process in psutil.Process().children(recursive=True)}


def state(service, folder, known):
    """Files, accounts and objects that are there, and the processes that are not ``known``."""
    files = {path.relative_to(folder): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}
    accounts = {
        key: {name: value for name, value in account.items() if value is not None} for key, account in service.accounts.items()
    }
    return files, accounts, dict(service.files), dict(service.dishes), children() - known


@pytest.mark.parametrize("wrong", [(), tuple(weakness for _, weakness, _ in WEAKNESSES)], ids=["sound", "weak"])
def test_a_full_scan_changes_nothing_but_what_it_made_and_takes_that_away(tmp_path, wrong):
    service = fragile.Fragile(tmp_path, *wrong)
    known = children()
    before = state(service, tmp_path, known)
    scan = scanned(service)
    assert state(service, tmp_path, known) == before, scan.sender.traces.left
    assert (service.wiped, service.broken, scan.sender.traces.left, scan.stopped) == (0, 0, [], "")
    assert not [path for path in service.outside if not path.startswith(f"{fragile.tempfile.gettempdir()}/qa-scan-")]
    assert not [counted.failed for counted in scan.coverage.values() if counted.failed]


@pytest.mark.parametrize(("probe", "weakness", "locations"), WEAKNESSES, ids=[row[1] for row in WEAKNESSES])
def test_the_weakness_is_found_by_its_effect(tmp_path, probe, weakness, locations):
    service = fragile.Fragile(tmp_path, weakness)
    known = children()
    before = state(service, tmp_path, known)
    scan = scanned(service, probe)
    assert [list(finding.locations)[:1] for finding in scan.findings] == [locations], scan.coverage[probe]
    assert state(service, tmp_path, known) == before, scan.sender.traces.left


@pytest.mark.parametrize("probe", sorted({row[0] for row in WEAKNESSES}))
def test_the_fixed_service_is_silent(tmp_path, probe):
    scan = scanned(fragile.Fragile(tmp_path), probe)
    assert [str(finding) for finding in scan.findings] == []
    assert scan.coverage[probe].tried


def test_what_cannot_be_put_back_is_listed(tmp_path):
    service = fragile.Fragile(tmp_path)
    change = service.change

    async def once(request):  # a change that cannot be undone
        return await change(request) if service.accounts["alice"]["phone"] == "1" else services.JSONResponse({"error": "no"}, 409)

    service.application = services.app(("POST", "/login", service.login), ("GET", "/me", service.me), ("PATCH", "/me", once))
    rows = [row for row in fragile.ROWS if "/me" in str(row) or "/login" in str(row)]
    with services.serving(service.application) as url:
        shop = services.target(
            url, [*rows[:2], {"operation": "PATCH /me", "body": {"phone": "2"}}], fragile.IDENTITIES, fragile.LOGIN
        )
        scan = services.scanned(shop, "stored-sql-injection", allow_changes=True)
    assert service.accounts["alice"]["phone"] != "1"
    assert [line.partition(": ")[0] for line in scan.sender.traces.left] == ["PATCH /me"]
    assert "'1' → " in scan.sender.traces.left[0]
