"""What the artefacts of an agent have to be, each rule with what keeps and what breaks it."""

import copy

import pytest

from PromptCraftLibrary.agents import rules

MANIFEST = {
    "apiVersion": "mcp.promptcraft.io/v1",
    "kind": "MCPServer",
    "metadata": {"name": "agent-a_b", "version": "1.0.0", "organization": "auto-generated", "created_at": "2026-01-01T00:00:00Z"},
    "spec": {
        "image": "localhost:5000/agent-a_b:latest",
        "port": 8000,
        "capabilities": [{"name": "scan", "endpoint": "/api/v1/scan", "method": "POST"}],
        "healthCheck": {"path": "/health", "intervalSeconds": 30, "timeoutSeconds": 5},
    },
}
DOCKERFILE = """\
FROM python:3.11-slim
USER agent
EXPOSE 8000
HEALTHCHECK --interval=30s \\
    CMD curl -f http://localhost:8000/health
"""


@pytest.mark.parametrize(
    ("name", "expected"),
    [("code_review", "CodeReviewAgent"), ("test_security_agent", "TestSecurityAgent"), ("agent", "Agent"), ("x2_y", "X2YAgent")],
)
def test_a_class_ends_with_agent_once(name, expected):
    assert rules.class_of(name) == expected


def test_classes_of_what_is_no_python_are_none():
    assert rules.classes_in("class A:\n    pass\n") == ["A"]
    assert rules.classes_in("class") == []


def test_requirements_are_compared_without_comments_and_blanks():
    text = "# packages\npydantic >= 2.0.0  # models\n\nbandit>=1.7.0\n"
    assert rules.requirements_in(text) == {"pydantic>=2.0.0", "bandit>=1.7.0"}
    assert rules.requirements_of("security") - rules.requirements_of("testing") == {"bandit>=1.7.0", "safety>=2.0.0"}


@pytest.mark.parametrize(
    ("rule", "broken"),
    [
        ("base", ("python:3.11-slim", "python:3.11")),
        ("user", ("USER agent", "USER root")),
        ("health", (":8000/health", ":8000/")),
        ("port", ("EXPOSE 8000", "EXPOSE 80")),
    ],
)
def test_a_dockerfile_keeps_a_rule_or_breaks_it(rule, broken):
    assert rules.follows(DOCKERFILE, rule)
    assert not rules.follows(DOCKERFILE.replace(*broken), rule)


def test_the_last_user_runs_the_container():
    assert rules.users_in(DOCKERFILE + "USER root\n") == ["agent", "root"]


def test_a_manifest_is_valid_by_its_schema():
    assert rules.wrong_with_manifest(MANIFEST) == []


@pytest.mark.parametrize(
    ("path", "value", "sentence"),
    [
        (("kind",), "Server", "kind: 'MCPServer' was expected"),
        (("metadata", "name"), "a_b", "metadata.name: 'a_b' does not match"),
        (("spec", "port"), "8000", "spec.port: '8000' is not of type 'integer'"),
        (("spec", "capabilities"), [], "spec.capabilities: [] should be non-empty"),
        (("spec", "capabilities", 0, "method"), "DO", "spec.capabilities.0.method: 'DO' is not one of"),
        (("spec", "healthCheck", "path"), "/", "spec.healthCheck.path: '/health' was expected"),
    ],
)
def test_what_is_wrong_with_a_manifest_is_named(path, value, sentence):
    manifest = copy.deepcopy(MANIFEST)
    place = manifest
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = value
    (found,) = rules.wrong_with_manifest(manifest)
    assert found.startswith(sentence)


def test_no_manifest_is_wrong():
    assert rules.wrong_with_manifest(None) == ["the manifest: None is not of type 'object'"]


TOOL = {"name": "scan", "description": "Scans", "inputSchema": {"type": "object"}}


@pytest.mark.parametrize(
    ("tools", "found"),
    [
        ([TOOL], []),
        ([], ["there are no tools"]),
        (None, ["there are no tools"]),
        ([TOOL | {"inputSchema": None}], ["scan has no inputSchema of type object"]),
        ([TOOL, TOOL], ["scan is there 2 times"]),
        ([TOOL | {"name": ""}], ["tool 1 has no name"]),
        ([TOOL | {"description": ""}], ["scan has no description"]),
        (["scan"], ["tool 1 has no name", "tool 1 has no inputSchema of type object", "tool 1 has no description"]),
    ],
)
def test_what_is_wrong_with_tools_is_named(tools, found):
    assert rules.wrong_with_tools(tools) == found
