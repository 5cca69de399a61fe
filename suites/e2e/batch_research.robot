*** Settings ***
Documentation       Many companies are researched in one batch: each once, with a reason where it failed, and true numbers.
Metadata            Scenario    batch_research

Library             ApiLibrary
Library             QualityLibrary
Library             TheodoreLibrary

Suite Setup         Have A Batch

Test Tags           area:batch    control:SOC2-PI1.3    scenario:batch_research


*** Variables ***
${BATCH}            ${NONE}    # Have A Batch sets it.
@{QUALITY_FIELDS}
...                 name
...                 domain
...                 description
...                 industry
...                 business_model
...                 company_size
...                 headquarters
...                 founded_year
...                 employee_count
...                 products
...                 competitors
...                 ai_summary
...                 data_sources
@{HOSTILE}          =1+1    +1    -1    @SUM(A1)    ${{"\\t=1"}}    ../../etc/passwd    <b>"&'</b>    naïve 🦄 חברה


*** Test Cases ***
Ten Companies
    [Documentation]    Of ten companies at least eight are researched, of all that were sent.
    Batch Should Be Successful    ${BATCH}    at_least=0.8

Ten Companies Have Quality
    [Documentation]    Of the ten companies' fields at least 0.7 are filled in the mean, and 0.4 in the worst record.
    ${records} =    Get Batch Records    ${BATCH}
    Batch Should Have Quality    ${records}    ${QUALITY_FIELDS}    at_least=0.7    worst=0.4

Each Company Once
    [Documentation]    No company is lost, doubled, moved, mixed up with another or read again.
    Each Company Should Have One Outcome    ${BATCH}

Numbers Add Up
    [Documentation]    Completed, failed and pending make the total in each answer, and are those of the outcomes.
    Batch Numbers Should Add Up    ${BATCH}

Throughput Is Reported
    [Documentation]    Companies have their outcomes within the time that the batch takes.
    Get Batch Throughput    ${BATCH}    >    0.05

Results In Every Format
    [Documentation]    The results hold the same values in each format.
    Batch Results Should Agree In Every Format    ${BATCH}

Companies By Their Address
    [Documentation]    A company is found by its domain or its website, whatever its name; the files have theirs.
    VAR    ${by_domain} =    ${{ {"name": "Ours A", "domain": "slack.com"} }}
    VAR    ${by_website} =    ${{ {"name": "Ours B", "website": "https://zoom.us", "domain": "slack.com"} }}
    ${batch} =    Start Batch Research    ${{[$by_domain, $by_website]}}    max_retries=0    output_location=Our results.csv
    Follow Batch    ${batch}
    Batch Results Should Agree In Every Format    ${batch}    csv    xml
    ${outcomes} =    Get Batch Outcomes    ${batch}
    VAR    ${found} =    ${{[(row["result"] or {}).get("domain") for row in $outcomes]}}
    Observe    domains of the records    ${{["slack.com", "zoom.us"]}}    ${found}

Companies Of One Name
    [Documentation]    Of several companies that a name fits, the one of the industry or the place that was sent is researched.
    VAR    ${halifax} =    ${{ {"name": "Bread", "location": "Halifax"} }}
    VAR    ${ludlow} =    ${{ {"name": "Bread", "location": "Ludlow, Shropshire"} }}
    VAR    ${retail} =    ${{ {"name": "Commerce", "industry": "retail"} }}
    VAR    ${software} =    ${{ {"name": "Commerce", "industry": "technology", "location": "Ottawa"} }}
    ${batch} =    Research Batch    ${{[$halifax, $ludlow, $retail, $software]}}
    Companies Should Be Found By Hints    ${batch}
    Batch Results Should Agree In Every Format    ${batch}    csv    xml

Discoveries Of One Name
    [Documentation]    So is the one to which others are similar.
    VAR    ${halifax} =    ${{ {"name": "Bread", "location": "Halifax"} }}
    VAR    ${retail} =    ${{ {"name": "Commerce", "industry": "retail"} }}
    ${batch} =    Start Batch Discovery
    ...    ${{[$halifax, $retail]}}    limit=3    similarity_threshold=0.2    deduplicate_results=False
    Follow Batch    ${batch}
    ${researched} =    Research Batch    ${{[$halifax, $retail]}}
    Discoveries Should Follow Hints    ${batch}    ${researched}

Hostile Names
    [Documentation]    Names that are formulas, paths or markup, and of any script, stay what they are, in each format.
    ${batch} =    Research Batch    ${HOSTILE}    max_retries=0
    Each Company Should Have One Outcome    ${batch}
    Batch Results Should Agree In Every Format    ${batch}

One Company Several Times
    [Documentation]    A company that stands in a batch three times has three outcomes, with the metadata that were sent.
    VAR    ${described} =    ${{ {"name": "Slack", "metadata": {"ticket": 27, "of": ["us"]}} }}
    ${batch} =    Research Batch    ${{["Slack", $described, "Zoom", "Slack"]}}    concurrency=1
    Each Company Should Have One Outcome    ${batch}
    Batch Numbers Should Add Up    ${batch}

Unknown Companies
    [Documentation]    A batch in which no company exists fails, each with its reason, and nothing is invented.
    ${batch} =    Research Batch    ${{["Fake Corp ABC456", "Nonexistent Company XYZ123"]}}
    Get Batch Status    ${batch}    ==    failed
    Get Batch Success Rate    ${batch}    ==    0
    Websocket Should Bring    /ws/progress/${batch.id}    job_failed
    Each Company Should Have One Outcome    ${batch}
    Batch Numbers Should Add Up    ${batch}

Progress Over A Websocket
    [Documentation]    The progress of a batch comes over a WebSocket, and its end, also where a company failed.
    ${batch} =    Start Batch Research    ${{["Slack", "Zoom", "Figma", "Fake Corp ABC456"]}}    concurrency=1
    Batch Websocket Should Report Everything    ${batch}
    Websocket Should Bring    /ws/progress/${batch.id}    job_completed

Similar Companies
    [Documentation]    A batch of discoveries of companies with similar ones in common finds them, and lists none twice.
    ${batch} =    Start Batch Discovery    ${{["Stripe", "Adyen"]}}    limit=5
    Follow Batch    ${batch}
    Get Batch Status    ${batch}    ==    completed
    Each Company Should Have One Outcome    ${batch}
    Batch Matches Should Be Distinct    ${batch}
    Batch Results Should Agree In Every Format    ${batch}

Similar Companies Of Several
    [Documentation]    Where duplicates are left in, a company comes with each that it is similar to.
    ${batch} =    Start Batch Discovery    ${{["Stripe", "Adyen"]}}    limit=5    deduplicate_results=False
    Follow Batch    ${batch}
    Batch Matches Should Repeat    ${batch}

Discovery Config Is Used
    [Documentation]    Limit, filters and explanations of a batch of discoveries hold for each of its companies.
    VAR    ${filters} =    ${{ {"exclude_companies": ["Square"]} }}
    VAR    ${config} =    ${{ {"company_name": "each", "limit": 2, "enable_ai_explanations": False, "filters": $filters} }}
    VAR    ${body} =    ${{ {"input_data": [{"name": "Stripe"}], "discovery_config": $config} }}
    ${id} =    Get Response Field    POST /batch/discover    job_id    body=${body}
    Wait Until Keyword Succeeds    60 s    100 ms    Get Response Field    GET /batch/jobs/${id}    status    ==    completed
    VAR    ${kept} =    not any(match["company"]["name"] == "Square" or match["similarity_explanation"] for match in value)
    Get Response Field    GET /batch/jobs/${id}/download    0.result.results    validate    0 < len(value) <= 2 and ${kept}

Discovery Config Is That Of A Discovery
    [Documentation]    What a batch of discoveries finds for a company is what a discovery with the same entries finds.
    [Template]    Batch Finds The Same
    {"similarity_threshold": 1}
    {"similarity_threshold": 0.2, "source_preference": ["vector"]}
    {"similarity_threshold": 0.2, "source_preference": ["vector"], "limit": 1}
    {"similarity_threshold": 0.2, "source_preference": ["vector"], "filters": {"business_model": ["saas"]}}


*** Keywords ***
Batch Finds The Same
    [Documentation]    A discovery, and a batch of one company, with the same entries.
    [Arguments]    ${entries}
    VAR    ${config} =    ${{ json.loads($entries) | {"company_name": "Slack"} }}
    VAR    ${body} =    ${{ {"input_data": [{"name": "Slack"}], "discovery_config": $config} }}
    ${single} =    Get Response Field    POST /discover    job_id    body=${config}
    ${batch} =    Get Response Field    POST /batch/discover    job_id    body=${body}
    Wait Until Keyword Succeeds    60 s    100 ms    Get Response Field    GET /discover/${single}    status    ==    completed
    Wait Until Keyword Succeeds    60 s    100 ms    Get Response Field    GET /batch/jobs/${batch}    status    ==    completed
    ${results} =    Get Response Field    GET /discover/${single}    results
    VAR    ${found} =    ${{ [(match["company"]["domain"], match["similarity_score"]) for match in $results] }}
    Get Response Field    GET /batch/jobs/${batch}/download    0.result.results    validate
    ...    [(match["company"]["domain"], match["similarity_score"]) for match in value] == ${found}

Have A Batch
    [Documentation]    The ten companies of the ticket's small_batch_processing, three at a time.
    VAR    @{names} =    Stripe    Square    PayPal    Shopify    Zoom    Slack    Notion    Figma    Canva    Asana
    ${batch} =    Research Batch    ${names}    concurrency=3
    VAR    ${BATCH} =    ${batch}    scope=SUITE
