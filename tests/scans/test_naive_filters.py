"""Filters that know an address by its text alone: of callbacks, and of origins. The fixed ones look at what is meant."""

import contextlib
import ipaddress
import re
import socket
import urllib.request
from urllib.parse import urlsplit

import pytest
import services

ROW = {"operation": "POST /previews", "body": {"link": "http://partner.example/a"}}
PLAIN = ("127.0.0.1", "localhost")


def by_text(url):
    """Whether a link is refused by the text of its host."""
    return urlsplit(url).hostname in PLAIN


def by_beginning(url):
    """Whether a link is refused because it does not begin like that of the partner."""
    return not url.startswith("http://partner.example")


def by_its_words(url):
    """Whether a link is refused because it does not hold the host of the partner, wherever."""
    return "partner.example" not in url


def by_host(url):
    """Whether a link is refused because its host is not that of the partner."""
    return urlsplit(url).hostname != "partner.example"


def by_address(url):
    """Whether a link is refused by the address that its host has."""
    try:
        found = {each[4][0] for each in socket.getaddrinfo(urlsplit(url).hostname, None)}
    except (OSError, UnicodeError):
        return True
    addresses = [ipaddress.ip_address(each) for each in found]
    return any(not (getattr(each, "ipv4_mapped", None) or each).is_global for each in addresses)


def previews():
    """A route for each filter."""

    async def preview(request):
        refused = FILTERS[request.url.path.strip("/")]
        body = await request.json()
        link = body.get("link") if isinstance(body, dict) else None
        if not isinstance(link, str) or not link.startswith("http"):
            return services.JSONResponse({"error": "no link"}, 422)
        if link != ROW["body"]["link"] and refused(link):
            return services.JSONResponse({"error": "not allowed"}, 422)
        if urlsplit(link).hostname not in ("partner.example", "example.com"):
            with contextlib.suppress(OSError, ValueError):
                urllib.request.build_opener(urllib.request.ProxyHandler({})).open(_without_user(link), timeout=2).read()
        return services.JSONResponse({"ok": True})

    return services.app(*(("POST", f"/{name}", preview) for name in FILTERS))


def _without_user(link):
    parts = urlsplit(link)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"


FILTERS = {"text": by_text, "beginning": by_beginning, "words": by_its_words, "host": by_host, "address": by_address}


def test_callbacks_behind_filters():
    rows = [{**ROW, "operation": f"POST /{name}"} for name in FILTERS]
    with services.serving(previews()) as url:
        scan = services.scanned(services.target(url, rows), "ssrf", allow_changes=True)
    found = {location for finding in scan.findings for location in finding.locations}
    assert found == {f"POST /{name} body link" for name in ("text", "beginning", "words")}, scan.coverage["ssrf"]
    assert scan.coverage["ssrf"].tried == {f"POST /{name} body link" for name in FILTERS}


ORIGINS = {
    "ends": lambda origin, host: origin.endswith(host),
    "begins": lambda origin, host: origin.startswith(f"https://{host}"),
    "begins without a port": lambda origin, host: origin.startswith(f"http://{host.partition(':')[0]}"),
    "equal": lambda origin, host: origin in (f"https://{host}", f"http://{host}"),
}


@pytest.mark.parametrize(
    ("kind", "observed"),
    [
        ("ends", "end like its own"),
        ("begins", "begin like its own"),
        ("begins without a port", "begin like its own"),
        ("equal", ""),
    ],
)
def test_origins_behind_a_filter(kind, observed):
    def items(request):
        origin = request.headers.get("origin", "")
        allowed = ORIGINS[kind](origin, request.headers["host"])
        headers = {"access-control-allow-origin": origin, "access-control-allow-credentials": "true"} if allowed else {}
        return services.JSONResponse({"items": []}, headers=headers)

    with services.serving(services.app(("GET", "/items", items))) as url:
        scan = services.scanned(services.target(url, ["GET /items"]), "cors")
    assert [finding.observed for finding in scan.findings] == (
        [f"origins that {observed} may read answers with credentials"] * bool(observed)
    )
    assert scan.coverage["cors"].tried == {"GET /items"}


@pytest.mark.parametrize("pattern", [True, False])
def test_an_origin_that_a_pattern_takes_for_one_that_is_known(pattern):
    """In a pattern each dot stands for any letter: a host of somebody else fits it."""

    def items(request):
        origin = request.headers.get("origin", "")
        fits = re.fullmatch(r"https://app.shop.example", origin) if pattern else origin == "https://app.shop.example"
        headers = {"access-control-allow-origin": origin, "access-control-allow-credentials": "true"} if fits else {}
        return services.JSONResponse({"items": [], "home": "https://app.shop.example/"}, headers=headers)

    with services.serving(services.app(("GET", "/items", items))) as url:
        scan = services.scanned(services.target(url, ["GET /items"]), "cors")
    observed = "origins that are spelt like https://app.shop.example may read answers with credentials"
    assert [finding.observed for finding in scan.findings] == ([observed] if pattern else [])
