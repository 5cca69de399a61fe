"""What is made under the name of somebody else because the name was sent beside it."""

import pytest
import services

PEOPLE = services.by_token("alice", "bob")
NUMBERS = {"alice": 4011, "bob": 4012}
ROWS = [
    {"operation": "GET /me"},
    {"operation": "GET /products/1/reviews"},
    {"operation": "POST /products/1/reviews", "body": {"message": "Tastes of summer"}},
]


@pytest.fixture(autouse=True)
def _tokens(monkeypatch):
    for name, secret in services.SECRETS.items():
        monkeypatch.setenv(f"TOKEN_{name.upper()}", secret)


@pytest.mark.parametrize("weak", [True, False])
@pytest.mark.parametrize("kept", ["author", "writtenBy", "user_id"])
def test_reviews_in_the_name_of_another(weak, kept):
    reviews = []

    def stated(name):
        return NUMBERS[name] if kept == "user_id" else name

    async def about(request):
        name = services.who(request)
        return services.JSONResponse({"id": NUMBERS[name], "login": name} if name else {}, 200 if name else 401)

    async def listed(_request):
        return services.JSONResponse({"data": reviews})

    async def add(request):
        name, body = services.who(request), await request.json()
        if not name:
            return services.JSONResponse({}, 401)
        maker = body.get(kept, stated(name)) if weak else stated(name)
        reviews.append({"id": f"r-{len(reviews)}", "message": body.get("message"), kept: maker})
        return services.JSONResponse(reviews[-1], 201)

    application = services.app(
        ("GET", "/me", about), ("GET", "/products/1/reviews", listed), ("POST", "/products/1/reviews", add)
    )
    with services.serving(application) as url:
        scan = services.scanned(services.target(url, ROWS, PEOPLE), "mass-assignment", allow_changes=True, seed=3)
    places = [finding.location for finding in scan.findings]
    assert places == ([f"POST /products/1/reviews {kept}"] if weak else []), scan.coverage
    if weak:
        assert {review[kept] for review in reviews} >= {stated("alice"), stated("bob")}
