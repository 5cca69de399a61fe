"""The part of ReportPortal's API that its listener for Robot calls, on loopback; keeps what it is told."""

import contextlib
import json

from serving import serving
from starlette.applications import Starlette
from starlette.responses import JSONResponse
from starlette.routing import Route


class ReportPortal:
    """What was started and finished: the launch, and items by their numbers."""

    def __init__(self):
        self.items = {}
        self.launch = {}
        self.logs = []

    async def answer(self, request):
        parts = request.url.path.strip("/").split("/")[3:]  # below api/VERSION/PROJECT
        if not parts:
            return JSONResponse({"build": {"version": "5.13.0"}})
        body = await request.body()
        data = json.loads(body) if "json" in request.headers.get("content-type", "") else {}
        if parts[0] == "log":
            self.logs.append(body.decode(errors="replace"))
        elif parts[0] == "launch":
            self.launch |= data
        elif parts[0] == "item" and request.method == "POST":
            number = f"item-{len(self.items)}"
            self.items[number] = data | {"status": None}
            return JSONResponse({"id": number}, 201)
        elif parts[0] == "item":
            self.items[parts[1]] |= data
        return JSONResponse({"id": "launch-1", "number": 1, "message": "done"}, 201 if request.method == "POST" else 200)

    def tests(self):
        """Its tests with their verdicts: steps with statistics are what it counts."""
        return {item["name"]: item for item in self.items.values() if item["type"] == "STEP" and item.get("hasStats", True)}


@contextlib.contextmanager
def report_portal():
    """A ReportPortal; its URL and what it is told."""
    made = ReportPortal()
    routes = [Route("/{path:path}", made.answer, methods=["GET", "POST", "PUT"])]
    with serving(Starlette(routes=routes)) as url:
        yield url, made
