"""The gateway to all company sites; the Host header selects the site."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route

if TYPE_CHECKING:
    from theodore_sandbox.dependencies.sites import Site


def create_app(sites: dict[str, Site]) -> Starlette:
    """Serves robots.txt, sitemap.xml and the pages of each site."""

    async def serve(request: Request) -> Response:
        host = request.headers.get("host", "").partition(":")[0].lower().removeprefix("www.")
        site = sites.get(host)
        path = request.url.path
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
