"""Keywords for batches and exports on the sandbox fail in one sentence when what they check is not so."""

import re

import pytest
from failing_rows import judge, run

HEAD = """\
*** Settings ***
Library    ApiLibrary
Library    TheodoreLibrary

*** Test Cases ***
"""
SLACK = '${b} =    Research Batch    ${{["Slack"]}}\n'
ROWS = {
    "no batch": (
        "Follow Batch    Slack",
        "The argument 'batch' of Follow Batch: expected a batch, observed 'Slack': "
        "call Start Batch Research or Research Batch first, and pass what it returns.",
    ),
    "no companies": (
        "Research Batch    ${{[]}}",
        "A batch needs a list of companies: names, or dictionaries with 'name'.",
    ),
    "no name": ('Research Batch    ${{[{"website": "x.com"}]}}', "Company 1 of the batch has no name."),
    "too many at once": (
        'Start Batch Research    ${{["Slack"]}}    concurrency=21',
        re.compile(r"The batch of 1 company was not accepted: expected 200 with a job_id, observed 422 with .+"),
    ),
    "ended before": (
        SLACK + "Pause Batch    ${b}",
        re.compile(
            r"The research batch batch_\w+ of 1 company ended before it could be paused: "
            r"give it more companies, or a lower concurrency\."
        ),
    ),
    "not successful": (
        '${b} =    Research Batch    ${{["Fake Corp ABC456"]}}\nBatch Should Be Successful    ${b}',
        re.compile(r"batch\.success of batch_\w+: expected at least 80% of all companies, observed 0 of 1 companies\."),
    ),
    "not tried again": (
        SLACK + "Batch Should Have Recovered    ${b}",
        "NOT EVALUATED: 0 of 1 companies were tried again, expected at least 1: let something that the batch needs fail longer.",
    ),
    "good file": (
        "Upload Should Be Refused    companies.csv    name\\nSlack",
        "batch.upload_refused of companies.csv: expected status 422, observed status 200 for POST /api/v2/batch/upload.",
    ),
    "batch that needs no more at once": (
        SLACK + "Batch Should Keep To Its Concurrency    ${b}",
        re.compile(
            r"The research batch batch_\w+ of 1 company may work on 5 at once, so that more could not be seen: "
            r"give it more companies\."
        ),
    ),
    "fewer at once": (
        '${b} =    Research Batch    ${{["Fake Corp ABC456"] * 3}}    concurrency=2\n'
        "Batch Should Keep To Its Concurrency    ${b}    link=gemini",
        re.compile(r"batch\.at_once of batch_\w+: expected 2 calls to gemini at once, observed 0 calls at most\."),
    ),
    "other companies of a file": (
        'Uploaded File Should Hold    companies.json    [{"name": "Slack"}]    ${{ [{"name": "Zoom"}, {"name": "Slack"}] }}',
        "batch.upload_count of companies.json: expected 2, observed 1\n"
        "batch.upload_preview of companies.json: expected (name: Zoom), (name: Slack), observed (name: Slack).",
    ),
    "file that is refused": (
        'Uploaded File Should Hold    companies.txt    Slack    ${{ [{"name": "Slack"}] }}',
        "batch.uploaded of companies.txt: expected status 200, observed status 400 for POST /api/v2/batch/upload.",
    ),
    "webhook that was taken": (
        "${r} =    Open Webhook Receiver\nPermit Address    ${r.address}\n"
        '${b} =    Start Batch Research    ${{["Fake Corp ABC456"]}}    webhook_url=${r.address}\nFollow Batch    ${b}\n'
        "Webhook Should Have Been Given Up    ${r}    ${b}    settle=0.1 s",
        "Webhook Should Have Been Given Up needs a receiver that refuses at least 1 delivery: open it with as many statuses, such "
        "as 400 or 503.",
    ),
    "webhook without a try": (
        "${r} =    Open Webhook Receiver    ${503}\nPermit Address    ${r.address}\n"
        '${b} =    Start Batch Research    ${{["Fake Corp ABC456"]}}    webhook_url=${r.address}\nFollow Batch    ${b}\n'
        "Webhook Should Have Been Given Up    ${r}    ${b}    tries=0    settle=0.1 s",
        "The argument 'tries' of Webhook Should Have Been Given Up: expected 1 or more, observed 0.",
    ),
    "webhook that is not refused so often": (
        "${r} =    Open Webhook Receiver    ${503}\nPermit Address    ${r.address}\n"
        '${b} =    Start Batch Research    ${{["Fake Corp ABC456"]}}    webhook_url=${r.address}\nFollow Batch    ${b}\n'
        "Webhook Should Have Been Given Up    ${r}    ${b}    tries=2    settle=0.1 s",
        "Webhook Should Have Been Given Up needs a receiver that refuses at least 2 deliveries: open it with as many statuses, "
        "such as 400 or 503.",
    ),
    "webhook that was sent again": (
        "${r} =    Open Webhook Receiver    ${503}    ${400}\nPermit Address    ${r.address}\n"
        '${b} =    Start Batch Research    ${{["Fake Corp ABC456"]}}    webhook_url=${r.address}\nFollow Batch    ${b}\n'
        "Webhook Should Have Been Given Up    ${r}    ${b}    settle=1 s",
        re.compile(r"webhook\.given_up of batch_\w+: expected deliveries answered 503, observed 503, 400\."),
    ),
    "other reason": (
        "Upload Should Be Refused    companies.csv    ${EMPTY}    reason=columns",
        "batch.upload_reason of companies.csv: expected a message with 'columns', observed The file is empty.",
    ),
    "misspelt kind": (
        "Malformed File Should Be Refused    half-jsn",
        "There is no malformed file 'half-jsn' in this keyword: did you mean 'half-json'?",
    ),
    "other companies": (
        SLACK + "${e} =    Export Companies    csv    include_fields=${{['domain']}}\n"
        "Export Should Hold Companies    ${e}    ${{[{'domain': 'zoom.us'}]}}    alone=True",
        re.compile(
            r"export\.chosen of exp_\w+: expected the 1 chosen company, observed missing: zoom\.us; foreign: slack\.com\n"
            r"export\.values of exp_\w+: expected the values of the API in csv, "
            r"observed record 1, domain: 'slack\.com' for 'zoom\.us'\."
        ),
    ),
    "no records": (
        SLACK + "${e} =    Export Companies    csv\nExport Should Hold Companies    ${e}    ${{[]}}",
        "There are no records that the export could hold: research companies first.",
    ),
    "same tenant": (
        SLACK + "${e} =    Export Companies    csv\nExport Should Be Invisible To    ${e}    spare",
        re.compile(
            r"export\.other_tenant of exp_\w+: expected status 404, observed status 200 for GET /api/v2/export/files/exp_\w+/download\n"
            r"export\.other_tenant of exp_\w+: expected status 404, observed status 200 for GET /api/v2/export/files/exp_\w+\."
        ),
    ),
    "upload of the same tenant": (
        "Upload Should Be Invisible To    spare",
        "batch.upload_other_tenant of spare: expected 404, observed 200.",
    ),
    "one of each name": (
        '${b} =    Research Batch    ${{[{"name": "Slack", "industry": "technology"}]}}\nCompanies Should Be Found By Hints    ${b}',
        re.compile(
            r"The research batch batch_\w+ of 1 company has no two companies of one name with different industries or locations: "
            r"add some\."
        ),
    ),
    "discoveries of other companies": (
        SLACK + '${c} =    Start Batch Research    ${{["Zoom"]}}\nDiscoveries Should Follow Hints    ${b}    ${c}',
        re.compile(
            r"The research batch batch_\w+ of 1 company and the research batch batch_\w+ of 1 company are not of the same companies: "
            r"pass the same list to both\."
        ),
    ),
    "no hints": (
        SLACK + "Discoveries Should Follow Hints    ${b}    ${b}",
        re.compile(
            r"batch\.hints_kept of batch_\w+: expected the hints that were sent, observed 0 of 0 alike\n"
            r"batch\.hints_in_discoveries of batch_\w+: expected discoveries of the companies that were researched by the same name "
            r"and hints, observed Slack of none, Slack, has nothing\."
        ),
    ),
    "all valid": (
        SLACK + "${e} =    Export Companies    csv\n${r} =    Get Batch Records    ${b}\n"
        "Export Should Name Invalid Companies    ${e}    @{r}",
        re.compile(
            r"NOT EVALUATED: export\.invalid_named of exp_\w+: expected the companies that are not valid, with their fields, "
            r"observed 1 of 1 records are valid\."
        ),
    ),
    "not validated": (
        SLACK + "${e} =    Export Companies    csv    validate_data=False\n"
        "Export Should Name Invalid Companies    ${e}    ${{ {'domain': 'slack.com'} }}",
        re.compile(r"The export exp_\w+ in csv was not to be validated: leave validate_data=False out\."),
    ),
    "no good body": (
        'Request Limits Should Hold    POST /export/companies    {"filters": {"industries": ["saas"]}}',
        re.compile(
            r"The values for POST /export/companies break the contract themselves, so that they show no limit: .+industries.+\."
        ),
    ),
    "no query": (
        "Request Limits Should Hold    GET /batch/jobs",
        re.compile(r".+ has no query for GET /batch/jobs, or none is given: its limits are not known\."),
    ),
    "plain name": (
        "Export Names Should Be Refused    plain.csv",
        "export.name_refused of export: expected 422, observed 200\n"
        "export.name_reason of export: expected a sentence about file_path, observed nothing about file_path for plain.csv.",
    ),
    "path for a name": (
        "Export Companies    csv    file_path=../companies.csv",
        re.compile(
            r"The export of companies was not made: expected 200 with an export_id, observed 422 with .+"
            r"It is not the plain name of a file.+"
        ),
    ),
    "not researched": (
        "Export Company Report    Zoom",
        re.compile(r"The export of report was not made: expected 200 with an export_id, observed 404 with .+not researched.+"),
    ),
}


@pytest.fixture(scope="module")
def outcomes(tmp_path_factory):
    return run(tmp_path_factory.mktemp("batches"), HEAD, ROWS, {})


@pytest.mark.xdist_group("batch_keywords")
@pytest.mark.parametrize("name", ROWS)
def test_the_message_is_exact(outcomes, name):
    judge(outcomes[name], ROWS[name][1])
