*** Settings ***
Documentation       The limits of queries are inclusive, what lies beyond is refused, and pages are whole.
Metadata            Scenario    promises_queries

Library             ApiLibrary

Suite Setup         Count Plugins

Test Tags           area:promises    control:SOC2-PI1.3    scenario:promises_queries
Test Template       Request Should Be Answered


*** Variables ***
# Count Plugins sets it.
${COUNT}            ${NONE}


*** Test Cases ***
Quick Limit 0
    GET    /discover/quick?company_name=Slack&limit=0    422

Quick Limit 1
    GET    /discover/quick?company_name=Slack&limit=1    200

Quick Limit 50
    GET    /discover/quick?company_name=Slack&limit=50    200

Quick Limit 51
    GET    /discover/quick?company_name=Slack&limit=51    422

Quick Threshold Below 0
    GET    /discover/quick?company_name=Slack&limit=2&similarity_threshold=-0.01    422

Quick Threshold 0
    GET    /discover/quick?company_name=Slack&limit=2&similarity_threshold=0    200

Quick Threshold 1
    GET    /discover/quick?company_name=Slack&limit=2&similarity_threshold=1    200

Quick Threshold Above 1
    GET    /discover/quick?company_name=Slack&limit=2&similarity_threshold=1.01    422

Quick Company Name 200
    GET    /discover/quick?company_name=${{"q" * 200}}    404

Quick Company Name 201
    GET    /discover/quick?company_name=${{"q" * 201}}    422

Quick Company Name Missing
    GET    /discover/quick    422

Suggestions Query 1
    GET    /discover/suggestions?query=S    422

Suggestions Query 2
    GET    /discover/suggestions?query=Sl    200

Suggestions Query 200
    GET    /discover/suggestions?query=${{"q" * 200}}    200

Suggestions Query 201
    GET    /discover/suggestions?query=${{"q" * 201}}    422

Suggestions Limit 0
    GET    /discover/suggestions?query=Slack&limit=0    422

Suggestions Limit 1
    GET    /discover/suggestions?query=Slack&limit=1    200

Suggestions Limit 50
    GET    /discover/suggestions?query=Slack&limit=50    200

Suggestions Limit 51
    GET    /discover/suggestions?query=Slack&limit=51    422

Suggestions Query Missing
    GET    /discover/suggestions    422

Search Query 1
    GET    /plugins/search?query=s    422

Search Query 2
    GET    /plugins/search?query=sl    200

Search Limit 0
    GET    /plugins/search?query=slack&limit=0    422

Search Limit 1
    GET    /plugins/search?query=slack&limit=1    200

Search Limit 100
    GET    /plugins/search?query=slack&limit=100    200

Search Limit 101
    GET    /plugins/search?query=slack&limit=101    422

Search Query Missing
    GET    /plugins/search    422

Batch Type 50
    GET    /batch/jobs?job_type=${{"q" * 50}}    200

Batch Type 51
    GET    /batch/jobs?job_type=${{"q" * 51}}    422

Plugins Limit 0
    GET    /plugins?limit=0    422

Plugins Limit 1
    GET    /plugins?limit=1    200

Plugins Limit 200
    GET    /plugins?limit=200    200

Plugins Limit 201
    GET    /plugins?limit=201    422

Plugins Offset Below 0
    GET    /plugins?offset=-1    422

Plugins Offset Last
    [Template]    Page Has
    /plugins?offset=${{ $COUNT - 1 }}    plugins    1

Plugins Offset Beyond
    [Template]    Page Has
    /plugins?offset=${COUNT}    plugins    0

Plugins Has More
    [Template]    Get Response Field
    GET /plugins?limit=1    has_more    ==    True
    GET /plugins?limit=${COUNT}    has_more    ==    False

Plugins In Another Writing
    [Template]    Search Finds The Same
    /plugins?search=    plugins
    /plugins/search?query=    results

Metrics Period 0
    GET    /metrics?period_seconds=0    422

Metrics Period 1
    GET    /metrics?period_seconds=1    200

Metrics Period 86400
    GET    /metrics?period_seconds=86400    200

Metrics Period 86401
    GET    /metrics?period_seconds=86401    422

Plugins Total
    [Template]    Get Response Field
    GET /plugins?limit=1    total    ==    ${COUNT}

Search Category
    [Template]    Page Has
    /plugins/search?query=slack&category=storage    results    0
    /plugins/search?query=slack&category=notification    results    1

Search Sources
    [Template]    Get Response Field
    GET /plugins/search?query=slack&source_types=github    sources_searched    contains    github
    GET /plugins/search?query=slack&source_types=github&source_types=local    sources_searched    validate
    ...    sorted(value) == ["github", "local"]

Plugin Status As Listed
    [Template]    Plugin Is As Listed
    slack-notifier
    headless-scraper

Plugins Of No Such Kind
    [Template]    Page Has
    /plugins?category=nosuch    plugins    0
    /plugins?status=nosuch    plugins    0
    /plugins?search=nosuch    plugins    0

Plugins Say Which Page
    [Documentation]    A page names its limit and offset, by default 50 and 0, and each state and category that there is.
    [Template]    Get Response Field
    GET /plugins    limit    ==    50
    GET /plugins    offset    ==    0
    GET /plugins?limit=2&offset=3    limit    ==    2
    GET /plugins?limit=2&offset=3    offset    ==    3
    GET /plugins    available_statuses    validate    sorted(value) == ["available", "disabled", "enabled", "installed"]
    GET /plugins?category=storage    plugins    validate    value and {plugin["category"] for plugin in value} == {"storage"}
    GET /plugins?status=installed    plugins    validate    value and {plugin["status"] for plugin in value} == {"installed"}

Search Says What It Shows
    [Template]    Get Response Field
    GET /plugins/search?query=slack    query    ==    slack
    GET /plugins/search?query=slack    total_found    ==    1
    GET /plugins/search?query=slack    showing    ==    1
    GET /plugins/search?query=er&limit=1    showing    ==    1
    GET /plugins/search?query=er&limit=1    results    validate    len(value) == 1

Search Tells Of More
    [Documentation]    Where a limit cuts off what was found, the total is that of all.
    [Template]    NONE
    ${all} =    Get Response Field    GET /plugins/search?query=er&limit=100    results
    Get Response Field    GET /plugins/search?query=er&limit=1    total_found    ==    ${{ len($all) }}
    Get Response Field    GET /plugins/search?query=er&limit=1    total_found    >    1

Quick Says What Was Asked
    [Template]    NONE
    ${plain} =    Send Request    GET /discover/quick?company_name=Figma&limit=1
    Get Response Field    ${plain}    query_company    ==    Figma
    Get Response Field    ${plain}    similarity_threshold    ==    0.6
    Get Response Field    ${plain}    total_found    ==    1
    ${strict} =    Send Request    GET /discover/quick?company_name=Figma&limit=1&similarity_threshold=1
    Get Response Field    ${strict}    similarity_threshold    ==    1
    Get Response Field    ${strict}    total_found    ==    0

Suggestions Say What Was Asked
    [Template]    Get Response Field
    GET /discover/suggestions?query=Salesfor    query    ==    Salesfor
    GET /discover/suggestions?query=Salesfor    suggestions    contains    Salesforce
    GET /discover/suggestions?query=qqqqqqqq    count    ==    0
    GET /discover/suggestions?query=co&limit=1    count    ==    1

Metrics Say Which Period
    [Template]    Get Response Field
    GET /metrics    period_seconds    ==    300
    GET /metrics?period_seconds=60    period_seconds    ==    60

Plugins Of Two Kinds
    [Documentation]    Filters hold together.
    [Template]    NONE
    ${one} =    Get Response Field    GET /plugins?status=available    plugins
    VAR    ${category} =    ${one}[0][category]
    VAR    ${both} =    ${{[each["name"] for each in $one if each["category"] == "${category}"]}}
    Get Response Field    GET /plugins?status=available&category=${category}    plugins
    ...    validate    [plugin["name"] for plugin in value] == ${both}
    VAR    ${first} =    ${{ [each["name"] for each in $one if each["category"] == "${category}"][:1] }}
    Get Response Field    GET /plugins?status=available&category=${category}&search=${both}[0]    plugins
    ...    validate    [plugin["name"] for plugin in value] == ${first}
    Get Response Field    GET /plugins?status=installed&category=${category}&search=${both}[0]    total    ==    0
    Get Response Field    GET /plugins?status=available&offset=1&limit=1    plugins
    ...    validate    [plugin["name"] for plugin in value] == ${{[each["name"] for each in $one][1:2]}}


*** Keywords ***
Count Plugins
    [Documentation]    How many plugins there are.
    ${plugins} =    Get Response Field    GET /plugins?limit=200    plugins
    VAR    ${COUNT} =    ${{ len($plugins) }}    scope=SUITE

Page Has
    [Documentation]    A page has so many items.
    [Arguments]    ${path}    ${field}    ${count}
    Get Response Field    GET ${path}    ${field}    validate    len(value) == ${count}

Search Finds The Same
    [Documentation]    A search finds in capital letters what it finds in small ones.
    [Arguments]    ${path}    ${field}
    ${found} =    Get Response Field    GET ${path}slack    ${field}
    Get Response Field    GET ${path}SLACK    ${field}    ==    ${found}

Plugin Is As Listed
    [Documentation]    The status of a plugin has the values of the list.
    [Arguments]    ${name}
    ${listed} =    Get Response Field    GET /plugins?search=${name}    plugins
    ${status} =    Send Request    GET /plugins/${name}/status
    FOR    ${field}    IN    status    version    category
        Response Field Should Be    ${status}    ${field}    ${listed}[0][${field}]
    END
