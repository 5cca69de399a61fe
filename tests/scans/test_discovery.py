"""Undescribed operations are found by what the system itself says of them."""

import json

import pytest
import services

MAP = json.dumps({"version": 3, "sources": ["app.ts"], "sourcesContent": ["fetch(\"/beta/orders?x=1\"); go('/logout')"]})

HEADERS = {
    "link": '</items?page=2>; rel="next", <{}>; rel="alternate"; type="text/csv", </logout>; rel=x',
    "content-location": "{}",
}


def shop(where):
    """What is forgotten answers at /beta/orders; ``where`` says by what it is named."""

    def items(_):
        body = {"items": [1], "more": "/beta/orders"} if where == "answer" else {"items": [1]}
        return services.JSONResponse(body, headers={where: HEADERS[where].format(named)} if where in HEADERS else {})

    def old(_):
        return services.Response(status_code=302, headers={"location": "/beta/orders" if where == "redirect" else "/items"})

    def text(name, body, media="text/plain"):
        return ("GET", name, lambda _: services.Response(body, media_type=media))

    named = "/beta/orders" if where else "/items"
    routes = {
        "robots": [text("/robots.txt", f"User-agent: *\nDisallow: {named}*\nDisallow: /delete-all")],
        "sitemap": [
            text("/robots.txt", "Sitemap: /maps/all.xml"),
            text("/maps/all.xml", f"<urlset><url><loc>{named}</loc></url></urlset>", "application/xml"),
        ],
        "page": [text("/", f'<html><a href="{named}">orders</a><a href="/logout">bye</a></html>', "text/html")],
        "script": [
            text("/", '<html><script src="app.js"></script></html>', "text/html"),
            text("/app.js", f"const orders = '{named}'", "text/javascript"),
        ],
        "source map": [
            text("/", '<html><script src="/static/app.js"></script></html>', "text/html"),
            text("/static/app.js", "run()\n//# sourceMappingURL=app.js.map", "text/javascript"),
            text("/static/app.js.map", MAP, "application/json"),
        ],
        "listing": [
            text("/", '<html><a href="/beta/">more</a></html>', "text/html"),
            text("/beta/", '<html><title>Index of /beta/</title><a href="orders">orders</a></html>', "text/html"),
        ],
    }.get(where, [])
    return services.app(
        ("GET", "/items", items),
        ("GET", "/old", old),
        *([("GET", "/beta/orders", lambda _: services.JSONResponse({"orders": [7, 8]}))] if where else []),
        *routes,
    )


def scanned(where, sent=None):
    app = shop(where)
    if sent is not None:

        async def recording(scope, receive, send):
            sent.append(scope.get("path"))
            await app(scope, receive, send)

    with services.serving(recording if sent is not None else app) as url:
        return services.scanned(services.target(url, ["GET /items", "GET /old"]), "banner", "undocumented")


@pytest.mark.parametrize(
    ("where", "named"),
    [
        ("answer", "the answer to GET /items"),
        ("link", "Link of GET /items"),
        ("content-location", "Content-Location of GET /items"),
        ("redirect", "Location of GET /old"),
        ("robots", "robots.txt"),
        ("sitemap", "the sitemap"),
        ("page", "a page (/)"),
        ("script", "the script /app.js"),
        ("source map", "the source map /static/app.js.map"),
        ("listing", "the listing of /beta/"),
    ],
)
def test_what_is_named_is_found(where, named):
    found = {finding.locations: finding.observed for finding in scanned(where).findings if finding.severity}
    listing, source_map = found.pop(("GET /beta/",), ""), found.pop(("GET /static/app.js.map",), "")
    assert found == {("GET /beta/orders",): f"served to anonymous callers, not documented, but named by {named}"}
    assert ("it lists the files of a folder" in listing) is (where == "listing")
    assert bool(source_map) is (where == "source map")


def test_nothing_is_found_where_nothing_is():
    assert scanned("").findings == []


@pytest.mark.parametrize("where", ["page", "source map", "robots", "link"])
def test_links_that_do_something_are_not_followed(where):
    sent = []
    scanned(where, sent)
    assert not {"/logout", "/delete-all"} & {*sent}


@pytest.mark.parametrize(("methods", "found"), [(["GET", "DELETE"], ["Allow names DELETE, not documented"]), (["GET"], [])])
def test_methods_that_a_path_names_are_reported(methods, found):
    route = services.Route("/items", lambda _: services.JSONResponse({"items": []}), methods=methods)
    with services.serving(services.Starlette(routes=[route])) as url:
        scan = services.scanned(services.target(url, ["GET /items"]), "undocumented")
    assert [finding.observed for finding in scan.findings] == found
    assert "OPTIONS /items" in scan.coverage["undocumented"].tried


@pytest.mark.parametrize(("kind", "found"), [("errors", [("GET /search query name",)]), ("good", [])])
def test_what_a_link_names_with_a_query_is_attacked(kind, found):
    hidden = services.sql(kind)
    app = services.app(
        ("GET", "/", lambda _: services.HTMLResponse('<a href="/search?name=pen">pens</a><a href="/drop?id=1">no</a>'))
    )
    app.routes.append(services.Route("/search", hidden.routes[0].endpoint))
    with services.serving(app) as url:
        scan = services.scanned(services.target(url, ["GET /"]), "sql-injection", "undocumented")
    assert [finding.locations for finding in scan.findings if finding.probe == "sql-injection"] == found
    assert "GET /search query name" in scan.coverage["sql-injection"].tried
    assert ("GET /search",) in [finding.locations for finding in scan.findings if finding.probe == "undocumented"]
    assert scan.undescribed == {"GET /search"}
