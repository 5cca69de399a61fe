"""All that is imported comes with a plain installation, or is demanded of an extra by the one shared function."""

import ast
import re
import sys
import tomllib
from importlib import metadata
from pathlib import Path

import pytest
from imports import import_statements

from theodore_qa import extras
from theodore_qa.errors import NotEvaluatedError

ROOT = Path(__file__).resolve().parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
OPTIONAL = {"uvloop"}  # it makes the fault proxy faster; without it nothing is lacking
EXPLAINED = {
    # What mutates the sandbox is imported by cli/sensitivity.py, after it has demanded cosmic-ray, mutmut and coverage.
    *(f"candidates.py imports {module}" for module in ("cosmic_ray", "libcst", "mutmut")),
    *(f"operators.py imports {module}" for module in ("cosmic_ray", "parso")),
    "reach.py imports coverage",
    "artefacts.py imports hdrh",  # its results come from engine.py, which demands it
    "certificates.py imports cryptography",  # without it the sandbox has no TLS port
    "companies.py imports openpyxl",  # the command says what to install
    "container_usage.py imports docker",  # where the SDK is lacking its figures say so, with the command
    # The processes of Locust, which are started after the engine has looked for it.
    *(f"{name}.py imports {module}" for name in ("master", "users", "worker") for module in ("gevent", "locust")),
    "crew.py imports gevent",
    "worker.py imports psycopg",  # its fault comes from process_faults.py, which demands it
    *("clusters.py imports numpy", "figures.py imports numpy"),  # their columns come from columns.py, which demands it
    "formats.py imports openpyxl",  # without it the sandbox answers 501, which is NOT EVALUATED
    "reaching.py imports docker",  # where the SDK is lacking that is a row of theodore check
    "reports.py imports reportlab",  # as formats.py
    # PromptCraft's sandbox, which is started only after both were demanded
    *("app.py imports cryptography", "realm.py imports cryptography", "realm_tokens.py imports cryptography"),
    *("sessions.py imports redis", "session_store.py imports redis"),
    # Assertions of SAML: keywords/saml.py demands signxml, which brings lxml and cryptography, before anything is offered.
    *(f"{name}.py imports {module}" for name in ("assertions", "saml") for module in ("cryptography", "lxml", "signxml")),
    "schemas.py imports jsonschema_rs",  # where it is lacking jsonschema does the same, more slowly
    "tls_server.py imports cryptography",  # sslyze, which was demanded, cannot be without it
    "uploads.py imports openpyxl",  # as formats.py
}
OWN = {path.name for path in (ROOT / "libraries").iterdir()}


def name_of(requirement):
    return re.match(r"[\w.-]+", requirement)[0].lower().replace("_", "-")


def with_all_they_need(requirements):
    """The distributions that an installation of these brings."""
    found, waiting = set(), [name_of(requirement) for requirement in requirements]
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting += [name_of(needed) for needed in metadata.requires(name) or () if ";" not in needed]  # always
    return found


def imported():
    """Each foreign module that the product imports while it runs, with the file and the file's text."""
    for path in (ROOT / "libraries").rglob("*.py"):
        text = path.read_text(encoding="utf-8")
        for node in (node for node, for_types in import_statements(path) if not for_types):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else [node.module or ""]
            for top in {name.partition(".")[0] for name in names} - sys.stdlib_module_names - OWN:
                yield top, path.name, text


@pytest.mark.xdist_group("imports")
def test_what_is_imported_comes_with_a_plain_installation_or_is_demanded():
    brought = with_all_they_need(PROJECT["dependencies"])
    homes = metadata.packages_distributions()
    wrong = []
    for module, file, text in imported():
        if {name_of(home) for home in homes.get(module, ())} & brought or module in OPTIONAL:
            continue
        needed = "schemathesis" if module == "hypothesis" else module
        if needed not in extras.MODULES or f'extras.demand("{needed}"' not in text:
            wrong.append(f"{file} imports {module}")
    assert [problem for problem in wrong if problem not in EXPLAINED] == []


DISTRIBUTIONS = {"cosmic_ray": "cosmic-ray", "hdrh": "hdrhistogram"}  # of modules with another name


def test_each_module_stands_in_its_extra():
    for module, (_, extra) in extras.MODULES.items():
        needed = DISTRIBUTIONS.get(module, module)
        assert needed in {name_of(requirement) for requirement in PROJECT["optional-dependencies"][extra]}


def test_what_is_lacking_is_not_evaluated_and_says_the_command(monkeypatch, tmp_path):
    monkeypatch.setitem(extras.MODULES, "no_such_module", ("No such module", "tls"))
    monkeypatch.setenv("PATH", str(tmp_path))
    sentence = "No such module, which is needed for a test, is not installed: pip install 'robotframework-theodore[tls]'"
    with pytest.raises(NotEvaluatedError, match=f"^{re.escape(sentence)}$"):
        extras.demand("no_such_module", "a test")
    with pytest.raises(KeyError, match="^'sqlmap is not installed: pip install sqlmap'$"):
        extras.program("sqlmap", error=KeyError)
    assert extras.lacking("no_such_module", "sslyze") == sentence.replace(", which is needed for a test,", "")
    testssl = tmp_path / "testssl.sh"
    testssl.touch(0o755)
    assert extras.program("testssl") == str(testssl)


def test_a_module_that_is_there_and_cannot_be_imported_says_why(monkeypatch, tmp_path):
    (tmp_path / "broken_module.py").write_text("raise ImportError('libssl.so.3: cannot open shared object file')\n")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setitem(extras.MODULES, "broken_module", ("Broken", "tls"))
    with pytest.raises(NotEvaluatedError, match=r"^Broken, .*, cannot be imported \(libssl.so.3: cannot open .*\): pip install"):
        extras.demand("broken_module", "a test")
