"""The gateway to the web: the Host header selects a company's site, or an address of the network."""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING

import httpx
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route

if TYPE_CHECKING:
    from theodore_sandbox.dependencies.sites import Site

VIA = "1.1 gateway"  # a request that has passed here is not passed on again
TIMEOUT = 4.0  # less than what callers of the gateway wait


def create_app(sites: dict[str, Site]) -> Starlette:
    """Serves robots.txt, sitemap.xml and the pages of each site, and passes requests for addresses on."""

    async def serve(request: Request) -> Response:
        host = request.headers.get("host", "").partition(":")[0].lower().removeprefix("www.")
        site = sites.get(host)
        path = request.url.path
        if site is None and _is_address(host) and "via" not in request.headers:
            return await _pass_on(request)
        if site is None:
            return PlainTextResponse("No such site", 404)
        if path == "/robots.txt":
            rules = "".join(f"Disallow: {rule}\n" for rule in site.disallow)
            return PlainTextResponse(f"User-agent: *\n{rules}Sitemap: https://{host}/sitemap.xml\n")
        if path == "/sitemap.xml":
            urls = "".join(f"<url><loc>https://{host}{listed}</loc></url>" for listed in [*site.pages, *site.redirects])
            text = f'<?xml version="1.0" encoding="UTF-8"?><urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{urls}</urlset>'
            return Response(text, media_type="application/xml")
        if path in site.redirects:
            return RedirectResponse(f"https://{host}{site.redirects[path]}", 301)
        page = site.pages.get(path)
        return HTMLResponse(site.html(page)) if page else PlainTextResponse("No such page", 404)

    return Starlette(routes=[Route("/{path:path}", serve, methods=["GET", "HEAD"])])


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


async def _pass_on(request: Request) -> Response:
    """The answer of whoever listens at the address; 502 if nobody does."""
    sent = {name: request.headers[name] for name in ("host", "user-agent") if name in request.headers} | {"via": VIA}
    try:
        async with httpx.AsyncClient(timeout=TIMEOUT, trust_env=False) as client:
            answer = await client.get(f"http://{sent['host']}{request.url.path}", headers=sent)
    except (httpx.HTTPError, httpx.InvalidURL):
        return PlainTextResponse("Nobody answers there", 502)
    kept = {name: answer.headers[name] for name in ("content-type", "location") if name in answer.headers}
    return Response(answer.content, answer.status_code, kept)
