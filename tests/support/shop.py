"""A small shop on loopback whose answers a test sets, with a project of suites for it."""

import contextlib
import json

from serving import serving
from starlette.applications import Starlette
from starlette.responses import JSONResponse
from starlette.routing import Route

SUITE = """\
*** Settings ***
Library    ApiLibrary

*** Test Cases ***
"""


class Shop:
    """Answers ``GET /{item}`` by what was set: an item has the states of its list one after another, and stays with the last."""

    more_routes = ()  # beside its own

    def __init__(self, folder):
        folder.mkdir(exist_ok=True)
        self.folder = folder
        self.build = "1.4.2"
        self.states = {}
        self.answer = None  # in place of a state
        self.url = ""

    def item(self, request):
        states = self.states.get(request.path_params["item"], ["ok"])
        state = states.pop(0) if len(states) > 1 else states[0]
        return JSONResponse({"state": state} if self.answer is None else self.answer)

    def app(self):
        version = Route("/version", lambda _: JSONResponse({"version": self.build}))
        return Starlette(routes=[version, Route("/items/{item}", self.item), *self.more_routes])

    def environment(self, **more):
        system = {"url": self.url, "build": {"operation": "GET /version", "fields": ["version"]}}
        data = {"name": "shop", "kind": "test", "hosts": ["127.0.0.1"], "systems": {"shop": system}} | more
        (self.folder / "shop.yaml").write_text(json.dumps(data), encoding="utf-8")

    def suite(self, *rows, name="orders", area="api"):
        """A suite with a test for each row: its name, and an item whose state has to be ``ok``."""
        path = self.folder / "suites" / area / f"{name}.robot"
        path.parent.mkdir(parents=True, exist_ok=True)
        tests = [f"{title}\n    Get Response Field    GET /items/{item}    state    ==    ok\n" for title, item in rows]
        path.write_text(SUITE + "\n".join(tests), encoding="utf-8")
        return path


@contextlib.contextmanager
def shop(folder):
    """A shop that is served, with its environment file, for ``theodore test api --environment shop.yaml``."""
    made = Shop(folder)
    with serving(made.app()) as made.url:
        made.environment()
        yield made
