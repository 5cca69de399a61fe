"""What an installation lacks an extra for is answered 501 by the embedded sandbox, and by no system that may do so."""

import pytest
import services

from theodore_qa.systems.system import System


@pytest.mark.parametrize(
    ("status", "embedded", "found"),
    [(501, True, []), (501, False, [("POST /reports",)]), (500, True, [("POST /reports",)])],
)
def test_a_format_that_is_not_installed_is_no_failure(monkeypatch, status, embedded, found):
    def reports(_request):
        return services.JSONResponse({"message": "The format pdf needs reportlab"}, status)

    def items(_request):
        return services.JSONResponse({"items": []})

    rows = ["GET /items", {"operation": "POST /reports", "body": {"company": "Slack"}}]
    with services.serving(services.app(("GET", "/items", items), ("POST", "/reports", reports))) as url:
        shop = services.target(url, rows)
        monkeypatch.setattr(System, "embedded", embedded)
        scan = services.scanned(shop, "server-error", allow_changes=True)
    assert [finding.locations for finding in scan.findings] == found
    assert "POST /reports" in scan.coverage["server-error"].open
