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

Test Tags           scenario:my_first_research    company:Salesforce    area:research


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
"""


@click.command("init")
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False))
def command(folder: Path) -> None:
    """Make a project in FOLDER that runs at once on the embedded sandbox."""
    if folder.exists() and any(folder.iterdir()):
        raise UsageError(f"The folder {folder} is not empty: name a new one, nothing was written.")
    create(folder)
    click.echo(f"Made {folder}. Next: cd {folder} && theodore test e2e")


def create(folder: Path) -> None:
    """Write the project's files."""
    files = {
        "suites/e2e/my_first_research.robot": FIRST_SUITE,
        "theodore.args": ARGUMENTS,
        "robot.toml": ROBOT_TOML,
        "README.md": README,
        ".gitignore": "results/\n",
    }
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    (folder / "variables").mkdir()
    for source in sorted(paths.shipped("variables").glob("*.yaml")):
        shutil.copyfile(source, folder / "variables" / source.name)
