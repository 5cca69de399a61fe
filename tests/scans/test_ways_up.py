"""Ways to a file outside a folder that get through half a check, each with a service that checks what the name leads to."""

import json
import posixpath
from urllib.parse import unquote

import pytest
import services

FILES = {
    "/srv/manuals/a-100.pdf": "how to use it",
    "/etc/passwd": "root:x:0:0:root:/root:/bin/bash\ndaemon:x:1:1:daemon:/usr/sbin:/usr/sbin/nologin\n",
    "/etc/group": "root:x:0:\nadm:x:4:syslog\n",
}
REFUSED = ValueError("no such manual")


def plain(name):
    return posixpath.normpath(posixpath.join("/srv/manuals", name))


def backslashes(name):
    return plain(name.replace("../", "").replace("\\", "/"))


def begins_well(name):
    if not name.startswith("a-100"):
        raise REFUSED
    return plain(name)


def ends_well(name):
    if not name.endswith(".pdf"):
        raise REFUSED
    return plain(name.split("\x00")[0])


def decoded_later(name):
    if ".." in name:
        raise REFUSED
    return plain(unquote(name))


def absolute(name):
    if ".." in name:
        raise REFUSED
    return plain(name.removeprefix("file://"))


def good(name):
    path = plain(name)
    if not path.startswith("/srv/manuals/"):
        raise REFUSED
    return path


def manuals(check):
    def read(request):
        try:
            text = FILES[check(request.query_params["file"])]
        except (ValueError, KeyError):
            return services.JSONResponse({"detail": "no such manual"}, 404)
        return services.JSONResponse({"text": text})

    return services.app(("GET", "/manuals", read))


@pytest.mark.parametrize("check", [plain, backslashes, begins_well, ends_well, decoded_later, absolute, good])
def test_ways_up(check):
    with services.serving(manuals(check)) as url:
        scan = services.scanned(services.target(url, ["GET /manuals?file=a-100.pdf"]), "path-traversal")
    assert [finding.location for finding in scan.findings] == ([] if check is good else ["GET /manuals query file"])
    assert "GET /manuals query file" in scan.coverage["path-traversal"].tried


@pytest.mark.parametrize("check", [plain, good])
def test_ways_up_in_a_query_of_graphql(check):
    """A query goes by GET where that is answered: what may write is never shown the name of a file that there is."""
    posted = []

    async def read(request):
        given = request.query_params if request.method == "GET" else await request.json()
        variables = given.get("variables") or "{}"
        name = (json.loads(variables) if isinstance(variables, str) else variables).get("name")
        posted.append(name if request.method == "POST" else "")
        try:
            return services.JSONResponse({"data": {"manual": FILES[check(name)]}})
        except (ValueError, KeyError, TypeError):
            return services.JSONResponse({"data": None, "errors": [{"message": "no such manual"}]})

    row = {"operation": "POST /graphql#manual"}
    row["body"] = {"query": "query($name: String!) {manual(name: $name)}", "variables": {"name": "a-100.pdf"}}
    with services.serving(services.app(("POST", "/graphql", read), ("GET", "/graphql", read))) as url:
        scan = services.scanned(services.target(url, [row]), "path-traversal", allow_changes=True)
    place = "POST /graphql#manual body variables.name"
    assert [finding.location for finding in scan.findings] == ([place] if check is plain else [])
    assert place in scan.coverage["path-traversal"].tried
    assert not any("passwd" in str(name) for name in posted)
