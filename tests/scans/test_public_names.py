"""Redirects that are compared with the name by which people know a site, which nothing of it names in full."""

from urllib.parse import urlsplit

import pytest
import services

PUBLIC = "https://orchid.example"


def starts(to):
    return to.startswith(PUBLIC)


def ends(to):
    return (urlsplit(to).hostname or "").endswith("orchid.example")


def is_same(to):
    return to == PUBLIC or to.startswith(f"{PUBLIC}/")


def site(allowed, named):
    """A page that leads on to what is ``allowed``; ``named`` says where the site tells what it is called."""

    def leave(request):
        to = request.query_params.get("return", "/")
        good = (to.startswith("/") and not to.startswith(("//", "/\\")) and "\t" not in to) or allowed(to)
        return services.Response(status_code=302, headers={"location": to if good and to.isprintable() else "/"})

    def home(_):
        title = "Orchid" if named == "title" else "Welcome"
        mail = "write to <a href='mailto:desk@orchid.example'>us</a>" if named == "mail" else ""
        cookie = {"set-cookie": "seen=1; Domain=.orchid.example; Path=/"} if named == "cookie" else {}
        return services.HTMLResponse(f"<!doctype html><title>{title}</title><p>{mail}</p>", headers=cookie)

    def status(_):
        return services.JSONResponse({"service": "orchid"} if named == "service" else {"up": True})

    return services.app(("GET", "/leave", leave), ("GET", "/", home), ("GET", "/status", status))


def found(allowed, named):
    rows = [{"operation": row, "public": True} for row in ("GET /status", "GET /", "GET /leave?return=/")]
    with services.serving(site(allowed, named)) as url:
        scan = services.scanned(services.target(url, rows), "open-redirect")
    assert "GET /leave query return" in scan.coverage["open-redirect"].tried
    return [finding.observed for finding in scan.findings]


@pytest.mark.parametrize("named", ["title", "service", "mail", "cookie"])
@pytest.mark.parametrize(("allowed", "weak"), [(starts, True), (is_same, False)])
def test_a_site_that_is_called_so_begins_another_host(allowed, weak, named):
    assert found(allowed, named) == ["the answer leads to another site, as for 'https://orchid.example.evil.example/'"] * weak


@pytest.mark.parametrize("named", ["mail", "cookie"])
def test_the_domain_of_a_site_ends_another_host(named):
    assert found(ends, named) == ["the answer leads to another site, as for 'https://evilorchid.example/'"]
