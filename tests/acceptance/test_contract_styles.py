"""The shipped contract rewritten in legal styles gives the same verdicts: what is right passes, what is wrong is named alike."""

import copy
import json
import os
import subprocess

import pytest
import robot_runs
import yaml

from theodore_qa import paths
from theodore_qa.systems import environment

CONTRACT = paths.shipped("contracts") / "theodore-v2.openapi.yaml"
METHODS = ("get", "put", "post", "delete", "patch")


def operations(document):
    for path, item in document["paths"].items():
        for method in METHODS:
            if method in item:
                yield path, item, item[method]


def path_level_parameters(document):
    for _, item, operation in operations(document):
        shared = [parameter for parameter in operation.get("parameters", []) if parameter.get("in") == "path"]
        if shared:
            item["parameters"] = shared
            operation["parameters"] = [parameter for parameter in operation["parameters"] if parameter not in shared]


def unquoted_codes(document):
    for _, _, operation in operations(document):
        operation["responses"] = {int(code): response for code, response in operation["responses"].items()}


def ranges(document):
    for _, _, operation in operations(document):
        if "200" in operation["responses"]:
            operation["responses"]["2XX"] = operation["responses"].pop("200")


def default_responses(document):
    for _, _, operation in operations(document):
        if "200" in operation["responses"]:
            operation["responses"]["default"] = operation["responses"].pop("200")


def words_beside_the_methods(document):
    document["paths"]["x-owner"] = "the team"
    for item in document["paths"].values():
        if isinstance(item, dict):
            item |= {"summary": "text", "description": "text", "x-stage": "beta"}


def paths_in_full(document):
    document.pop("servers")
    document["paths"] = {
        path if "servers" in item else f"/api/v2{path}": {key: value for key, value in item.items() if key != "servers"}
        for path, item in document["paths"].items()
    }


def server_variables(document):
    version = {"default": "v2", "enum": ["v1", "v2"]}
    document["servers"] = [
        {"url": "https://{host}/api/{version}", "variables": {"host": {"default": "a.example"}, "version": version}}
    ]


def media_ranges(document):
    for _, _, operation in operations(document):
        for response in operation["responses"].values():
            content = response.get("content", {})
            if "application/json" in content:
                content["application/*"] = content.pop("application/json")


def items_by_reference(document):
    document["components"]["pathItems"] = {str(number): item for number, item in enumerate(document["paths"].values())}
    document["paths"] = {path: {"$ref": f"#/components/pathItems/{number}"} for number, path in enumerate(document["paths"])}


def in_3_0(document):
    document["openapi"] = "3.0.3"
    pending = [document]
    while pending:
        node = pending.pop()
        if isinstance(node, dict):
            kinds = node.get("type")
            if isinstance(kinds, list) and "null" in kinds and len(kinds) == 2:
                node |= {"type": next(kind for kind in kinds if kind != "null"), "nullable": True}
            if "const" in node and not isinstance(node["const"], dict):
                node["enum"] = [node.pop("const")]
            if isinstance(node.get("exclusiveMinimum"), int | float):
                node |= {"minimum": node["exclusiveMinimum"], "exclusiveMinimum": True}
        pending += list(node.values()) if isinstance(node, dict) else node if isinstance(node, list) else []


STYLES = (
    path_level_parameters, unquoted_codes, ranges, default_responses, words_beside_the_methods, paths_in_full, server_variables,
    media_ranges, items_by_reference, in_3_0,
)  # fmt: skip
ROWS = (
    "Request Should Be Answered    GET    /auth/profile    200",
    "Request Should Be Answered    GET    /health    200    identity=NOBODY",
    "Request Should Be Answered    GET    /plugins?limit=2    200",
    "Request Should Be Answered    GET    /ping    200",
    "Request Should Be Answered    GET    /research/unknown    404",
    "Request Should Be Answered    POST    /research    422    {}",
)


@pytest.fixture(scope="module")
def verdicts(tmp_path_factory):
    """The messages of each row by style, on the contract as it is and with a field too many that is required."""

    folder = tmp_path_factory.mktemp("styles")
    patch = pytest.MonkeyPatch()
    theodore = environment.load(paths.shipped("variables") / "sandbox.yaml").system("theodore")
    for identity in theodore.identities.values():
        patch.setenv(identity.password_env, f"password of {identity.name} 7")
    running = theodore.new_sandbox()
    systems, rows = {}, []
    for wrong in (False, True):
        for style in (None, *STYLES):
            document = copy.deepcopy(yaml.safe_load(CONTRACT.read_text(encoding="utf-8")))
            if wrong:
                document["components"]["schemas"]["HealthResponse"]["required"].append("mood")
            if style:
                style(document)
            name = f"{style.__name__ if style else 'as_it_is'}{'-wrong' * wrong}"
            file = folder / (f"{name}.json" if style is ranges else f"{name}.yaml")
            file.write_text(json.dumps(document) if style is ranges else yaml.safe_dump(document, sort_keys=False))
            entry = {"extends": "theodore.system.yaml", "url": running.urls["api"], "contract": file.name}
            users = {"analyst": {"username": "analyst@example.test", "password_env": "THEODORE_ANALYST_PASSWORD"}}
            systems[name] = entry | {"identities": users}
            rows += [f"{name} {number}\n    {row}    system={name}\n" for number, row in enumerate(ROWS)]
    (folder / "styles.yaml").write_text(yaml.safe_dump({"name": "styles", "kind": "test", "systems": systems}))
    suite = folder / "styles.robot"
    suite.write_text("*** Settings ***\nLibrary    ApiLibrary\n\n*** Test Cases ***\n" + "".join(rows))
    patch.setenv("THEODORE_ENVIRONMENT", str(folder / "styles.yaml"))
    try:
        command = robot_runs.command(folder / "out", suite)
        subprocess.run(command, env=dict(os.environ), capture_output=True, check=False, timeout=900)
    finally:
        patch.undo()
        running.stop()
    return robot_runs.outcomes(folder / "out")


def row_of(verdicts, name):
    return [verdicts[f"{name} {number}"] for number in range(len(ROWS))]


def test_the_contract_as_it_is_decides(verdicts):
    assert row_of(verdicts, "as_it_is") == [("PASS", "")] * len(ROWS)
    wrong = row_of(verdicts, "as_it_is-wrong")
    assert [status for status, _ in wrong] == ["PASS", "FAIL", "PASS", "PASS", "PASS", "PASS"]
    assert "GET /api/v2/health: the answer lacks mood" in wrong[1][1]


@pytest.mark.xdist_group("contract_styles")
@pytest.mark.parametrize("style", STYLES, ids=lambda style: style.__name__)
def test_a_legal_style_changes_no_verdict(verdicts, style):
    assert row_of(verdicts, style.__name__) == row_of(verdicts, "as_it_is")
    assert row_of(verdicts, f"{style.__name__}-wrong") == row_of(verdicts, "as_it_is-wrong")
