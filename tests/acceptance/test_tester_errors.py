"""What a tester gets wrong is answered in one sentence that says what to do."""

import pytest

HEAD = """\
*** Settings ***
Library    RequestsLibrary
Library    TheodoreLibrary
Library    ApiLibrary
Library    QualityLibrary
Library    TestDataLibrary

*** Test Cases ***
A Test
"""


@pytest.mark.parametrize(
    ("step", "message"),
    [
        (
            "Research Company    Salesforce    timout=60 s",
            "The keyword 'Research Company' has no argument 'timout': did you mean 'timeout'? "
            "(For a value that holds an equal sign write 'timout\\='.)",
        ),
        (  # with a backslash, or in a variable, it is a value: here the name of a company
            "Research Company    timout\\=60 s    system=nothere",
            "There is no system 'nothere' in the environment file sandbox.yaml",
        ),
        (
            "Research Company    ${{'timout=60 s'}}    system=nothere",
            "There is no system 'nothere' in the environment file sandbox.yaml",
        ),
        (
            "Get Response Status    GET /orders    <=    299    mesage=slow",
            "The keyword 'Get Response Status' has no argument 'mesage': did you mean 'message'? "
            "(For a value that holds an equal sign write 'mesage\\='.)",
        ),
        (
            "Get Research Duration    ${None}",
            "The argument 'research' of Get Research Duration: expected a job, observed nothing: "
            "call Research Company or Discover Similar Companies first, and pass what it returns.",
        ),
        (
            "Create Company Batch    many",
            "The argument 'size' of Create Company Batch: expected a whole number, observed 'many'.",
        ),
        (
            "Get Response Status    GET /health    is    200",
            "The argument 'op' of Get Response Status: expected an assertion operator, observed 'is': there are: '!=', ",
        ),
        ("Get Company    Salesfroce", "There is no company 'Salesfroce' in companies.yaml: did you mean 'Salesforce'?"),
        ("Get Companies By Category    fintec", "There is no category 'fintec' in companies.yaml: did you mean 'fintech'?"),
        (
            "Sign In    identity=analist",
            "There is no identity 'analist' in the system theodore of sandbox.yaml: did you mean 'analyst'?",
        ),
        ("Create Company Batch    0", "A batch of 0 companies cannot be made: the contract allows 1 to 10000."),
        ("Create Person    xx_XX", "There is no locale 'xx_XX'"),
        ("Record Should Be Complete    ${None}    ${{['a']}}", "A record is a dictionary of fields, and this is nothing."),
        (
            "Response Should Be As In The Contract    ${42}",
            "Expected a request such as GET /orders/7, or the response of Send Request or RequestsLibrary, observed int '42'.",
        ),
    ],
)
def test_the_message(robot, tmp_path, step, message):
    _, result = robot(HEAD + f"    {step}\n", "--loglevel", "INFO")
    assert "Error: " not in (tmp_path / "out" / "output.xml").read_text(encoding="utf-8")
    assert result.suite.tests[0].status == "FAIL"
    assert result.suite.tests[0].message.startswith(message)


@pytest.mark.parametrize("row", ["Completeness    0.8", "Accuracy"])
def test_a_row_without_a_research_says_how_to_get_one(robot, row):
    _, result = robot(f"*** Settings ***\nResource    theodore/research.resource\n*** Test Cases ***\nA\n    {row}\n")
    assert result.suite.tests[0].message == "No company was researched: add a Suite Setup that calls Research The Company."


def test_without_requestslibrary_the_message_says_what_to_import(robot):
    _, result = robot("*** Settings ***\nLibrary    ApiLibrary\n\n*** Test Cases ***\nA\n    Create Authorised Session    x\n")
    assert (
        result.suite.tests[0].message
        == "Create Authorised Session needs RequestsLibrary: add 'Library    RequestsLibrary' to the suite."
    )


def test_no_traceback_at_info(robot):
    done, _ = robot(HEAD + "    Get Company    Salesfroce\n", "--loglevel", "INFO")
    assert "Traceback" not in done.stdout + done.stderr


def test_a_misspelt_argument_is_found_by_a_dry_run(robot):
    _, result = robot(HEAD + "    Research Company    Salesforce    timout=60 s\n", "--dryrun")
    assert result.suite.tests[0].status == "FAIL"


@pytest.fixture
def project(tmp_path):
    """A folder with one suite of the area api."""
    suite = tmp_path / "suites" / "api" / "first.robot"
    suite.parent.mkdir(parents=True)
    suite.write_text("*** Test Cases ***\nA\n    Log    x\n")
    (tmp_path / "variables").mkdir()
    (tmp_path / "a file").touch()
    return tmp_path


def misspell_a_section(project):
    suite = project / "suites" / "api" / "first.robot"
    suite.write_text(suite.read_text().replace("Cases", "Casess"))


def write_a_suite_in_latin_1(project):
    (project / "suites" / "api" / "first.robot").write_bytes("*** Test Cases ***\nCafé\n    Log    x\n".encode("latin-1"))


def write_an_environment_in_latin_1(project):
    (project / "variables" / "mine.yaml").write_bytes("name: café\n".encode("latin-1"))


def remove_the_suite(project):
    (project / "suites" / "api" / "first.robot").unlink()


def leave_all_as_it_is(project):
    del project


@pytest.mark.parametrize(
    ("mistake", "options", "message"),
    [
        (
            misspell_a_section,
            [],
            "Robot cannot read line 1 of {project}/suites/api/first.robot: Unrecognized section header '*** Test Casess ***'. "
            "Valid sections: 'Settings', 'Variables', 'Test Cases', 'Tasks', 'Keywords' and 'Comments'.",
        ),
        (
            write_a_suite_in_latin_1,
            [],
            "The file {project}/suites/api/first.robot is not text in UTF-8, see its line 2: save it in UTF-8.",
        ),
        (
            write_an_environment_in_latin_1,
            ["--environment", "mine"],
            "The file {project}/variables/mine.yaml is not text in UTF-8: save it in UTF-8.",
        ),
        (
            remove_the_suite,
            [],
            "There is no test in {project}/suites/api: add a file that ends with .robot and has a section '*** Test Cases ***'.",
        ),
        (
            leave_all_as_it_is,
            ["--results", "a file"],
            "Nothing can be written to the folder {project}/a file (it is a file): "
            "name a folder that you may write to, with room on its disk, by --results.",
        ),
        (
            leave_all_as_it_is,
            ["--results", "/proc/results"],
            "Nothing can be written to the folder /proc/results (No such file or directory): "
            "name a folder that you may write to, with room on its disk, by --results.",
        ),
        (
            leave_all_as_it_is,
            ["--output-report", "a file/report.html"],
            "Nothing can be written to the folder a file (it is a file): "
            "name a file in a folder that you may write to by --output-report.",
        ),
    ],
    ids=lambda value: getattr(value, "__name__", None),
)
def test_a_mistake_of_the_tester_is_wrong_usage(theodore, project, mistake, options, message):
    mistake(project)
    done = theodore("test", "api", "--no-parallel", *options, cwd=project)
    assert done.stderr == f"Error: {message.format(project=project)}\n"
    assert done.returncode == 2


def test_proofs_of_no_suite_are_refused(theodore, tmp_path):
    (tmp_path / "suites/e2e").mkdir(parents=True)
    done = theodore("test", "sensitivity", "--system", "promptcraft", "--proof", "defects", "--defect", "agent-of-any-host")
    assert done.returncode == 2
    assert done.stderr.startswith(
        f"Error: No suite of promptcraft is in {tmp_path / 'suites/e2e'}, and nothing can be proved of none: "
    )
