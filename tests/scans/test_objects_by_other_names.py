"""Objects that are called otherwise than the places that name them, or handed out by an operation of another path."""

import itertools

import pytest
import services


@pytest.fixture(autouse=True)
def _tokens(monkeypatch):
    for name in ("alice", "bob"):
        monkeypatch.setenv(f"TOKEN_{name.upper()}", services.SECRETS[name])


def refused(text, status=404):
    return services.JSONResponse({"error": text}, status)


def scanned(application, rows, probe):
    with services.serving(application) as url:
        shop = services.target(url, rows, identities=services.by_token("alice", "bob"))
        return services.scanned(shop, probe, allow_changes=True, seed=6)


@pytest.mark.parametrize("weak", [True, False])
def test_a_property_of_another_name_is_the_identifier(weak):
    """A pitch has a record number and a customer's number, and is found by its grid square."""
    pitches, numbers = {}, itertools.count(71)

    def reserve(request):
        if (name := services.who(request)) is None:
            return refused("sign in", 401)
        square = f"N-{next(numbers)}"
        kept = {"customer_id": 4, "record": 10_000 - len(pitches), "square": square, "code word": f"{name} {square} heron"}
        pitches[square] = (name, kept)
        return services.JSONResponse({"reservation": kept}, 201)

    def read(request):
        name, kept = pitches.get(request.path_params["pitch"], (None, None))
        if kept is None or (not weak and name != services.who(request)) or services.who(request) is None:
            return refused("there is none")
        return services.JSONResponse(kept)

    application = services.app(("POST", "/pitches", reserve), ("GET", "/pitches/{pitch}", read))
    rows = [{"operation": "POST /pitches", "body": {"nights": 2}}, "GET /pitches/{pitch}"]
    scan = scanned(application, rows, "object-level")
    assert {finding.location for finding in scan.findings} == ({"GET /pitches/{pitch}"} if weak else set())
    assert "GET /pitches/{pitch}" in scan.coverage["object-level"].tried


@pytest.mark.parametrize("weak", [True, False])
def test_an_object_that_an_operation_of_another_path_hands_out(weak):
    parcels, numbers = {}, itertools.count(5200, 7)

    def check_out(request):
        if (name := services.who(request)) is None:
            return refused("sign in", 401)
        number = f"PX{next(numbers)}"
        parcels[number] = {"to": f"{name}'s door, behind the blue gate", "grams": 310}
        return services.JSONResponse({"total": 12, "delivery": {"parcel_no": number, "depot_id": 3}}, 201)

    def track(request):
        if services.who(request) is None:
            return refused("sign in", 401)
        parcel = parcels.get(request.path_params["parcelNo"])
        mine = parcel is not None and (weak or parcel["to"].startswith(services.who(request)))
        return services.JSONResponse(parcel) if mine else refused("there is none")

    def depot(request):
        """Everybody who is signed in may see a depot: that it is named where a parcel is made gives it to nobody."""
        known = request.path_params["depotId"] == "3" and services.who(request)
        return services.JSONResponse({"street": "Quay 3"}) if known else refused("there is none")

    application = services.app(
        ("POST", "/checkout", check_out), ("GET", "/tracking/{parcelNo}", track), ("GET", "/places/{depotId}", depot)
    )
    rows = [{"operation": "POST /checkout", "body": {"sku": "P-1"}}, "GET /tracking/{parcelNo}", "GET /places/{depotId}"]
    scan = scanned(application, rows, "object-level")
    assert {finding.location for finding in scan.findings} == ({"GET /tracking/{parcelNo}"} if weak else set())
    assert "GET /tracking/{parcelNo}" in scan.coverage["object-level"].tried


@pytest.mark.parametrize("weak", [True, False])
def test_a_second_step_gets_what_the_first_has_just_handed_out(weak):
    open_quotes, numbers = set(), itertools.count(900)

    def quote(_):
        open_quotes.add(token := f"q{next(numbers)}x")
        return services.JSONResponse({"price": 90, "quoteToken": token}, 201)

    async def confirm(request):
        body = await request.json()
        if body.get("quote_token") not in open_quotes:
            return refused("no such quote", 422)
        open_quotes.discard(body["quote_token"])
        note = str(body.get("note"))
        if weak and note.count("'") % 2:
            return services.PlainTextResponse("sqlite3.OperationalError: unrecognized token", 500)
        return services.JSONResponse({"noted": len(note)}, 201)

    application = services.app(("POST", "/moves/quote", quote), ("POST", "/moves/confirm", confirm))
    rows = [
        {"operation": "POST /moves/quote", "body": {"rooms": 2}},
        {"operation": "POST /moves/confirm", "body": {"quote_token": "q1", "note": "second floor"}},
    ]
    scan = scanned(application, rows, "sql-injection")
    place = "POST /moves/confirm body note"
    assert {finding.location for finding in scan.findings} == ({place} if weak else set()), scan.coverage["sql-injection"]
    assert place in scan.coverage["sql-injection"].tried


def test_nothing_that_changes_is_called_by_a_property_of_another_meaning():
    """A property that may be anything is tried where it is only read: a removal might hit what was there before."""
    removed = []

    def hold(_):
        return services.JSONResponse({"customer_id": 4, "square": "N-1"}, 201)

    def remove(request):
        removed.append(request.path_params["pitch"])
        return refused("there is none")

    application = services.app(("POST", "/pitches", hold), ("DELETE", "/pitches/{pitch}", remove))
    scanned(application, [{"operation": "POST /pitches", "body": {"nights": 2}}, "DELETE /pitches/{pitch}"], "object-level")
    assert "N-1" not in removed


@pytest.mark.parametrize("weak", [True, False])
def test_an_object_that_stands_only_within_another(weak):
    """A stop of a tour has a path of its own, and its number stands in the list of one's own tours alone."""
    tours = {
        "alice": [{"day": "Monday", "legs": [{"stops": [{"stop_no": 811, "at": "Quay"}, {"stop_no": 812, "at": "Mill"}]}]}],
        "bob": [{"day": "Friday", "legs": [{"stops": [{"stop_no": 977, "at": "Ford"}]}]}],
    }
    stops = {811: ("alice", "ring twice, key under the fern"), 812: ("alice", "code 4411"), 977: ("bob", "dog in the yard")}

    def mine(request):
        name = services.who(request)
        return services.JSONResponse({"tours": tours[name]}) if name else refused("sign in", 401)

    def depots(request):
        """What everybody is shown is nobody's own."""
        return services.JSONResponse({"area": {"depots": [{"id": 5, "street": "Quay 3"}]}}) if services.who(request) else refused("no", 401)

    def stop(request):
        number = request.path_params["stop"]
        owner, hint = stops.get(int(number) if number.isdigit() else 0, (None, ""))
        if owner is None or services.who(request) is None or (not weak and owner != services.who(request)):
            return refused("there is none")
        return services.JSONResponse({"stop_no": int(number), "hint": hint})

    def depot(request):
        known = request.path_params["depot"] == "5" and services.who(request)
        return services.JSONResponse({"id": 5, "street": "Quay 3", "gates": 4}) if known else refused("there is none")

    application = services.app(
        ("GET", "/tours", mine), ("GET", "/area", depots), ("GET", "/stops/{stop}", stop), ("GET", "/depots/{depot}", depot)
    )
    scan = scanned(application, ["GET /tours", "GET /area", "GET /stops/{stop}", "GET /depots/{depot}"], "object-level")
    assert {finding.location for finding in scan.findings} == ({"GET /stops/{stop}"} if weak else set())
    assert "GET /stops/{stop}" in scan.coverage["object-level"].tried
