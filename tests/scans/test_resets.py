"""What makes all data of a system anew, by its name, is never sent, although it only seems to read."""

import pytest
import services

from SecurityLibrary.description import operations


@pytest.mark.parametrize(
    ("path", "resets"),
    [
        ("/createdb", True),
        ("/api/v1/reset-database", True),
        ("/init_db/", True),
        ("/populate", True),
        ("/start_over", True),
        ("/admin/seed-data", True),
        ("/load-fixtures", True),
        ("/users/register", False),
        ("/reset-password", False),
        ("/orders/seeds", False),
        ("/create", False),
        ("/restore/{id}/data", False),
        ("/data", False),
        ("/download-data", False),
        ("/build-tables-of-contents", False),
    ],
)
def test_what_resets_by_its_name(path, resets):
    assert operations.from_table(f"GET {path}").resets is resets


def test_a_reset_is_never_sent():
    sent = []

    def answer(request):
        sent.append(request.url.path)
        return services.JSONResponse({"message": "done"})

    app = services.app(("GET", "/createdb", answer), ("GET", "/items", answer))
    with services.serving(app) as url:
        scan = services.scanned(services.target(url, ["GET /createdb", "GET /items"]), "sql-injection", "security-headers")
    assert "/items" in sent
    assert "/createdb" not in sent
    reason = "by its name it makes or empties all data anew: a scan never sends it"
    assert scan.coverage["security-headers"].open == {"GET /createdb": reason}
