"""Canaries and disguised clients: each keyword fails in one sentence, and says what it could not see."""

import re
import socket
import subprocess
import sys

import pytest
from failing_rows import judge, run

HEAD = """\
*** Settings ***
Library     ApiLibrary
Resource    theodore/canaries.resource

*** Test Cases ***
"""
HERE = r"http://127\.0\.0\.1:\d+"
ROWS = {
    "another company": (
        "${c} =    Open Canary    seed=7    language=en    name=Olm Yest\n${r} =    Research Company    Slack\n"
        "Research Should Hold Canary Facts    ${r}    ${c}",
        re.compile(
            rf"canary\.visited of Olm Yest: expected pages of {HERE} fetched after the research began, observed 0 pages fetched\n"
            rf"canary\.fact of Olm Yest: expected name Olm Yest, as {HERE}/ says, observed Slack\n.*"
            rf"canary\.fact of Olm Yest: expected headquarters \w+, as {HERE}/\S+ says, observed San Francisco\n.*"
            rf"canary\.sources of Olm Yest: expected website and sources at {HERE}, observed https://slack\.com.*\.",
            re.DOTALL,
        ),
    ),
    "nobody came": (
        "${c} =    Canary Company    name=Olm Yest\n${r} =    Research Company    Olm Yest    website=${c.address}\n"
        "Research Should Hold Canary Facts    ${r}    ${c}",
        re.compile(
            rf"NOT EVALUATED: canary\.visited of Olm Yest: expected pages of {HERE} fetched after the research began, observed "
            r"0 pages fetched, and no record: failed, The phase intelligent_scraping failed: The address 127\.0\.0\.1:\d+ is in the "
            r"inner network, and nobody has permitted it\."
        ),
    ),
    "record without fields": (
        "${c} =    Open Canary    seed=7    language=en    name=Olm Yest\n${r} =    Research Canary    ${c}\n"
        "VAR    ${record}    ${r.record}\nEvaluate    $record.pop('products')\n"
        "Research Should Hold Canary Facts    ${record}    ${c}",
        re.compile(
            rf"NOT EVALUATED: canary\.fact of Olm Yest: expected products \w+, .*, as {HERE}/\S*products says, observed the record "
            r"has no field products\."
        ),
    ),
    "known beforehand": (
        "${c} =    Open Canary    published=False    name=Olm Yest\n${r} =    Research Company    Slack\n"
        "Research Should Not Know Canary    ${r}    ${c}",
        re.compile(
            rf"canary\.unknown of Olm Yest: expected no facts before {HERE} exists, observed headquarters San Francisco, founded_year \d+, .+\."
        ),
    ),
    "asked too late": (
        "${c} =    Open Canary    name=Olm Yest\n${r} =    Research Company    Slack\n"
        "Research Should Not Know Canary    ${r}    ${c}",
        re.compile(rf"The site of Olm Yest at {HERE} is published: make it with published=False to ask before it exists\."),
    ),
    "not withdrawn": (
        "${c} =    Open Canary    name=Olm Yest\n${r} =    Research Company    Slack\nResearch Should Admit Withdrawal    ${r}    ${c}",
        re.compile(rf"The site of Olm Yest at {HERE} is published: call Withdraw Canary before the research\."),
    ),
    "old facts as new": (
        "${c} =    Open Canary    name=Olm Yest\nWithdraw Canary    ${c}\n${r} =    Research Company    Slack\n"
        "Research Should Admit Withdrawal    ${r}    ${c}",
        re.compile(
            r"canary\.withdrawn of Olm Yest: expected an open failure, or a record dated before the withdrawal, observed a record "
            r"dated \S+, with headquarters San Francisco\."
        ),
    ),
    "failed for another reason": (
        "${c} =    Canary Company    name=Olm Yest\nWithdraw Canary    ${c}\n${r} =    Research Company    Olm Yest\n"
        "Research Should Admit Withdrawal    ${r}    ${c}",
        re.compile(
            rf"NOT EVALUATED: canary\.withdrawn of Olm Yest: expected an open failure, or a record dated before the withdrawal, observed "
            rf"nobody asked {HERE} after the research began: failed, No company named 'Olm Yest' was found\..*"
        ),
    ),
    "no match": (
        "${c} =    Open Canary    name=Olm Yest\n${d} =    Discover Similar Companies    Figma    limit=2\n"
        "Matches Should Hold Canary Facts    ${d}    ${c}",
        re.compile(rf"canary\.matched of Olm Yest: expected one match at {HERE}, observed Miro, Sketch\."),
    ),
    "no canaries": (
        "${d} =    Discover Similar Companies    Figma    limit=2\nMatches Should Hold Canary Facts    ${d}",
        "Name at least one canary, else there is nothing to check.",
    ),
    "misspelt fact": (
        "${c} =    Open Canary    name=Olm Yest\nChange Canary Fact    ${c}    employe_count",
        "There is no fact 'employe_count' in the site of Olm Yest: did you mean 'employee_count'?",
    ),
    "misspelt silence": (
        "Canary Company    silent=fone",
        "There is no field 'fone' in the sites of canaries: did you mean 'phone'?",
    ),
    "no such language": ("Canary Company    language=xx", "There is no canary in the language 'xx': there are en, de, fr, ja."),
    "address without facts": (
        "Canary Company    address=http://127.0.0.1:1",
        "A canary that stands elsewhere needs both address= and facts=: 'theodore canary build' prints them.",
    ),
    "foreign host": (
        "Canary Company    host=10.1.2.3",
        "NOT EVALUATED: The host 10.1.2.3 of the canary is not among the hosts of sandbox.yaml (127.0.0.1): add it there.",
    ),
    "no address": ("Permit Address    nowhere", "'nowhere' is no address: write one such as http://127.0.0.1:8080."),
    "vectors have no pages": (
        "Research Company    Square\n${d} =    Discover Similar Companies    Stripe    sources=vector    threshold=0.3\n"
        "Matches Should Rest On Their Pages    ${d}",
        "NOT EVALUATED: discovery.grounded of Stripe: expected no fact or sentence of a match that no page of its own site supports, "
        "observed no site of a match was read in this discovery.",
    ),
    "times of a failure": (
        "${r} =    Research Company    Fake Corp ABC456\nReported Times Should Agree With Our Clock    ${r}",
        re.compile(
            r"The research res_\w+ of 'Fake Corp ABC456' ended as failed: only a completed one has the times of all phases\."
        ),
    ),
    "share of all": ("Disguise Client    share=2", "The share of disguised requests is between 0 and 1, and was given as 2."),
    "no requests": ("Answers Should Not Depend On Client", "Name at least one request, such as GET /version."),
}
DEFECTS = "less-for-browsers,match-descriptions-swapped,analysis-time-shortened"
DEFECTIVE_ROWS = {
    "browsers": (
        "Answers Should Not Depend On Client    GET /discover/quick?company_name=Slack&limit=5",
        re.compile(
            r"api\.client_alike of GET /discover/quick\?company_name=Slack&limit=5: expected the answer that this client gets, to "
            r"browsers and SDKs too, observed to a browser: (.*length of /results 3 instead of 5.*|.*)to a browser: .+\.",
            re.DOTALL,
        ),
    ),
    "swapped": (
        "${d} =    Discover Similar Companies    Stripe    sources=web    limit=3\nMatches Should Rest On Their Pages    ${d}",
        re.compile(
            r"discovery\.grounded of Stripe: expected no fact or sentence of a match that no page of its own site supports, observed "
            r"\w+: products '.+'; .+\."
        ),
    ),
    "shortened": (
        "${r} =    Research Company    Slack\nReported Times Should Agree With Our Clock    ${r}",
        re.compile(
            r"(research\.phases_observed of Slack: .*\n)*research\.work_observed of Slack: expected ai_analysis and "
            r"embedding_generation at least \d+ ms, as long as their calls, observed \d+ ms\."
        ),
    ),
}


@pytest.fixture(scope="module")
def outcomes(tmp_path_factory):
    """All rows in one run, which starts one sandbox."""
    return run(tmp_path_factory.mktemp("canaries"), HEAD, ROWS, {})


@pytest.fixture(scope="module")
def defective_outcomes(tmp_path_factory):
    """The rows about a sandbox with defects, in one run."""
    return run(tmp_path_factory.mktemp("defective"), HEAD, DEFECTIVE_ROWS, {"THEODORE_SANDBOX_DEFECTS": DEFECTS})


@pytest.mark.xdist_group("canary_keywords")
@pytest.mark.parametrize("name", ROWS)
def test_the_message_is_exact(outcomes, name):
    judge(outcomes[name], ROWS[name][1])


@pytest.mark.xdist_group("canary_keywords_defects")
@pytest.mark.parametrize("name", DEFECTIVE_ROWS)
def test_the_message_about_a_defect_is_exact(defective_outcomes, name):
    judge(defective_outcomes[name], DEFECTIVE_ROWS[name][1])


def test_a_site_that_was_built_is_researched_where_it_is_served(theodore, robot, tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = str(free.getsockname()[1])
    address = f"http://127.0.0.1:{port}"
    built = theodore("canary", "build", "site", "--seed", "11", "--language", "en", "--address", address)
    assert built.returncode == 0, built.stderr
    assert built.stdout.startswith("Seed 11: the site of ")
    assert "do not upload this file" in built.stdout
    assert "facts" not in "".join(path.name for path in (tmp_path / "site").rglob("*"))
    command = [sys.executable, "-u", "-m", "http.server", port, "--bind", "127.0.0.1"]
    serving = subprocess.Popen(command, cwd=tmp_path / "site", stdout=subprocess.PIPE, text=True)
    try:
        assert "Serving HTTP" in serving.stdout.readline()
        text = HEAD + (
            "Read\n    ${c} =    Open Canary\n    Canary Should Be Researched    ${c}\n\n"
            "Changed\n    ${c} =    Open Canary\n    Change Canary Fact    ${c}\n\n"
            "Silent\n    Open Canary    silent=phone\n"
        )
        chosen = ["--variable", f"CANARY_ADDRESS:{address}", "--variable", f"CANARY_FACTS:{tmp_path / 'site-facts.json'}"]
        _, result = robot(text, *chosen)
    finally:
        serving.kill()
        serving.wait()
    here = f"NOT EVALUATED: the site at {address} is not served from here: "
    assert [(test.name, test.message) for test in result.suite.tests] == [
        ("Read", ""),
        ("Changed", here + "it cannot be changed or withdrawn"),
        ("Silent", here + "it is as it was built"),
    ]


def test_a_second_site_is_not_written_over_the_first(theodore):
    theodore("canary", "build", "site")
    done = theodore("canary", "build", "site")
    assert (done.returncode, done.stderr) == (2, "Error: site is not empty: name a new folder for the site.\n")


def test_production_gets_no_canary_and_no_disguise(robot, tmp_path):
    environment = tmp_path / "live.yaml"
    environment.write_text(
        "name: live\nkind: production\nhosts: [127.0.0.1]\nsystems:\n  theodore: {url: 'http://127.0.0.1:9'}\n", encoding="utf-8"
    )
    text = (
        HEAD
        + "Canary\n    Canary Company\n\nDisguise\n    Disguise Client\n\nClients\n    Answers Should Not Depend On Client    GET /\n"
    )
    _, result = robot(text, env={"THEODORE_ENVIRONMENT": str(environment)})
    assert [test.message for test in result.suite.tests] == [
        "NOT EVALUATED: The environment live is production, where no invented company is researched: name a test environment.",
        "NOT EVALUATED: The environment live is production, where no client is disguised: name a test environment.",
        "NOT EVALUATED: The environment live is production, where no client is disguised: name a test environment.",
    ]


def test_an_environment_may_openly_do_without_canaries(robot, tmp_path):
    environment = tmp_path / "staging.yaml"
    environment.write_text(
        "name: staging\nkind: staging\nhosts: [theodore.example]\nsystems:\n  theodore: {url: 'http://theodore.example'}\n"
        "not_available:\n  theodore.canaries: {reason: no host for it, owner: qa, until: 2099-01-01}\n",
        encoding="utf-8",
    )
    _, result = robot(HEAD + "Canary\n    Canary Company\n", env={"THEODORE_ENVIRONMENT": str(environment)})
    (test,) = result.suite.tests
    assert (test.status, test.message) == (
        "SKIP",
        "NOT EVALUATED: The host 127.0.0.1 of the canary is not among the hosts of staging.yaml (theodore.example): add it there, "
        "waived: no host for it (owner qa, until 2099-01-01).",
    )
