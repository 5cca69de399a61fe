"""Bodies that change what all objects of a service inherit, as a service in JavaScript would carry them out."""

import pytest
import services

PEOPLE = services.by_token("alice", "bob")


class Preferences:
    """Lays what is given over what there is; ``names`` are those through which it comes to what all objects inherit."""

    def __init__(self, *names, keeps=True):
        self.names, self.keeps, self.inherited = names, keeps, {}
        self.own = {name: {"units": "metric"} for name in services.SECRETS}
        self.app = services.app(("GET", "/preferences", self.show), ("PUT", "/preferences", self.change))

    def lay(self, target, source):
        for name, value in source.items():
            if isinstance(value, dict):
                inherited = (
                    self.inherited if name in self.names else {} if name in ("__proto__", "constructor") else target.get(name)
                )
                if isinstance(inherited, dict):
                    self.lay(inherited, self.unwrapped(name, value))
            elif self.keeps or name == "units":
                target[name] = value

    def unwrapped(self, name, value):
        inner = value.get("prototype")
        return inner if name == "constructor" and isinstance(inner, dict) else value

    def show(self, request):
        name = services.who(request)
        return services.JSONResponse(self.inherited | self.own[name] if name else {}, 200 if name else 401)

    async def change(self, request):
        name = services.who(request)
        if name is None:
            return services.JSONResponse({}, 401)
        self.lay(self.own[name], await request.json())
        return services.JSONResponse(self.inherited | self.own[name])


class Nested(Preferences):
    """Keeps what it is given as it is, names of its own language among it: nobody else has it."""

    def lay(self, target, source):
        target.update(source)


@pytest.mark.parametrize(
    ("service", "wrong"),
    [
        (Preferences("constructor"), True),
        (Preferences("__proto__"), True),
        (Preferences(), False),
        (Preferences("constructor", keeps=False), False),
        (Nested(), False),
    ],
    ids=["constructor", "proto", "fixed", "strict", "nested"],
)
def test_what_all_objects_inherit_is_changed_by_no_body(monkeypatch, service, wrong):
    for name in ("alice", "bob"):
        monkeypatch.setenv(f"TOKEN_{name.upper()}", services.SECRETS[name])
    rows = ["GET /preferences", {"operation": "PUT /preferences", "body": {"units": "metric"}}]
    with services.serving(service.app) as url:
        scan = services.scanned(services.target(url, rows, PEOPLE), "prototype-pollution", allow_changes=True, seed=3)
    observed = ["an object that it was not sent to has the property, as GET /preferences shows"] if wrong else []
    assert [finding.observed for finding in scan.findings] == observed, scan.coverage["prototype-pollution"]
    assert scan.coverage["prototype-pollution"].tried == {"PUT /preferences"}
    assert len([line for line in scan.sender.traces.left if "until the service is started anew" in line]) == (2 if wrong else 0)
    assert all(name.startswith("qa") for name in service.inherited)
