"""Where a redirect leads by a parameter that nothing describes."""

import pytest
import services


@pytest.mark.parametrize(("heeds", "found"), [("returnTo", ["GET /start query returnTo"]), ("", []), ("theme", [])])
def test_parameters_that_nothing_describes(heeds, found):
    def start(request):
        return services.Response(status_code=302, headers={"location": request.query_params.get(heeds, "/shop")})

    app = services.app(("GET", "/start", start), ("GET", "/shop", lambda _: services.HTMLResponse("<h1>shop</h1>")))
    with services.serving(app) as url:
        scan = services.scanned(services.target(url, ["GET /start", "GET /shop"]), "open-redirect")
    assert [finding.location for finding in scan.findings] == found
