"""What the factory makes of a specification: files, a repository, and an agent whose own tests pass."""

import json
import subprocess
import sys

import pytest
from pydantic import ValidationError

from PromptCraftLibrary.agents import rules
from theodore_sandbox.promptcraft.factory import artefacts, manifests, repository
from theodore_sandbox.promptcraft.factory.spec import AgentSpec, class_name, DeploymentConfig

SPEC = AgentSpec(
    name="test_security_agent",
    display_name="Test Security Agent",
    description="Test agent for security analysis",
    domain="security",
    keywords=["security"],
    capabilities=["code_scanning", "vulnerability_detection"],
    knowledge_sources=[{"type": "markdown", "source": "knowledge/getting-started.md"}],
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    place = tmp_path_factory.mktemp("agents") / "agent-test_security_agent"
    repository.create(place, artefacts.generate(SPEC), "Initial commit for Test Security Agent agent")
    return place


def test_the_agents_own_tests_pass_without_any_package(folder):
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-m", "unittest", "discover", "-s", "tests"],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "Ran 3 tests" in done.stderr


def test_knowledge_is_ingested(folder):
    subprocess.run([sys.executable, "-I", "scripts/ingest_knowledge.py"], cwd=folder, check=True, capture_output=True)
    (document,) = json.loads((folder / "knowledge" / "index.json").read_text())
    assert document["source"] == "knowledge/getting-started.md"
    assert "Test Security Agent" in document["text"]


def test_the_history_has_one_commit(folder):
    log = subprocess.run(["git", "log", "--format=%s|%an"], cwd=folder, capture_output=True, text=True, check=True)
    assert log.stdout == "Initial commit for Test Security Agent agent|PromptCraft Agent Factory\n"


def test_the_manifest_is_valid_by_the_librarys_schema():
    assert rules.wrong_with_manifest(manifests.manifest(SPEC, DeploymentConfig())) == []


def test_the_class_is_named_alike_by_both_sides():
    for name in ("test_security_agent", "code_review", "agent"):
        assert class_name(name) == rules.class_of(name)


@pytest.mark.parametrize(
    "change",
    [{"name": "Test"}, {"name": "a__b"}, {"display_name": 'a"b'}, {"description": "a\nb"}, {"capabilities": []}, {"x": 1}],
)
def test_a_specification_that_would_break_the_code_is_refused(change):
    with pytest.raises(ValidationError):
        AgentSpec(**{**SPEC.model_dump(), **change})
