"""``theodore init``: a tester's own project that runs at once."""

from __future__ import annotations

import shutil
from pathlib import Path

import click

from theodore_qa import paths
from theodore_qa.errors import UsageError

FIRST_SUITE = """\
*** Settings ***
Documentation       My first suite: a company is researched, and each row is one thing expected of it.

Resource            theodore/research.resource

Suite Setup         Research The Company    Salesforce

Test Tags           scenario:my_first_research    company:Salesforce    area:research    system:theodore


*** Test Cases ***
Company Is Found
    [Documentation]    The company is found under its own domain, with data.
    [Template]    Outcome
    company_found    True

Known Facts Are Accurate
    [Documentation]    Every fact whose true value is known is right.
    Accuracy

Research Is Quick Enough
    [Documentation]    The research ends within a minute.
    Get Research Duration    ${RESEARCH}    <=    60
"""
ARGUMENTS = """\
# robot --argumentfile theodore.args suites
--listener theodore_qa.listener.First
--listener theodore_qa.listener.Listener
--outputdir results
"""
ROBOT_TOML = """\
# For RobotCode and other tools that read robot.toml.
output-dir = "results"
paths = ["suites"]

[listeners]
"theodore_qa.listener.First" = []
"theodore_qa.listener.Listener" = []
"""
README = """\
# Tests of Theodore

    theodore test e2e                                   # the suites in suites/e2e, on the embedded sandbox
    theodore test e2e --environment variables/staging.yaml
    theodore test security                              # the suites that came with the installation
    robot --argumentfile theodore.args suites           # the same with plain robot

Results are in results/: open log.html. The system under test is described by a file in variables/.
docs/TESTING_GUIDE.md has all options and what a verdict means; messages and keywords cite the other guides beside it.
"""
README_OF_API = """\
# Tests of {name}

    theodore check variables/{name}.yaml --connect      # what can be tested, what not, and why
    theodore test api --environment {name}
    theodore test security --environment {name}
    THEODORE_ENVIRONMENT={name} robot --argumentfile theodore.args suites

Results are in results/: open log.html. The system is described by variables/{name}.yaml;
docs/ENVIRONMENT_FILE.md has its entries.
docs/TESTING_GUIDE.md has all options and what a verdict means; messages and keywords cite the other guides beside it.
"""
SCHEMAS = ("environment.schema.json", "system.schema.json")


@click.command("init")
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False))
@click.option("--openapi", "document", metavar="URL-OR-FILE", help="Test the API that this OpenAPI document describes.")
@click.option(
    "--url",
    metavar="URL",
    default="",
    help="Where the API is, if the document does not say it or there is none; GraphQL that tells its schema needs none.",
)
def command(folder: Path, document: str | None, url: str) -> None:
    """Make a project in FOLDER that runs at once: on the embedded sandbox, or for an API of your own (--openapi, --url)."""
    if folder.exists() and any(folder.iterdir()):
        raise UsageError(f"The folder {folder} is not empty: name a new one, nothing was written.")
    if document or url:
        name = create_for_api(folder, document, url)
        _say_next(folder, f"theodore test api --environment {name}")
        return
    create(folder)
    _say_next(folder, "theodore test e2e")


def _say_next(folder: Path, call: str) -> None:
    here = folder.resolve() == Path.cwd()
    click.echo(f"Made a project here. Next: {call}" if here else f"Made {folder}. Next: cd {folder} && {call}")


def create(folder: Path) -> None:
    """Write a project for Theodore."""
    _write(folder, {"suites/e2e/my_first_research.robot": FIRST_SUITE, "README.md": README})
    for pattern in ("*.yaml", "*.json"):
        for source in sorted(paths.shipped("variables").glob(pattern)):
            shutil.copyfile(source, folder / "variables" / source.name)


def create_for_api(folder: Path, document: str | None, url: str) -> str:
    """Write a project for any HTTP API; returns the name of its system."""
    from theodore_qa.cli import first_project

    start = first_project.with_document(document, url, folder) if document else first_project.without_document(url)
    files = {
        f"variables/{start.name}.yaml": first_project.environment(start),
        f"suites/api/{start.name.replace('-', '_')}.robot": first_project.api_suite(start),
        f"suites/security/{start.name.replace('-', '_')}.robot": first_project.security_suite(start),
        "README.md": README_OF_API.format(name=start.name),
    }
    if start.text and not start.served:
        files[f"variables/{start.contract}"] = start.text
    _write(folder, files)
    for name in SCHEMAS:
        shutil.copyfile(paths.shipped("variables") / name, folder / "variables" / name)
    return start.name


def _write(folder: Path, files: dict[str, str]) -> None:
    shared = {"theodore.args": ARGUMENTS, "robot.toml": ROBOT_TOML, ".gitignore": "results/\n"}
    (folder / "variables").mkdir(parents=True)
    guides = paths.shipped("docs")
    cited = {f"docs/{path.relative_to(guides)}": path.read_text(encoding="utf-8") for path in sorted(guides.rglob("*.md"))}
    for name, text in (files | shared | cited).items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
