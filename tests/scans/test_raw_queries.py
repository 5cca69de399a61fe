"""A server that decodes what is encoded in a query, and takes a plus for a plus: blanks reach it as blanks all the same."""

from urllib.parse import unquote

import pytest
import services


@pytest.mark.parametrize("weak", [True, False])
def test_a_blank_in_a_query_is_no_plus(weak):
    database = services._database()

    def page(request):
        text = unquote(request.scope["query_string"].decode("latin-1")).removeprefix("id=")
        try:
            rows = database.execute(f"SELECT name FROM items WHERE id={text if weak else int(text)}").fetchall()
        except (services.sqlite3.Error, ValueError):
            return services.HTMLResponse("<p>not found</p>", 404)
        return services.HTMLResponse(f"<table>{''.join(f'<tr><td>{name}</td></tr>' for (name,) in rows)}</table>")

    with services.serving(services.app(("GET", "/items", page))) as url:
        rows = [{"operation": "GET /items", "query": {"id": 2}}]
        scan = services.scanned(services.target(url, rows), "sql-injection")
    assert [finding.location for finding in scan.findings] == (["GET /items query id"] if weak else [])
    assert "GET /items query id" in scan.coverage["sql-injection"].tried or not weak
