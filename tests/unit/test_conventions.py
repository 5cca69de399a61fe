"""What holds for all keywords: unique names, documented arguments, an example that runs."""

import ast
import json
import os
import re
import subprocess
import sys
from collections import Counter
from itertools import pairwise
from pathlib import Path

import pytest
from imports import import_statements
from robot.libdoc import LibraryDocumentation

LIBRARIES = (
    "TheodoreLibrary",
    "ApiLibrary",
    "ChaosLibrary",
    "LoadLibrary",
    "PromptCraftLibrary",
    "SecurityLibrary",
    "QualityLibrary",
    "TestDataLibrary",
)
OTHERS = ("BuiltIn", "Collections", "RequestsLibrary")
ROOT = Path(__file__).resolve().parents[2]


def keywords(*libraries):
    return [(name, kw) for name in libraries for kw in LibraryDocumentation(name).keywords]


def test_names_are_unique_over_all_libraries():
    names = [kw.name.casefold().replace(" ", "") for _, kw in keywords(*LIBRARIES, *OTHERS)]
    assert sorted({name for name in names if names.count(name) > 1}) == []


@pytest.mark.parametrize("library", LIBRARIES)
def test_each_argument_is_documented_and_there_is_an_example(library):
    documented = [kw for _, kw in keywords(library)]
    assert documented
    assert [(kw.name, argument.name) for kw in documented for argument in kw.args if argument.name and not argument.doc] == []
    examples = {kw.name: kw.doc.partition("Example:")[2] for kw in documented}
    assert [name for name, example in examples.items() if name not in example] in ([], ["Follow Research"])


def modules():
    """All modules of libraries/ by name, each with its file."""
    folder = ROOT / "libraries"
    found = {}
    for path in folder.rglob("*.py"):
        parts = path.relative_to(folder).with_suffix("").parts
        found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


def imports(path, known):
    """The modules that a file imports, anywhere in it; ``from package import module`` imports the module."""
    for node, _ in import_statements(path):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif node.module:
            for alias in node.names:
                module = f"{node.module}.{alias.name}"
                yield module if module in known else node.module


def packages(name):
    """The packages that a module is in."""
    parts = name.split(".")
    return {".".join(parts[:length]) for length in range(1, len(parts))}


def import_graph(known):
    """What each module imports: inside functions and for types too, with the packages that are entered for it."""
    graph = {}
    for name, path in known.items():
        targets = set(imports(path, known))
        entered = set().union(*map(packages, targets)) - packages(name)
        graph[name] = sorted(((targets | entered) & known.keys()) - {name})
    return graph


def circle(graph):
    """The modules of one import circle, in order; nothing if there is none."""
    done, path = set(), []

    def walk(name):
        if name in path:
            return path[path.index(name) :]
        if name in done:
            return []
        path.append(name)
        found = next(filter(None, map(walk, graph[name])), [])
        path.pop()
        done.add(name)
        return found

    return next(filter(None, map(walk, graph)), [])


@pytest.mark.xdist_group("imports")
def test_there_are_no_import_circles():
    assert " imports ".join(circle(import_graph(modules()))) == ""


def test_a_circle_is_found_and_named():
    assert circle({"a": ["b"], "b": ["c", "d"], "c": [], "d": ["b"]}) == ["b", "d"]
    assert circle({"a": ["b"], "b": ["c"], "c": []}) == []


@pytest.mark.xdist_group("imports")
def test_ways_through_the_house_lead_downwards():
    wrong = []
    known = modules()
    for name, path in known.items():
        home = name.partition(".")[0]
        for module in imports(path, known):
            top = module.partition(".")[0]
            if top == "theodore_sandbox" and home != "theodore_sandbox":
                wrong.append(f"{path.name} imports the sandbox")
            if top == "theodore_chaos" and home != "theodore_chaos":
                wrong.append(f"{path.name} imports the chaos agent, which is a process of its own")
            if top in LIBRARIES and home != top:
                wrong.append(f"{path.name} imports {top}")
    assert wrong == []


@pytest.mark.xdist_group("imports")
def test_the_shared_core_stands_below_run_reports_and_command_line():
    above = ("run", "readiness", "pack", "history", "alerts", "report", "cli", "sensitivity")
    wrong = []
    known = modules()
    for name, path in known.items():
        room = name.split(".")[1] if name.startswith("theodore_qa.") else None
        own = above.index(room) + 1 if room in above else 0
        refused = {"cli": (), "sensitivity": ("readiness", "pack", "history", "alerts", "report", "cli")}.get(room, above[own:])
        refused = tuple(f"theodore_qa.{other}" for other in refused)
        targets = imports(path, known) if name.startswith("theodore_qa.") else ()
        wrong += [f"{name} imports {target}" for target in targets if target.startswith(refused)]
    assert wrong == []


def test_the_unit_tests_mirror_the_libraries():
    folders = {path.parent.relative_to(ROOT / "tests" / "unit") for path in (ROOT / "tests" / "unit").rglob("test_*.py")}
    assert sorted(str(folder) for folder in folders if not (ROOT / "libraries" / folder).is_dir()) == []


@pytest.mark.parametrize("part", ["unit", "scans", "acceptance"])
def test_no_two_files_of_a_part_have_one_name(part):
    """pytest imports them by their names, and those of one name cannot be collected together."""
    counted = Counter(path.name for path in (ROOT / "tests" / part).rglob("test_*.py"))
    assert sorted(name for name, count in counted.items() if count > 1) == []


HEAVY = (
    "RequestsLibrary",
    "requests",
    "httpx",
    "docker",
    "schemathesis",
    "jsonschema",
    "sslyze",
    "playwright",
    "numpy",
    "sqlalchemy",
    "pydantic",
    "cryptography",
    "yaml",
    "jwt",
    "ssl",
    "email",
    "asyncio",
    "http",
    "sqlite3",
    "statistics",
    "uuid",
    "xml",
)
# How many modules, beyond those of Robot itself and the keyword components, an import may bring: each takes time, the same on any
# machine. An engine that is named by ``from library import engine`` waits and does not count; see theodore_qa/deferring.py.
MOST_MODULES = {
    "TheodoreLibrary": 74,
    "ApiLibrary": 61,
    "ChaosLibrary": 57,
    "LoadLibrary": 70,
    "PromptCraftLibrary": 73,
    "SecurityLibrary": 57,
    "QualityLibrary": 65,
    "TestDataLibrary": 62,
    "theodore_qa.listener": 27,
}


# Imports each Library with nothing of ours loaded before, and lists the modules that were loaded then.
IMPORT_EACH = """\
import importlib, json, os, sys
import robot.running
there = set(sys.modules)
for name in sys.argv[1:]:
    if not os.fork():
        module = importlib.import_module(name)
        getattr(module, name, lambda: None)()
        loaded = sorted(name for name, module in sys.modules.items() if type(module).__name__ != "_Deferred")
        print(json.dumps([name, [name for name in loaded if name not in there]]), flush=True)
        os._exit(0)
    os.wait()
"""


@pytest.fixture(scope="module")
def brought():
    """The modules that the import of each Library brings, and that of the listener, which every run has."""
    environment = os.environ | {"PYTHONPATH": str(ROOT / "libraries")}
    done = subprocess.run(
        [sys.executable, "-c", IMPORT_EACH, *MOST_MODULES], env=environment, capture_output=True, text=True, check=True
    )
    return dict(map(json.loads, done.stdout.splitlines()))


def test_a_library_brings_no_other_and_nothing_heavy_when_it_is_imported(brought):
    packages = {name: {module.partition(".")[0] for module in modules} for name, modules in brought.items()}
    expected = {name: {name} & {*LIBRARIES} for name in MOST_MODULES}
    assert {name: {*LIBRARIES, *HEAVY} & found for name, found in packages.items()} == expected


@pytest.mark.parametrize("library", LIBRARIES)
def test_a_library_is_a_table_of_its_components(library):
    """An engine that it imports itself would be loaded before ``library.keywords`` lets engines wait."""
    path = ROOT / "libraries" / library / "__init__.py"
    assert {module for module in imports(path, {}) if not module.startswith((f"{library}.keywords.", "theodore_qa.library"))} == {"__future__"}


def test_a_library_leaves_its_engines_until_they_are_used(brought):
    counts = {name: sum(f"{name}.keywords." not in module for module in modules) for name, modules in brought.items()}
    assert {name: count for name, count in counts.items() if count > MOST_MODULES[name]} == {}


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
        if "__pycache__" not in path.parts and re.search(r"(^|[\s'\"(])/(work|home|root)/", path.read_text(encoding="utf-8"))
    ]
    assert found == []


def test_suites_are_called_by_names_of_their_own():
    """A proof, a rerun and `--suite` name a suite by its file alone."""
    suites = sorted(suite.stem for suite in (ROOT / "suites").rglob("*.robot") if suite.name != "__init__.robot")
    assert [name for name, following in pairwise(suites) if name == following] == []
