"""Ways up past a filter that looks at a value before its last decoding, where one of the files that are read is not there."""

import posixpath
from urllib.parse import unquote

import pytest
import services

PASSWD = "root:x:0:0:root:/root:/bin/sh\nweb:x:900:900::/srv/web:/usr/sbin/nologin\n"
FILES = {"/etc/passwd": PASSWD, "/srv/web/leaflets/spring.md": "# Spring\n"}


def leaflets(forbidden, place):
    """A folder whose names may not hold what is forbidden, as they are before they are decoded once more."""

    def show(request):
        name = (request.path_params if place == "path" else request.query_params).get("leaflet", "")
        path = posixpath.normpath(f"/srv/web/leaflets/{unquote(name)}")
        if any(part in name for part in forbidden) or path not in FILES:
            return services.JSONResponse({"error": "there is none"}, 404)
        return services.PlainTextResponse(FILES[path])

    return services.app(("GET", "/leaflets/{leaflet}" if place == "path" else "/leaflets", show))


@pytest.mark.parametrize("place", ["path", "query"])
@pytest.mark.parametrize(
    ("forbidden", "found"), [(("..",), True), (("..", "/"), True), (("..", "/", "\\"), True), (("..", "%"), False)]
)
def test_a_filter_before_the_last_decoding_lets_ways_up_through(place, forbidden, found):
    row = "GET /leaflets/{leaflet}" if place == "path" else "GET /leaflets?leaflet=spring.md"
    with services.serving(leaflets(forbidden, place)) as url:
        target = services.target(url, [{"operation": row, "public": True}], values={"leaflet": "spring.md"})
        scan = services.scanned(target, "path-traversal")
    observed = ["the value leads to /etc/passwd"] if found else []
    assert [finding.observed for finding in scan.findings] == observed, scan.coverage["path-traversal"]
    assert len(scan.coverage["path-traversal"].tried) == 1
