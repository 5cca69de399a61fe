"""What only seems to read: it stores, leads on by the page itself, runs as a script, or fetches what it names."""

import html
import urllib.request

import pytest
import services


def guestbook(weak):
    comments = []

    def page(request):
        comment = request.query_params.get("comment")
        if comment:
            comments.append(comment)
            return services.HTMLResponse('<p>Thank you. <a href="/book?comment=">All comments</a></p>')
        entries = comments if weak else map(html.escape, comments)
        return services.HTMLResponse(f"<ul>{''.join(f'<li>{each}</li>' for each in entries)}</ul>")

    return services.app(("GET", "/book", page))


@pytest.mark.parametrize("weak", [True, False])
def test_a_query_that_stores_what_a_linked_page_shows(weak):
    with services.serving(guestbook(weak)) as url:
        rows = [{"operation": "GET /book", "query": {"comment": "hello"}}]
        scan = services.scanned(services.target(url, rows), "reflected-xss", "stored-xss", allow_changes=True)
    found = [(finding.probe, *finding.locations) for finding in scan.findings]
    assert found == ([("stored-xss", "GET /book query comment", "GET /book?comment=")] if weak else [])


@pytest.mark.parametrize("how", ["page", "header"])
@pytest.mark.parametrize("weak", [True, False])
def test_a_page_that_leads_on_by_itself(weak, how):
    def go(request):
        given = request.query_params.get("redir", "/start")
        to = html.escape(given if weak or given in ("/start", "/shop") else "/start")
        if how == "header":
            return services.HTMLResponse("<p>on we go</p>", headers={"Refresh": f"0; url={to}"})
        return services.HTMLResponse(f'<head><META HTTP-EQUIV="Refresh" CONTENT="0;URL={to}"></head><p>{html.escape(given)}</p>')

    with services.serving(services.app(("GET", "/go", go))) as url:
        rows = [{"operation": "GET /go", "query": {"redir": "/shop"}}]
        scan = services.scanned(services.target(url, rows), "open-redirect")
    assert [finding.location for finding in scan.findings] == (["GET /go query redir"] if weak else [])


@pytest.mark.parametrize(
    ("served", "found"), [("any text", ["GET /users.json query callback"]), ("names", []), ("data alone", []), ("quoted", [])]
)
def test_a_script_that_begins_with_any_text(served, found):
    def users(request):
        name = request.query_params.get("callback", "")
        if served == "names" and not name.isidentifier():
            return services.JSONResponse({"error": "callback"}, 400)
        text = {"data alone": "{}", "quoted": f'"{name}("'}.get(served, f'{name}({{"ann": 1}})')
        return services.PlainTextResponse(text)

    with services.serving(services.app(("GET", "/users.json", users))) as url:
        rows = [{"operation": "GET /users.json", "query": {"callback": "process"}}]
        scan = services.scanned(services.target(url, rows), "reflected-xss")
    assert [finding.location for finding in scan.findings] == found


def test_a_file_to_be_read_that_is_fetched_from_elsewhere():
    def page(request):
        path = request.query_params.get("path", "")
        if "weak" in request.url.path and "://" in path:
            try:
                with urllib.request.urlopen(path, timeout=2) as answer:  # the weakness itself
                    return services.PlainTextResponse(answer.read().decode("utf-8", "replace"))
            except OSError:
                return services.PlainTextResponse("not there", 502)
        return services.PlainTextResponse("news" if path == "news.html" else "not there", 200 if path == "news.html" else 404)

    with services.serving(services.app(("GET", "/weak", page), ("GET", "/fixed", page))) as url:
        rows = [{"operation": f"GET /{kind}", "query": {"path": "news.html"}} for kind in ("weak", "fixed")]
        scan = services.scanned(services.target(url, rows), "ssrf")
    assert [finding.location for finding in scan.findings] == ["GET /weak query path"]
    assert "GET /fixed query path" in scan.coverage["ssrf"].tried
