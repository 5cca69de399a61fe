"""Templates that one operation keeps and another one, which is no GET, fills in: below it, or where a body or query names it."""

import itertools

import jinja2
import pytest
import services


def letters(*, weak, used):
    """Layouts of letters; ``used`` says which operation makes a letter of one."""
    layouts, numbers = {}, itertools.count(40)

    async def keep(request):
        number = int(request.path_params.get("layout", 0)) or next(numbers)
        layouts[number] = str((await request.json())["text"])
        return services.JSONResponse({"id": number}, 201)

    def written(number, name):
        text = layouts.get(int(number))
        if text is None:
            return services.JSONResponse({"error": "there is no such layout"}, 404)
        try:
            letter = jinja2.Template(text).render(name=name) if weak else text.replace("{{ name }}", name)
        except jinja2.TemplateError:
            return services.JSONResponse({"error": "it cannot be filled in"}, 422)
        return services.JSONResponse({"letter": {"text": letter}})

    async def fill_in(request):
        return written(request.path_params["layout"], str((await request.json())["name"]))

    async def write(request):
        given = await request.json() if request.method == "POST" else request.query_params
        return written(given["layoutId"], "Pat")

    ways = {
        "below": ("POST", "/layouts/{layout}/proof", fill_in),
        "body": ("POST", "/letters", write),
        "query": ("GET", "/letters", write),
    }
    layouts[7] = "Dear {{ name }}"
    return services.app(("POST", "/layouts", keep), ("PUT", "/layouts/{layout}", keep), ways[used])


ROWS = {
    "below": {"operation": "POST /layouts/{layout}/proof", "body": {"name": "Pat"}, "public": True},
    "body": {"operation": "POST /letters", "body": {"layoutId": 7}, "public": True},
    "query": {"operation": "GET /letters?layoutId=7", "public": True},
}


@pytest.mark.parametrize("used", ["below", "body", "query"])
@pytest.mark.parametrize("weak", [True, False])
def test_a_template_is_carried_out_by_what_uses_it(used, weak):
    rows = [{"operation": "POST /layouts", "body": {"text": "Dear {{ name }}"}, "public": True}, ROWS[used]]
    with services.serving(letters(weak=weak, used=used)) as url:
        scan = services.scanned(services.target(url, rows), "template-injection", allow_changes=True)
    label = str(ROWS[used]["operation"]).partition("?")[0]
    observed = [f"an expression in the value is computed, as {label} shows"] if weak else []
    assert [finding.observed for finding in scan.findings] == observed, scan.coverage["template-injection"]
    assert "POST /layouts body text" in scan.coverage["template-injection"].tried


def test_a_template_that_is_put_anew_is_carried_out_by_what_uses_it():
    rows = [
        {"operation": "POST /layouts", "body": {"text": "Hello"}, "public": True},
        {"operation": "PUT /layouts/{layout}", "body": {"text": "Dear {{ name }}"}, "public": True},
        ROWS["below"],
    ]
    with services.serving(letters(weak=True, used="below")) as url:
        scan = services.scanned(services.target(url, rows), "template-injection", allow_changes=True)
    assert "PUT /layouts/{layout} body text" in {place for finding in scan.findings for place in finding.locations}
