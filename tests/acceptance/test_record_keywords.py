"""Keywords for records: what a tester writes in five lines, pages of an API, and what is no pass."""

import pytest
import yaml
from serving import serving
from starlette.applications import Starlette
from starlette.responses import JSONResponse
from starlette.routing import Route

HEAD = "*** Settings ***\nLibrary    QualityLibrary\n\n*** Test Cases ***\n"


@pytest.fixture
def companies(tmp_path):
    file = tmp_path / "companies.csv"
    rows = "".join(f"{number},Company {number},{number * 3}\n" for number in range(1, 51))
    file.write_text(f"id,name,employees\n{rows}")
    (tmp_path / "empty.csv").write_text("id,name\n")
    (tmp_path / "half.jsonl").write_text('{"id": 1}\n{"id":')
    (tmp_path / "latin.csv").write_bytes("id,name\n1,Zürich\n".encode("latin-1"))
    return file


def verdicts(robot, rows, **options):
    text = HEAD + "".join(f"{name}\n" + "".join(f"    {step}\n" for step in steps) + "\n" for name, steps in rows.items())
    _, result = robot(text, **options)
    return {test.name: (test.status, test.message) for test in result.suite.tests}


def test_own_data_in_five_lines_and_what_is_no_pass(robot, companies):
    read = "${records} =    Read Records    companies.csv"
    found = verdicts(
        robot,
        {
            "Good": [
                read,
                "Records Should Be Complete    ${records}    name    employees",
                "Records Should Be Unique    ${records}    id",
                "Records Should Be Valid    ${records}    employees    minimum=3    maximum=150",
            ],
            "Reading": [read],
            "Bad": [read, "Records Should Be Valid    ${records}    employees    minimum=10"],
            "Column": [read, "Records Should Be Complete    ${records}    nam"],
            "Empty": ["${records} =    Read Records    empty.csv", "Records Should Be Complete    ${records}    name"],
            "Missing": ["Read Records    companies2.csv"],
            "Half": ["Read Records    half.jsonl"],
            "Latin": ["Read Records    latin.csv"],
            "Count": ["Read Records    companies.csv    count=51"],
            "Literal": [
                "VAR    &{record}    name=Stripe",
                "VAR    @{list}    ${record}",
                read,
                "Records Should Be Complete    ${list}    name",
            ],
            "Itself": [
                read,
                "${profile} =    Profile Of Records    ${records}    ${OUTPUT DIR}/profiles/companies.json",
                "Records Should Not Have Drifted    ${records}    ${profile}    at_most=5",
            ],
            "Own Column": [read, "Records Should Refer To    ${records}    id    ${records}    id"],
            "Few": [
                "${profile} =    Profile Of Records    ${{[{'id': 1}]}}    ${OUTPUT DIR}/profiles/few.json",
            ],
            "Later": [
                "VAR    &{types}    employees=integer",
                "${records} =    Read Records    companies.csv    types=${types}",
                "${profile} =    Profile Of Records    ${records}    ${OUTPUT DIR}/profiles/later.json    employees",
                "${later} =    Read Records    companies.csv    types=${types}",
                "Records Should Not Have Drifted    ${later}    ${profile}    at_most=2",
            ],
            "Nothing": [read, "Records Should Be Valid    ${records}    name"],
            "Misspelt": [read, "Records Should Be Complete    ${records}    name    atleast=0.5"],
        },
    )
    assert found["Good"] == ("PASS", "")
    assert {name for name, (status, _) in found.items() if status == "PASS"} == {"Good", "Later"}
    for name, message in {
        "Reading": "Nothing was observed: the test ended without a single check",
        "Bad": "records.validity.employees of companies.csv: expected employees at least 10 in all records, observed 3 of 50 records "
        "fail: record 1 (line 2) has '3'; record 2 (line 3) has '6'; record 3 (line 4) has '9'.",
        "Column": "records.columns of companies.csv: expected the columns nam, observed no nam (did you mean name?) among id, name, employees.",
        "Empty": "NOT EVALUATED: records.completeness of empty.csv: expected filled values, observed 0 records in empty.csv.",
        "Missing": "The file companies2.csv is not there; no records were read.",
        "Half": "Line 2 of half.jsonl is no whole JSON (column 7): Expecting value.",
        "Latin": "Line 2 of latin.csv is not text in utf-8 (byte 4 is 0xfc): name its encoding, such as encoding=latin-1.",
        "Count": "companies.csv holds 50 records, expected 51: it may be half of what it should be.",
        "Itself": "The profile companies.json was made of these very records, so that the comparison could hardly fail",
        "Own Column": "The column id is compared with itself, which could not fail",
        "Few": "NOT EVALUATED: records.observed",
        "Literal": "NOT EVALUATED: records.observed",
        "Nothing": "Nothing is asked of 'name': give a rule such as minimum=, or its type in Read Records.",
        "Misspelt": "atleast",
    }.items():
        assert found[name][1].startswith(message) or message in found[name][1], (name, found[name])


def paged(tmp_path, url):
    file = tmp_path / "shop.yaml"
    shop = {"url": url, "operations": ["GET /orders", "GET /broken", "GET /same"]}
    file.write_text(yaml.safe_dump({"name": "shop", "kind": "test", "hosts": ["127.0.0.1"], "systems": {"shop": shop}}))
    return {"THEODORE_ENVIRONMENT": str(file)}


def test_pages_of_an_api_are_read_to_the_last_or_not_at_all(robot, tmp_path):
    orders = [{"id": number, "customer": {"id": number % 7}, "note": "é" * number} for number in range(1, 26)]

    async def page(request):
        number = int(request.query_params["page"])
        return JSONResponse({"data": {"items": orders[(number - 1) * 10 : number * 10]}, "total": len(orders)})

    async def broken(request):
        failed = request.query_params["page"] == "2"
        return JSONResponse({"error": "down"}, 500) if failed else JSONResponse({"data": {"items": orders[:10]}, "total": 25})

    async def same(request):
        return JSONResponse({"data": {"items": orders[:10]}, "total": 26})

    app = Starlette(routes=[Route("/orders", page), Route("/broken", broken), Route("/same", same)])
    read = "${records} =    Read Records From API    GET /%s    items=data.items    total=total"
    check = "Records Should Be Unique    ${records}    id"
    rows = {name: [read % name.lower(), check] for name in ("Orders", "Broken", "Same")}
    rows["Untold"] = ["${records} =    Read Records From API    GET /orders    items=data.items", check]
    rows["Elsewhere"] = ["${records} =    Read Records From API    GET /orders    items=rows", check]
    rows["Many"] = ["${records} =    Read Records From API    GET /orders    items=data.items    most_pages=2", check]
    with serving(app) as url:
        found = verdicts(robot, rows, env=paged(tmp_path, url))
    assert found["Orders"] == found["Untold"] == ("PASS", ""), found
    for name, message in {
        "Broken": "Page 2 of GET /broken was answered 500",
        "Same": "Page 2 of GET /same repeats the page before it: the parameter page seems to have no effect.",
        "Elsewhere": "Page 1 of GET /orders has no list of records at 'rows': name its place by items=.",
        "Many": "GET /orders has more than 2 pages: it was not read to its end; raise most_pages.",
    }.items():
        assert message in found[name][1], found[name]


def test_a_system_that_does_not_answer_has_no_records(robot, tmp_path):
    with serving(Starlette()) as url:
        pass
    rows = {"Closed": ["${records} =    Read Records From API    GET /orders", "Records Should Be Unique    ${records}    id"]}
    status, message = verdicts(robot, rows, env=paged(tmp_path, url))["Closed"]
    assert status == "FAIL"
    assert "/orders" in message
