"""Each keyword that checks something fails in one sentence when what it checks is not so."""

import re

import pytest
from failing_rows import judge, run

HEAD = """\
*** Settings ***
Library    Collections
Library    TheodoreLibrary
Library    ApiLibrary
Library    QualityLibrary
Library    TestDataLibrary

*** Test Cases ***
"""
# A sequence as Explore Theodore saves it.
REPLAY = """\
VAR    ${{file}}    ${{OUTPUT DIR}}/saved.json
VAR    ${{text}}    {{"format": 1, "check": "explore.plugins.page_has_more", "expected": "true", "identities": [], "steps": [{steps}]}}
Evaluate    open($file, "w").write($text)
Replay Exploration    ${{file}}"""
PAGE = '{"action": "list plugins", "caller": "analyst", "values": {"category": null, "status": null, "search": null, "limit": 1, "offset": 0}}'
ROWS = {
    "no such resource": (
        "API Should Be Consistent    /reserch",
        "There is no resource '/reserch' in the contract of theodore: did you mean '/research'?",
    ),
    "included": (
        "${d} =    Discover Similar Companies    Figma    limit=2\nDiscovery Should Include    ${d}    Slack",
        "discovery.includes of Figma: expected Slack, observed missing: Slack (found: Miro, Sketch).",
    ),
    "excluded": (
        "${d} =    Discover Similar Companies    Figma    limit=2\nDiscovery Should Exclude    ${d}    Sketch",
        "discovery.excludes of Figma: expected none of Sketch, observed Sketch.",
    ),
    "too few": (
        "${d} =    Discover Similar Companies    Figma    limit=2\nResults Should Be Sound    ${d}    at_least=3",
        "discovery.count of Figma: expected at least 3 results, observed 2 results.",
    ),
    "not by vectors": (
        "${d} =    Discover Similar Companies    Figma    limit=1\nDiscovery Should Have Used    ${d}    vector",
        re.compile(r"discovery\.web_not_needed of Figma: expected no calls to web sites, observed .*figma\.com.*miro\.com.*\."),
    ),
    "not a failure": (
        "${d} =    Discover Similar Companies    Figma    limit=1\nDiscovery Should Fail Gracefully    ${d}",
        "discovery.status of Figma: expected failed, observed completed\n"
        "discovery.nothing_found of Figma: expected no results, observed 1 result\n"
        "discovery.error_names_company of Figma: expected an error that names Figma, observed no error.",
    ),
    "filters let everything through": (
        "${a} =    Discover Similar Companies    Figma    limit=2\n"
        "${d} =    Discover Similar Companies    Figma    limit=2    industry=technology\n"
        "Filters Should Be Respected    ${d}    compared_with=${a}",
        "NOT EVALUATED: discovery.filters_tried of Figma: expected at least 1 result that the filters exclude, "
        "observed 2 of 2 results pass the filters.",
    ),
    "no filters": (
        "${a} =    Discover Similar Companies    Figma    limit=2\nFilters Should Be Respected    ${a}    compared_with=${a}",
        "Filters Should Be Respected needs a discovery with filters, and compared_with one without.",
    ),
    "misspelt filter": (
        "Discover Similar Companies    Figma    industri=technology",
        "There is no filter or argument 'industri': did you mean 'industry'?",
    ),
    "misspelt argument": (
        "Discover Similar Companies    Figma    treshold=0.5",
        "There is no filter or argument 'treshold': did you mean 'threshold'?",
    ),
    "no number": (
        "Discover Similar Companies    Figma    max_employees=many",
        "The filter max_employees needs a whole number, and was given 'many'.",
    ),
    "no limit is announced": (
        "Limit Should Be Announced    GET    /version    60    identity=NOBODY",
        "limits.announced_window of GET /version: expected a window of 60 s, observed a window of -1 s\n"
        "limits.announced of GET /version: expected X-RateLimit-Remaining below X-RateLimit-Limit, "
        "observed -1 of -1\n"
        "limits.announced_counted of GET /version: expected fewer than -1 remaining after the next request, "
        "observed -1 remaining.",
    ),
    "other number of a limit": (
        "Limit Should Be Announced    GET    /health    60    limit=999    identity=NOBODY",
        "limits.announced_number of GET /health: expected a limit of 999 requests, observed a limit of 1000 requests.",
    ),
    "no WebSocket for keys": (
        "Websocket Should Take An Api Key    /ws/nowhere",
        re.compile(
            r"stream\.websocket_key of /ws/nowhere: expected connection_ack as the first message, observed refused: .*403.*\n"
            r"stream\.websocket_made_up_key of /ws/nowhere: expected error as the first message, observed refused: .*403.*\."
        ),
    ),
    "not suggested": (
        "Suggestions Should Include    Salesfor    Slack",
        "discovery.suggestions of Salesfor: expected Slack, observed Salesforce.",
    ),
    "no names": (
        "${d} =    Discover Similar Companies    Figma    limit=1\nDiscovery Should Include    ${d}",
        "Name at least one company, else there is nothing to check.",
    ),
    "other provider": (
        "${r} =    Research With Provider    Slack    gemini\nProvider Should Have Answered    ${r}    openai",
        "ai.provider of Slack by openai: expected openai, observed gemini\n"
        "ai.embedding_provider of Slack by openai: expected openai, observed gemini\n"
        "ai.provider_called of Slack by openai: expected calls to openai alone, observed openai 0, gemini 2, bedrock 0.",
    ),
    "misspelt provider": (
        "Research With Provider    Slack    gemminy",
        "There is no provider 'gemminy': did you mean 'gemini'?",
    ),
    "no fall-back": (
        "${r} =    Research Company    Slack\nFallback Should Have Been Used    ${r}    openai    gemini",
        "ai.fallback_provider of Slack from openai to gemini: expected gemini, observed openai\n"
        "ai.fallback_reported of Slack from openai to gemini: expected fallback_used true, "
        "observed fallback_used false\n"
        "ai.attempts_reported of Slack from openai to gemini: expected attempts from openai to gemini, observed openai\n"
        "ai.attempts_explained of Slack from openai to gemini: expected an outcome of each attempt, "
        "the last unlike the others, "
        "observed answered\n"
        "ai.fallback_received of Slack from openai to gemini: expected calls to openai, then to gemini, "
        "observed openai 2, gemini 0 answered.",
    ),
    "no retries": (
        "${r} =    Research Company    Slack\nRetries Should Back Off    ${r}    openai    at_least=1 s",
        "ai.tried_again of Slack at openai: expected at least 2 calls, one after a failure, observed 2 calls\n"
        "ai.backoff of Slack at openai: expected pauses of at least 1 s, observed no pauses.",
    ),
    "too slow": (
        "${r} =    Research Company    Slack\nProvider Duration Should Be Within    ${r}    analysis=1 ms",
        re.compile(r"ai\.analysis_time of Slack: expected at most 1 ms, observed [\d.]+ ms\."),
    ),
    "too often asked": (
        "${r} =    Research Company    Slack\nDependency Should Have Been Asked    ${r}    openai    at_most=1",
        "ai.calls of Slack to openai: expected 1 to 1 call, observed 2 calls.",
    ),
    "dishonest": (
        "${t} =    Get Company    Zoom\n${r} =    Research Company    Slack\n"
        "VAR    &{one}    industry=finance\nVAR    &{truth}    expected=${one}\nResult Should Be Honest    ${r}    truth=${truth}",
        "ai.honest of Slack: expected the true value of each known fact, observed industry technology instead of finance.",
    ),
    "no order": (
        "${t} =    Get Company    Slack\n${r} =    Research Company    Slack\n"
        "Pages Should Not Give Orders    ${r}    industry    technology    truth=${t}",
        "ai.injection of Slack: expected technology, not technology, observed technology.",
    ),
    "misspelt link": (
        "Make Dependency Misbehave    opnai    status=503",
        "There is no link 'opnai' in the environment file sandbox.yaml: did you mean 'openai'?",
    ),
    "no misbehaviour": (
        "Make Dependency Misbehave    openai    times=3",
        "Say how it is to misbehave: status=, delay= or answer=.",
    ),
    "misspelt answer": (
        "Make Dependency Misbehave    openai    answer=truncatd",
        "There is no answer 'truncatd': did you mean 'truncated'?",
    ),
    "other status": (
        "Request Should Be Answered    GET    /plugins/categories    404",
        re.compile(
            r"api\.refused of GET /plugins/categories: expected status 404, observed status 200 with '\{\"categories\":.*",
            re.DOTALL,
        ),
    ),
    "no JSON": (
        "Request Should Be Answered    POST    /research    422    {company}",
        "The body is not JSON: '{company}'. Give a dictionary, a list, or JSON text.",
    ),
    "unknown operation": (
        "Request Should Be Answered    GET    /reserch/x    404",
        "There is no operation 'GET /api/v2/reserch/x' in theodore-v2.openapi.yaml: did you mean 'POST /api/v2/research'?",
    ),
    "documented after all": (
        "Undocumented Paths Should Not Be There    /ping",
        "api.undocumented of theodore: expected status 404, observed status 200 for /ping.",
    ),
    "same tenant": (
        "${r} =    Research Company    Slack\nJob Should Be Invisible To    ${r}    admin",
        "The identities analyst and admin are of one tenant (default): name one of another.",
    ),
    "backup of its own tenant": (
        "${r} =    Research Company    Slack\n${b} =    Export Backup\nBackup Should Be Without Researches    ${b}    ${r}",
        "The research of Slack is of the backup's own tenant (default): name one of another.",
    ),
    "no such form of a file": (
        "Largest File Should Be Taken    xlxs",
        "There is no format 'xlxs' in this keyword: did you mean 'xlsx'?",
    ),
    "nobody else": (
        "Password Change Should Work    identity=partner    other=partner",
        "Whether somebody else is left alone cannot be seen of partner: name another identity.",
    ),
    "not a secret": (
        "Company Should Be Suggested Only To    Salesforce    analyst    partner",
        "tenants.suggestions of Salesforce: expected suggestions without Salesforce, observed Salesforce.",
    ),
    "found by both": (
        "${a} =    Discover Similar Companies    Figma    limit=2    identity=analyst\n"
        "${b} =    Discover Similar Companies    Figma    limit=2    identity=partner\n"
        "Discovery Should Not Reach Into    ${a}    ${b}    Sketch",
        "tenants.search of Sketch: expected results without Sketch, observed Miro, Sketch.",
    ),
    "not failed": (
        "${r} =    Research Company    Slack\nFailed Job Should Be Listed Only To    ${r}    partner",
        re.compile(
            r"tenants\.listed_to_owner of Slack: expected recent errors of analyst with (res_\w+), observed no such error\n"
            r"tenants\.listed_first of Slack: expected \1, observed none\."
        ),
    ),
    "no limit": (
        "Limit Should Be Enforced    metrics    3    60    identity=analyst",
        re.compile(
            r"limits\.enforced of metrics 3 in 60 s: expected a refusal after 3 requests, observed 0 of 6 requests refused\n.*",
            re.DOTALL,
        ),
    ),
    "misspelt limit": ("Limit Should Be Enforced    logn    10    900", "There is no limit 'logn': did you mean 'login'?"),
    "administrator as a user": (
        "Administration Should Need An Administrator    user=admin",
        re.compile(r"api\.admin_only of admin: expected status 403, observed status 200 for GET /config.*", re.DOTALL),
    ),
    "nothing to restart": (
        "Components Should Be Restartable",
        "Name at least one component to restart, such as search.",
    ),
    "installed plugin": (
        "Plugin Should Go Through Its Life    gemini-pro",
        re.compile(r"api\.plugin_at_first of gemini-pro: expected available, observed enabled\n.*", re.DOTALL),
    ),
    "large pages": (
        "Plugins Should Be Listed In Pages    page=100",
        "api.paging_tried of pages of 100: expected more than 100 plugins, observed 8 plugins.",
    ),
    "other providers": (
        "Status Should Tell The Providers    openai",
        re.compile(
            r"api\.status_providers of openai: expected a closed breaker for each of openai, observed openai: closed, gemini: closed, bedrock: closed\n"
            r"api\.status_order of openai: expected openai, observed openai, gemini, bedrock\."
        ),
    ),
    "other socket": (
        "Websocket Should Acknowledge    /ws/monitoring    ${EMPTY}    job_completed",
        re.compile(
            r"stream\.websocket_answers of /ws/monitoring: expected a message job_completed, observed connection_ack, system_notification.*"
        ),
    ),
    "not a failed research": (
        "${r} =    Start Research    Slack\nFailed Research Stream Should End With An Error    ${r}",
        re.compile(r"stream\.error_event of Slack: expected error, observed complete\n.*", re.DOTALL),
    ),
    "bad rankings": (
        "Research Company    Slack\nVAR    @{a}    X    Y\nVAR    @{b}    X    Z\nVAR    &{f}    q=${a}\nVAR    &{g}    q=${b}\n"
        "Rankings Should Be Good    ${f}    ${g}    k=2",
        "quality.precision_at_2 of 1 query: expected at least 80%, observed 1 of 2 = 50% (95 %: 9% to 91%)\n"
        "quality.recall of 1 query: expected at least 80%, observed 1 of 2 = 50% (95 %: 9% to 91%).",
    ),
    "other queries": (
        "VAR    @{a}    X\nVAR    &{f}    q=${a}\nVAR    &{g}    p=${a}\nRankings Should Be Good    ${f}    ${g}",
        "The queries differ: found for q, relevant for p.",
    ),
    "forbidden pages": (
        "${r} =    Research Company    Slack\nForbidden Pages Should Not Be Read    ${r}    /about    /nowhere",
        "research.robots of Slack: expected no page below /about, /nowhere, observed /about.",
    ),
    "nothing forbidden": (
        "${r} =    Research Company    Slack\nForbidden Pages Should Not Be Read    ${r}",
        "Name at least one path that robots.txt disallows, such as /internal/.",
    ),
    "no website": (
        "${r} =    Research Company    Slack\nGiven Website Should Be Used    ${r}",
        re.compile(r"The research res_\w+ of 'Slack' was given no website: start it with website=https://… first\."),
    ),
    "website without a site": (
        "${r} =    Research Company    Figma    website=https://nobody.example\nGiven Website Should Be Used    ${r}",
        "research.website_completed of Figma: expected completed, observed failed\n"
        "research.website_kept of Figma: expected a website on nobody.example, observed no website\n"
        "research.website_read of Figma: expected pages of nobody.example alone, observed no pages.",
    ),
    "no group": (
        "Get Similar Companies    Quiet Harbor Goods",
        "The company Quiet Harbor Goods belongs to no group in companies.yaml.",
    ),
    "no real provider": (
        "Real Provider Should Complete    openai",
        "NOT EVALUATED: real.completion of openai: expected an answer of the real provider, "
        "observed the environment sandbox names no provider 'openai'.",
    ),
    "nothing to explore": ("Explore Theodore    steps=0", "An exploration has at least 1 step, and was given 0."),
    "misspelt identity": (
        "Explore Theodore    analist    steps=1",
        "There is no identity 'analist' in the system theodore of sandbox.yaml: did you mean 'analyst'?",
    ),
    "no exploration": (
        "Replay Exploration    nowhere.json",
        re.compile(r"The exploration \S+nowhere\.json cannot be read: No such file or directory\."),
    ),
    "step that lacks its job": (
        REPLAY.format(steps='{"action": "read a job", "caller": "analyst", "values": {"job": "job 1", "route": ""}}'),
        "NOT EVALUATED: explore.replay of saved.json: expected explore.plugins.page_has_more: true, "
        "observed COULD NOT BE REPLAYED: 1 of 1 steps could not be taken.",
    ),
    "messages to a socket that answers none": (
        "Websocket Should Withstand    /ws/monitoring    []    null    within=2 s",
        "stream.websocket_withstands of /ws/monitoring: expected 2 errors, one for each message, then heartbeats, "
        "observed 0 errors, then 0 heartbeats.",
    ),
    "no message": (
        "Websocket Should Withstand    /ws/notifications",
        "There is no message that the connection could withstand: write at least one, such as [].",
    ),
    "monitoring of something else": (
        "Monitoring Should Follow    path=/ws/notifications    within=1 s",
        "stream.monitoring_moves of /ws/notifications: expected uptimes that rise as the times of the messages do, observed none\n"
        "stream.monitoring_follows of /ws/notifications: expected more than none active jobs once a research was started, "
        "observed none active jobs.",
    ),
    "breaker that was never open": (
        "Restart Should Close The Breaker    gemini    ai_providers",
        "ai.breaker_reported of gemini: expected open or half_open before the restart, observed closed\n"
        "ai.restart_of_others of gemini: expected open or half_open after a restart of search and plugins, observed closed\n"
        "ai.restart_asks of gemini: expected at least 1 answered call to gemini, "
        "observed 0 answered calls.",
    ),
}
# The same of a sandbox with these defects.
DEFECTS = "ended-jobs-counted,restart-without-effect,has-more-wrong,response-times-in-milliseconds"
DEFECTIVE_ROWS = {
    "metrics in another unit": (
        "Metrics Should Count What Happens",
        re.compile(
            r"((api\.metrics_times of 5 requests: expected a response time above 0, observed [\d.]+\n)?"
            r"api\.metrics_seconds of 5 requests: expected response times in seconds, for GET /api/v2/(version|research/\{job_id\}) "
            r"together about the [\d.]+ m?s that was waited for, observed (\d+ min )?[\d.]+ m?s[\n.]){2}"
        ),
    ),
    "ended jobs": (
        "Running Jobs Should Be Reported    Slack",
        re.compile(  # a job of the row before may not have ended, and a second and third research may have been needed
            r"(api\.active_jobs_after of Slack: expected fewer than \d active jobs in "
            r"/(health|metrics|status|ws/monitoring) after its end, observed \d active jobs[\n.]){4}"
        ),
    ),
    "restart": (
        "Restart Should Close The Breaker    openai    ai_providers",
        re.compile(
            r"ai\.restart_closes of openai: expected closed, observed (open|half_open)"
            r"(\nai\.restart_asks of openai: expected at least 1 answered call to openai, observed 0 answered calls)?\."
        ),
    ),
    "exploration": (
        "Explore Theodore    analyst    steps=300    seed=3",
        re.compile(
            r"explore\.plugins\.page_has_more of seed 3: expected true, observed false\.\n\n\d+ steps, shrunk to \d by \d+ replays\.\n"
            r"1\. .+: list plugins \(.+\) → 200\nExpected true, observed false\.\n\nAs a test:\nExploration 3\n.*"
            r"    \$\{answer\} =    Send Request    GET /plugins\S*    identity=.+"
            r"    Get Response Field    \$\{answer\}    has_more    ==    true\n\nAfter a correction: Replay Exploration    \S+seed-3\.json",
            re.DOTALL,
        ),
    ),
    "exploration replayed": (
        REPLAY.format(steps=PAGE),
        "explore.replay of saved.json: expected explore.plugins.page_has_more: true, observed FAILED STILL: false.",
    ),
}


@pytest.fixture(scope="module")
def outcomes(tmp_path_factory):
    """All rows in one run, which starts one sandbox."""
    return run(tmp_path_factory.mktemp("failing"), HEAD, ROWS, {})


@pytest.fixture(scope="module")
def defective_outcomes(tmp_path_factory):
    """The rows about a sandbox with defects, in one run."""
    return run(tmp_path_factory.mktemp("defective"), HEAD, DEFECTIVE_ROWS, {"THEODORE_SANDBOX_DEFECTS": DEFECTS})


@pytest.mark.xdist_group("failing_keywords")
@pytest.mark.parametrize("name", ROWS)
def test_the_message_is_exact(outcomes, name):
    judge(outcomes[name], ROWS[name][1])


@pytest.mark.xdist_group("failing_keywords_defects")
@pytest.mark.parametrize("name", DEFECTIVE_ROWS)
def test_the_message_about_a_defect_is_exact(defective_outcomes, name):
    judge(defective_outcomes[name], DEFECTIVE_ROWS[name][1])
