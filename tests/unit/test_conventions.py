"""What holds for all keywords: unique names, documented arguments, an example that runs."""

import ast
import re
from pathlib import Path

import pytest
from robot.libdoc import LibraryDocumentation

LIBRARIES = ("TheodoreLibrary", "ApiLibrary", "ChaosLibrary", "SecurityLibrary", "QualityLibrary", "TestDataLibrary")
OTHERS = ("BuiltIn", "Collections", "RequestsLibrary")
ROOT = Path(__file__).resolve().parents[2]


def keywords(*libraries):
    return [(name, kw) for name in libraries for kw in LibraryDocumentation(name).keywords]


def test_names_are_unique_over_all_libraries():
    names = [kw.name.casefold().replace(" ", "") for _, kw in keywords(*LIBRARIES, *OTHERS)]
    assert sorted({name for name in names if names.count(name) > 1}) == []


@pytest.mark.parametrize(("library", "kw"), keywords(*LIBRARIES), ids=lambda value: getattr(value, "name", value))
def test_each_argument_is_documented_and_there_is_an_example(library, kw):
    assert [argument.name for argument in kw.args if argument.name and not argument.doc] == []
    assert "Example:" in kw.doc
    assert kw.name in kw.doc.partition("Example:")[2] or kw.name == "Follow Research"


def imports(path):
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module


def test_ways_through_the_house_lead_downwards():
    wrong = []
    for path in (ROOT / "libraries").rglob("*.py"):
        home = path.relative_to(ROOT / "libraries").parts[0]
        for module in imports(path):
            top = module.partition(".")[0]
            if top == "theodore_sandbox" and home != "theodore_sandbox":
                wrong.append(f"{path.name} imports the sandbox")
            if top == "theodore_chaos" and home != "theodore_chaos":
                wrong.append(f"{path.name} imports the chaos agent, which is a process of its own")
            if top in LIBRARIES and home != top:
                wrong.append(f"{path.name} imports {top}")
    assert wrong == []


def test_no_path_of_a_machine_stands_in_the_tree():
    texts = [
        path
        for folder in ("libraries", "suites", "resources", "variables", "docs")
        for path in (ROOT / folder).rglob("*")
        if path.is_file()
    ]
    found = [
        path.name
        for path in texts
        if path.suffix != ".pyc" and re.search(r"(^|[\s'\"(])/(work|home|root)/", path.read_text(encoding="utf-8"))
    ]
    assert found == []
