*** Settings ***
Documentation       How long what users do takes, one at a time, against the expected times and tolerances of the enterprise
...                 testing ticket. Earlier runs are a trend and gate nothing; two builds are compared in the suite regression.
Metadata            Scenario    benchmarks

Library             TestDataLibrary
Resource            theodore/load.resource
Resource            theodore/discovery.resource

Suite Setup         Have Company

Test Tags           area:benchmarks    control:SOC2-A1.1    scenario:benchmarks


*** Variables ***
# Have Company sets it.
@{RECORDS}          @{EMPTY}


*** Test Cases ***
Single Company Research
    [Documentation]    One company is researched within 5 s, 20 % tolerated.
    [Tags]    benchmark:single_company_research
    Benchmark    single company research    Research And Check    Slack    expected=5 s    tolerance=20 %
    ...    iterations=${ITERATIONS}[0]    warm_up=${WARM_UP}

Research With Similarity
    [Documentation]    A research that names similar companies too is done within the time of a research.
    [Tags]    benchmark:research_with_similarity    profile:full
    VAR    @{others} =    Adyen    Square
    Research Batch    ${others}
    Benchmark    research with similarity    Research With Similarity And Check    Stripe    expected=5 s    tolerance=20 %
    ...    iterations=${ITERATIONS}[0]    warm_up=${WARM_UP}

Unknown Company Research
    [Documentation]    That a company does not exist is known within the time of a research.
    [Tags]    benchmark:research_unknown_company
    Benchmark    research of an unknown company    Research Of Unknown Company    expected=5 s    tolerance=20 %
    ...    iterations=${ITERATIONS}[1]    warm_up=${WARM_UP}

Similarity Discovery
    [Documentation]    Similar companies are found within 3 s, 25 % tolerated.
    [Tags]    benchmark:similarity_discovery
    Benchmark    similarity discovery    Discover And Check    Stripe    expected=3 s    tolerance=25 %
    ...    iterations=${ITERATIONS}[1]    warm_up=${WARM_UP}

Data Export
    [Documentation]    Companies are exported to CSV within 2 s, 30 % tolerated.
    [Tags]    benchmark:data_export_csv
    Benchmark    data export csv    Export And Check    expected=2 s    tolerance=30 %
    ...    iterations=${ITERATIONS}[1]    warm_up=${WARM_UP}

Batch Of Companies
    [Documentation]    A batch of 10 companies is done within 30 s, 35 % tolerated.
    [Tags]    benchmark:batch_processing_10
    Benchmark    batch processing 10    Research Batch And Check    10    expected=30 s    tolerance=35 %
    ...    iterations=${ITERATIONS}[2]    warm_up=0

Batch Of A Hundred Companies
    [Documentation]    A batch of 100 companies is done within ten times the time of 10, 300 s, 35 % tolerated.
    [Tags]    benchmark:batch_research_100_companies    profile:full
    Benchmark    batch research 100 companies    Research Batch And Check    100    expected=300 s    tolerance=35 %
    ...    iterations=2    warm_up=0


*** Keywords ***
Have Company
    [Documentation]    A company that was researched, so that there is something to export.
    ${research} =    Research Company    Figma
    VAR    @{RECORDS} =    ${research.record}    scope=SUITE

Research And Check    # robotcode: ignore[KeywordNotUsed]
    [Documentation]    A research of a company that is right.
    [Arguments]    ${company}
    ${research} =    Research Company    ${company}
    Get Research Status    ${research}    ==    completed
    Get Research Field    ${research}    name    ==    ${company}

Research With Similarity And Check    # robotcode: ignore[KeywordNotUsed]
    [Documentation]    A research of a company that is right, with the companies that are like it.
    [Arguments]    ${company}
    ${research} =    Research Company    ${company}    include_similarity_analysis=True
    Get Research Status    ${research}    ==    completed
    Get Research Field    ${research}    name    ==    ${company}
    Similarity Analysis Should Be Sound    ${research}

Research Of Unknown Company    # robotcode: ignore[KeywordNotUsed]
    [Documentation]    A research that fails since nobody has that name.
    ${research} =    Research Company    Nonexistent Company XYZ123
    Get Research Status    ${research}    ==    failed

Discover And Check    # robotcode: ignore[KeywordNotUsed]
    [Documentation]    A discovery whose results are sound.
    [Arguments]    ${company}
    ${discovery} =    Discover Similar Companies    ${company}
    Results Should Be Sound    ${discovery}    at_least=3

Export And Check    # robotcode: ignore[KeywordNotUsed]
    [Documentation]    An export that holds what was researched.
    ${export} =    Export Companies    csv
    Export Should Hold Companies    ${export}    ${RECORDS}

Research Batch And Check    # robotcode: ignore[KeywordNotUsed]
    [Documentation]    A batch of so many companies that is successful.
    [Arguments]    ${count}
    ${names} =    Create Company Batch    ${count}
    ${batch} =    Research Batch    ${names}    timeout=10 min
    Batch Numbers Should Add Up    ${batch}
