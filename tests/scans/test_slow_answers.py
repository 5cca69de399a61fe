"""A service whose answers take long is scanned with more requests side by side; a quick one as ever."""

import threading
import time

import pytest
import services

from SecurityLibrary import scan as scans


class Slow:
    """Answers after a while, and counts how many requests it has at once; ``open`` serves anybody."""

    def __init__(self, pause, *wrong):
        self.pause, self.wrong, self.busy, self.most = pause, wrong, 0, 0
        self.lock = threading.Lock()
        paths = [f"/items/{name}" for name in "abcdefghijkl"]
        self.app = services.app(*(("GET", path, self.items) for path in paths))
        self.rows = [f"GET {path}" for path in paths]

    def items(self, request):
        with self.lock:
            self.busy += 1
            self.most = max(self.most, self.busy)
        time.sleep(self.pause)
        with self.lock:
            self.busy -= 1
        if services.who(request) is None and "open" not in self.wrong:
            return services.JSONResponse({"error": "sign in"}, 401)
        return services.JSONResponse({"items": [], "path": request.url.path})


@pytest.mark.parametrize("wrong", [("open",), ()])
@pytest.mark.parametrize("pause", [0.02, 0.0])
def test_it_finds_the_same_with_several_requests_at_once(monkeypatch, pause, wrong):
    monkeypatch.setenv("TOKEN_ALICE", services.SECRETS["alice"])
    monkeypatch.setattr(scans, "QUICK", 0.005 if pause else 60)
    service = Slow(pause, *wrong)
    with services.serving(service.app) as url:
        target = services.target(url, service.rows, services.by_token("alice"))
        scan = services.scanned(target, "missing-authentication", "host-header")
    found = {location for finding in scan.findings for location in finding.locations if finding.probe == "missing-authentication"}
    assert found == (set(service.rows) if wrong else set())
    assert scan.coverage["missing-authentication"].tried == set(service.rows)
    assert (service.most > 1) is bool(pause)
    assert scan.stopped == ""
