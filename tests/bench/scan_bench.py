"""How long a scan of an API with 50 operations takes, how many requests it sends, and that it is silent about a sound service."""

import itertools
import json
import os
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "scans"))

import services
from starlette.middleware import Middleware
from starlette.middleware.base import BaseHTTPMiddleware
from starlette.routing import Route

from SecurityLibrary import probes, runner
from SecurityLibrary.scan import Scan

KINDS = [f"{name}s" for name in ["order", "invoice", "note", "plan", "task", "ticket", "report", "asset", "claim", "lease"]]
IDENTITIES = ("alice", "bob")
LONGEST = 120
SAFE = {"x-content-type-options": "nosniff", "cache-control": "no-store"}
HOSTS = ("127.0.0.1", "localhost")


def error(status, message):
    return services.JSONResponse({"error": message}, status)


class Authenticate(BaseHTTPMiddleware):
    """Asks who it is and which host was meant, and sets the headers of every answer."""

    async def dispatch(self, request, call_next):
        host = request.headers.get("host", "").partition(":")[0]
        if host not in HOSTS:
            answer = error(421, "no such host")
        elif services.who(request) is None:
            answer = error(401, "sign in")
            answer.headers["www-authenticate"] = "Bearer"
        else:
            answer = await call_next(request)
        answer.headers.update(SAFE)
        return answer


def resource(kind, numbers):
    """Five operations over objects that belong to who made them."""
    kept = {}

    def record_of(body):
        name, address = (body.get("name"), body.get("address")) if isinstance(body, dict) else (None, None)
        city = address.get("city") if isinstance(address, dict) else None
        if set(body if isinstance(body, dict) else "x") != {"name", "address"} or set(address or "x") != {"city"}:
            return None
        sound = all(isinstance(text, str) and text.isprintable() and 0 < len(text) <= 80 for text in (name, city))
        return {"name": name, "address": {"city": city}} if sound else None

    async def sent(request):
        if request.headers.get("content-type", "").partition(";")[0] != "application/json":
            return error(415, "send application/json")
        content = await request.body()
        if len(content) > 10_000:
            return error(413, "too large")
        try:
            return record_of(json.loads(content)) or error(422, "not understood")
        except (ValueError, RecursionError):
            return error(400, "not JSON")

    def mine(request):
        found = kept.get(request.path_params["id"])
        return found if found and found["owner"] == services.who(request) else None

    async def listing(request):
        text, size = request.query_params.get("q", ""), request.query_params.get("size", "20")
        if not (size.isdigit() and size.isascii() and 1 <= int(size[:9]) <= 100) or len(text) > 80:
            return error(422, "size is 1 to 100, q is at most 80 long")
        own = [record for record in kept.values() if record["owner"] == services.who(request) and text in record["name"]]
        return services.JSONResponse({"items": own[-int(size) :]})

    async def make(request):
        body = await sent(request)
        if not isinstance(body, dict):
            return body
        number = str(next(numbers))
        kept[number] = {"id": number, "owner": services.who(request), **body}
        return services.JSONResponse(kept[number], 201)

    async def read(request):
        return services.JSONResponse(found) if (found := mine(request)) else error(404, "not found")

    async def change(request):
        found = mine(request)
        if not found:
            return error(404, "not found")
        body = await sent(request)
        if not isinstance(body, dict):
            return body
        found.update(body)
        return services.JSONResponse(found)

    async def remove(request):
        if not mine(request):
            return error(404, "not found")
        del kept[request.path_params["id"]]
        return services.Response(status_code=204)

    path = f"/{kind}/{{id}}"
    return [
        Route(f"/{kind}", listing, methods=["GET"]),
        Route(f"/{kind}", make, methods=["POST"]),
        Route(path, read, methods=["GET"]),
        Route(path, change, methods=["PUT"]),
        Route(path, remove, methods=["DELETE"]),
    ]


def service():
    numbers = itertools.count(1000)
    routes = [route for kind in KINDS for route in resource(kind, numbers)]
    handlers = {404: lambda *_: error(404, "not found"), 405: lambda *_: error(405, "not allowed")}
    return services.Starlette(routes=routes, middleware=[Middleware(Authenticate)], exception_handlers=handlers)


def rows():
    body = {"name": "pen", "address": {"city": "Ghent"}}
    for kind in KINDS:
        yield {"operation": f"GET /{kind}?q=pen&size=20"}
        yield {"operation": f"POST /{kind}", "body": body}
        yield {"operation": f"GET /{kind}/{{id}}"}
        yield {"operation": f"PUT /{kind}/{{id}}", "body": body}
        yield {"operation": f"DELETE /{kind}/{{id}}"}


def main():
    os.environ.update({f"TOKEN_{name.upper()}": services.SECRETS[name] for name in IDENTITIES})
    with services.serving(service()) as url:
        fifty = services.target(url, rows(), services.by_token(*IDENTITIES), hosts=HOSTS)
        client = fifty.client()
        scan = Scan(fifty, client, allow_changes=True)
        began = time.monotonic()
        runner.run(scan, probes.chosen([]))
        took = time.monotonic() - began
        client.close()
    number = len(fifty.operations)
    print(f"scan of {number} operations: {took:.1f} s (limit {LONGEST} s), {client.sent} requests, {client.sent / took:.0f}/s")
    wrong = [finding for finding in scan.findings if finding.severity > 0]
    print(f"findings on a sound service above info: {len(wrong)}", *wrong, sep="\n  ")
    print("stopped:", scan.stopped or "no")
    return 0 if took <= LONGEST and not wrong and not scan.stopped else 1


if __name__ == "__main__":
    sys.exit(main())
