"""Ways to a file outside a folder that get through half a check, each with a service that checks what the name leads to."""

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
