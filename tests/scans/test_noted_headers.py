"""Headers that a system notes down in its database, as parts of a statement or as parameters."""

import sqlite3
import threading

import pytest
import services


@pytest.mark.parametrize("weak", [True, False])
def test_a_header_that_is_noted_down(weak):
    database, turn = sqlite3.connect(":memory:", check_same_thread=False), threading.Lock()
    database.execute("CREATE TABLE visits(agent TEXT)")

    def visit(request):
        agent = request.headers.get("user-agent", "")
        with turn:
            if weak:
                database.execute(f"INSERT INTO visits VALUES ('{agent}')")
            else:
                database.execute("INSERT INTO visits VALUES (?)", (agent,))
        return services.JSONResponse({"open": True})

    with services.serving(services.app(("GET", "/hours", visit))) as url:
        scan = services.scanned(services.target(url, ["GET /hours"]), "sql-injection")
    assert [finding.location for finding in scan.findings] == ["GET /hours header User-Agent"] * weak
    assert "GET /hours header User-Agent" in scan.coverage["sql-injection"].tried
