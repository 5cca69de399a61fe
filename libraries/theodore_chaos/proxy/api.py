"""Toxiproxy's HTTP API, and beside it the exposure: what each toxic has touched."""

from __future__ import annotations

import secrets
from typing import Any, TYPE_CHECKING

from starlette.applications import Starlette
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from theodore_chaos.proxy.requests import ApiError, decoded

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from starlette.requests import Request

    from theodore_chaos.proxy.registry import FaultProxy, Registry

VERSION = "2.12.0"
CREATED = 201
REQUEST_ID = "X-Toxiproxy-Request-Id"


def application(registry: Registry) -> Starlette:
    """The API over a registry."""
    api = _Api(registry)
    table: list[tuple[str, str, Callable[[Request], Awaitable[Any]]]] = [
        ("GET", "/version", api.version),
        ("GET", "/proxies", api.proxies),
        ("POST", "/proxies", api.create),
        ("POST", "/populate", api.populate),
        ("POST", "/reset", api.reset),
        ("GET", "/metrics", api.metrics),
        ("GET", "/proxies/{proxy}", api.proxy),
        ("POST PATCH", "/proxies/{proxy}", api.change),
        ("DELETE", "/proxies/{proxy}", api.delete),
        ("GET", "/proxies/{proxy}/toxics", api.toxics),
        ("POST", "/proxies/{proxy}/toxics", api.add),
        ("GET", "/proxies/{proxy}/toxics/{toxic}", api.toxic),
        ("POST PATCH", "/proxies/{proxy}/toxics/{toxic}", api.update),
        ("DELETE", "/proxies/{proxy}/toxics/{toxic}", api.remove),
        ("GET", "/proxies/{proxy}/exposure", api.exposure),
        ("POST", "/proxies/{proxy}/exposure/reset", api.reset_exposure),
    ]
    routes = [Route(path, _guarded(handler), methods=methods.split()) for methods, path, handler in table]
    for route in routes:
        (route.methods or set()).discard("HEAD")
    served = Starlette(routes=routes)
    served.router.redirect_slashes = False
    return served


class _Api:
    """The operations; each returns an object, an object with its status, or nothing."""

    def __init__(self, registry: Registry) -> None:
        self.registry = registry

    async def version(self, _: Request) -> Any:
        return {"version": VERSION}

    async def proxies(self, _: Request) -> Any:
        return {name: proxy.as_json() for name, proxy in self.registry.proxies.items()}

    async def create(self, request: Request) -> Any:
        return (await self.registry.create(await _body(request))).as_json(), CREATED

    async def populate(self, request: Request) -> Any:
        return {"proxies": [proxy.as_json() for proxy in await self.registry.populate(await _body(request))]}, CREATED

    async def metrics(self, _: Request) -> Any:
        return PlainTextResponse(self.registry.metrics())

    async def reset(self, _: Request) -> Any:
        await self.registry.reset()

    async def proxy(self, request: Request) -> Any:
        return self._proxy(request).as_json()

    async def change(self, request: Request) -> Any:
        return (await self.registry.change(request.path_params["proxy"], await _body(request))).as_json()

    async def delete(self, request: Request) -> Any:
        await self.registry.delete(request.path_params["proxy"])

    async def toxics(self, request: Request) -> Any:
        return [toxic.as_json() for toxic in self._proxy(request).toxics.values()]

    async def add(self, request: Request) -> Any:
        return self._proxy(request).add(await _body(request)).as_json()

    async def toxic(self, request: Request) -> Any:
        return self._proxy(request).toxic(request.path_params["toxic"]).as_json()

    async def update(self, request: Request) -> Any:
        return self._proxy(request).update(request.path_params["toxic"], await _body(request)).as_json()

    async def remove(self, request: Request) -> Any:
        self._proxy(request).remove(request.path_params["toxic"])

    async def exposure(self, request: Request) -> Any:
        return self._proxy(request).exposure()

    async def reset_exposure(self, request: Request) -> Any:
        self._proxy(request).reset_exposure()

    def _proxy(self, request: Request) -> FaultProxy:
        return self.registry.proxy(request.path_params["proxy"])


def _guarded(handler: Callable[[Request], Awaitable[Any]]) -> Callable[[Request], Awaitable[Response]]:
    """A handler that sends its result as a response with an id, and refuses browsers, as a Toxiproxy server does."""

    async def answer(request: Request) -> Response:
        response = await _answer(handler, request)
        response.headers[REQUEST_ID] = secrets.token_hex(10)
        return response

    return answer


async def _answer(handler: Callable[[Request], Awaitable[Any]], request: Request) -> Response:
    if request.headers.get("user-agent", "").startswith("Mozilla/"):
        return PlainTextResponse("User agent not allowed", status_code=403)
    try:
        result = await handler(request)
    except ApiError as error:
        return JSONResponse({"error": str(error), "status": error.status} | error.done, status_code=error.status)
    if result is None:
        return Response(status_code=204)
    if isinstance(result, Response):
        return result
    body, status = result if isinstance(result, tuple) else (result, 200)
    return JSONResponse(body, status_code=status)


async def _body(request: Request) -> Any:
    return decoded(await request.body())
