"""A platform whose database is locked, on PostgreSQL and in a SQLite file: it says so, and works on afterwards."""

import pytest
import yaml

from theodore_qa import sandbox

SUITE = """\
*** Settings ***
Library    ApiLibrary
Library    ChaosLibrary
Library    PromptCraftLibrary
Library    TestDataLibrary

*** Test Cases ***
Everything
    Request Should Be Answered    GET    /api/v4/sessions    200    identity=admin    system=promptcraft
    ${fault} =    Lock Database    system=promptcraft
    Platform Health Should Tell Of Outage    database    identity=admin
    Undo Fault    ${fault}
    Fault Should Have Touched    ${fault}
    Platform Health Should Tell    healthy    database    healthy    identity=admin

Writes
    Request Should Be Answered    GET    /api/v4/sessions    200    identity=admin    system=promptcraft
    ${fault} =    Lock Database    writes    system=promptcraft
    Request Should Be Answered    GET    /api/v4/sessions    200    identity=admin    system=promptcraft
    Undo Fault    ${fault}
    Fault Should Have Touched    ${fault}

Figures
    ${executions} =    Generate Executions    200    seed=7
    Store Executions    ${executions}    identity=admin
    ${insights} =    Get Insights    identity=admin
    Figures Should Be Right    ${insights}    summary
"""


def verdicts(result):
    return {test.name: test.message for test in result.suite.tests if test.status != "PASS"}


def test_a_locked_file_is_said(robot):
    _, result = robot(SUITE)
    assert verdicts(result) == {}


@pytest.mark.needs("postgresql")
@pytest.mark.parametrize(
    ("defects", "expected"),
    [
        ("", {}),
        (
            "health-without-its-stores",
            {
                "Everything": "health.outage of database: expected status 503, or 200 with another health than healthy, of the platform "
                "and of database, observed status 200 with healthy, database healthy."
            },
        ),
    ],
)
def test_locked_tables_are_said(robot, postgresql, defects, expected):
    _, result = robot(SUITE, env={sandbox.DATABASE_VARIABLE: postgresql, "THEODORE_SANDBOX_DEFECTS": defects})
    assert verdicts(result) == expected


def test_a_password_in_the_address_of_a_store_is_not_kept(robot, tmp_path):
    system = {"url": "http://127.0.0.1:1", "stores": ["postgresql://shop:guessed-word-71@127.0.0.1:1/shop"]}
    data = {"name": "shop", "kind": "test", "hosts": ["127.0.0.1"], "allow": {"chaos": True}, "default": "shop", "systems": {"shop": system}}
    file = tmp_path / "shop.yaml"
    file.write_text(yaml.safe_dump(data))
    text = "*** Settings ***\nLibrary    ChaosLibrary\n\n*** Test Cases ***\nLocked\n    Lock Database\n"
    _, result = robot(text, env={"THEODORE_ENVIRONMENT": str(file)})
    assert result.suite.tests[0].message == (
        "NOT EVALUATED: the store of the system shop is named with its password, which the journal of faults would keep: set PGPASSWORD."
    )
