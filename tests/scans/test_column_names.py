"""A search whose path names a column: the example is none, and the properties of listed objects are."""

import pytest
import services


@pytest.mark.parametrize("weak", [True, False])
def test_a_column_of_a_search(weak):
    database = services._database()

    def search(request):
        column, text = request.path_params["filter"], request.path_params["query"]
        try:
            if weak:
                rows = database.execute(f"SELECT * FROM items WHERE {column} = '{text}'").fetchall()
            elif column in ("id", "name"):
                rows = database.execute(f"SELECT * FROM items WHERE {column} = ?", (text,)).fetchall()
            else:
                return services.JSONResponse({"error": "no such column"}, 400)
        except services.sqlite3.Error:
            return services.PlainTextResponse("the query failed", 501)
        return services.JSONResponse([{"id": row[0], "name": row[1]} for row in rows])

    items = services.JSONResponse([{"id": 1, "name": "pen"}, {"id": 2, "name": "pencil"}])
    app = services.app(("GET", "/items", lambda _: items), ("GET", "/search/{filter}/{query}", search))
    with services.serving(app) as url:
        rows = ["GET /items", "GET /search/{filter}/{query}"]
        scan = services.scanned(services.target(url, rows), "sql-injection")
    place = "GET /search/{filter}/{query} path query"
    assert place in scan.coverage["sql-injection"].tried, scan.coverage["sql-injection"].skipped
    assert [finding.location for finding in scan.findings] == ([place] if weak else [])
