"""Pages of errors and redirects are insertion points too: what they make of a path that there is not."""

import jinja2
import pytest
import services

from SecurityLibrary.probes.base import NOT_FOUND


def shop(wrong):
    def items(_):
        return services.JSONResponse({"items": []})

    def anything(request):
        path = request.url.path
        if wrong == "template":
            return services.HTMLResponse(jinja2.Template(f"<p>No page {path}</p>").render(), 404)
        if path.startswith("//"):
            return services.Response(status_code=301, headers={"location": path if wrong == "redirect" else "/items"})
        return services.HTMLResponse(jinja2.Template("<p>No page {{ path | e }}</p>").render(path=path), 404)

    return services.app(("GET", "/items", items), ("GET", "/{path:path}", anything))


def scanned(probe, wrong):
    with services.serving(shop(wrong)) as url:
        return services.scanned(services.target(url, ["GET /items"]), probe)


@pytest.mark.parametrize(
    ("probe", "wrong", "observed"),
    [
        ("template-injection", "template", "an expression in the path is computed"),
        ("open-redirect", "redirect", "the answer leads to the site that the path names"),
    ],
)
def test_what_is_made_of_the_path_is_found(probe, wrong, observed):
    (finding,) = scanned(probe, wrong).findings
    assert (finding.locations, finding.observed) == ((NOT_FOUND,), observed)
    assert scanned(probe, "").findings == []
