"""Routes that nothing describes: where a path takes any name, below objects, of earlier versions; and what lists files."""

import datetime as dt

import pytest
import services

from SecurityLibrary.discovery import undescribed_paths
from SecurityLibrary.discovery.named_paths import lists_files
from theodore_qa.systems.exchange import Exchange

USERS = {"ann": {"name": "ann", "city": "Bonn"}, "admin": {"name": "admin", "city": "Ulm"}}
HIDDEN = {"users": [{"name": "ann", "digest": "5f4dcc3b5aa765d61d8327deb882cf99"}], "count": 1}


def users(hidden):
    """Users by their names, one of whom is called admin; ``hidden`` is a further path."""

    def user(request):
        found = USERS.get(request.path_params["username"])
        return services.JSONResponse(found or {"detail": "no such user"}, 200 if found else 404)

    routes = [("GET", "/users/v2/{username}", user)]
    if hidden:
        routes.insert(0, ("GET", hidden, lambda _: services.JSONResponse(HIDDEN)))
    return services.app(*routes)


@pytest.mark.parametrize(
    ("hidden", "found"),
    [
        ("/users/v2/_debug", ["GET /users/v2/_debug"]),
        ("/users/v2/ann/audit", ["GET /users/v2/ann/audit"]),
        ("/users/v1/ann", ["GET /users/v1/ann"]),
        ("/users/ann", ["GET /users/ann"]),
        ("", []),
    ],
)
def test_what_nothing_describes_below_what_takes_any_name(hidden, found):
    with services.serving(users(hidden)) as url:
        shop = services.target(url, ["GET /users/v2/{username}"], values={"username": "ann"})
        scan = services.scanned(shop, "undocumented")
    assert [finding.location for finding in scan.findings] == found
    tried = scan.coverage["undocumented"].tried
    assert {"/users/v2/_debug", "/users/v2/admin", "/users/v2/ann/audit", "/users/v1/ann", "/users/ann"} <= tried


@pytest.mark.parametrize(
    ("page", "found"),
    [
        (
            '<h1>forms</h1><a href="form-a.txt">form-a.txt</a><br><a href="registry.conf.bak">registry.conf.bak</a>',
            ["GET /forms/"],
        ),
        ('<a href="/about.html">About us</a> <a href="/news.html">News</a>', []),
    ],
)
def test_a_folder_that_lists_its_files_without_saying_so(page, found):
    def forms(_):
        return services.JSONResponse({"forms": ["form-a.txt"]})

    def listing(_):
        return services.HTMLResponse(page) if found else services.JSONResponse({"detail": "no"}, 404)

    routes = (("GET", "/forms", forms), ("GET", "/forms/", listing), ("GET", "/forms/{form}", forms))
    with services.serving(services.app(*routes)) as url:
        shop = services.target(url, ["GET /forms", "GET /forms/{form}"], values={"form": "form-a.txt"})
        scan = services.scanned(shop, "undocumented")
    assert [finding.location for finding in scan.findings] == found
    answer = Exchange("GET", "/forms/", 200, {"content-type": "text/html"}, page, dt.datetime.now(dt.UTC), 0.1)
    assert lists_files(answer) is bool(found)


def test_nothing_that_does_something_is_looked_for():
    documented = ["/users/v1/{username}", "/api/v3/books", "/createdb"]
    paths = undescribed_paths.paths(documented)
    assert "/users/v1/_debug" in paths
    assert {"/api/v2/books", "/api/v1/books", "/api/books"} <= set(paths)
    assert not [path for path in paths if any(word in path for word in ("create", "drop", "reset", "delete", "logout"))]


CONFIG = '[remote "origin"]\n\turl = https://deploy:Kq7-Vm2x-Tz9R@git.shop.example/web.git\n'


@pytest.mark.parametrize(
    ("served", "found"),
    [
        ("config", [("sensitive-data", "GET /.git/config"), ("undocumented", "GET /.git/config")]),
        ("any path", []),
        ("nothing", []),
    ],
)
def test_secrets_in_what_was_forgotten_beside_pages(served, found):
    """A service of pages without a document; one of the safe twins answers each path with its only page."""

    def page(_):
        return services.HTMLResponse("<h1>Shop</h1><p>All that we sell</p>")

    routes = [("GET", "/shop", page)]
    routes += [("GET", "/.git/config", lambda _: services.PlainTextResponse(CONFIG))] if served == "config" else []
    routes += [("GET", "/{path:path}", page)] if served == "any path" else []
    with services.serving(services.app(*routes)) as url:
        scan = services.scanned(services.target(url, ["GET /shop"]), "undocumented", "sensitive-data")
    assert [(finding.probe, finding.location) for finding in scan.findings] == found
    assert "/.git/config" in scan.coverage["undocumented"].tried
