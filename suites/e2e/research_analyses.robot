*** Settings ***
Documentation       A research makes the ticket's similarity analysis and competitive analysis where they are requested.
Metadata            Scenario    research_analyses

Library             TheodoreLibrary

Suite Setup         Have Competitors

Test Tags           area:research    area:discovery    control:SOC2-PI1.3    scenario:research_analyses


*** Test Cases ***
Both Analyses
    [Documentation]    The similar companies are those of a discovery, and the competitors those of the record.
    ${research} =    Research Company    Stripe    include_similarity_analysis=True    include_competitive_analysis=True
    Similarity Analysis Should Be Sound    ${research}    at_least=2
    Competitive Analysis Should Be Sound    ${research}

Similarity Analysis Alone
    [Documentation]    The analysis of another company is its own, and none is made that was not requested.
    ${research} =    Research Company    PayPal    include_similarity_analysis=True
    Similarity Analysis Should Be Sound    ${research}    at_least=2
    Research Should Have No Other Analyses    ${research}

Competitive Analysis Of A Given Website
    [Documentation]    Where the website is given the competitors are analysed too.
    ${research} =    Research Company    Adyen    website=https://adyen.com    include_competitive_analysis=True
    Competitive Analysis Should Be Sound    ${research}
    Research Should Have No Other Analyses    ${research}

Analyses Of A Batch
    [Documentation]    Each company of a batch has the analyses that the batch requested, in each format of its results.
    ${batch} =    Start Batch Research    ${{["Stripe", "PayPal"]}}    concurrency=1    include_similarity_analysis=True
    ...    include_competitive_analysis=True
    Follow Batch    ${batch}
    Batch Analyses Should Be Sound    ${batch}    at_least=2
    Batch Results Should Agree In Every Format    ${batch}    csv    yaml

Similarity Analysis Alone In A Batch
    [Documentation]    A company of a batch has the analysis that the batch requested, and not the other one.
    [Template]    Batch Makes
    include_similarity_analysis

Competitive Analysis Alone In A Batch
    [Documentation]    A company of a batch has the analysis that the batch requested, and not the other one.
    [Template]    Batch Makes
    include_competitive_analysis

No Analysis
    [Documentation]    A research makes no analysis that was not requested.
    ${research} =    Research Company    Stripe
    Research Should Have No Other Analyses    ${research}


*** Keywords ***
Have Competitors
    [Documentation]    Companies that name each other as competitors.
    Research Batch    ${{["PayPal", "Square", "Shopify", "Adyen"]}}    concurrency=4

Batch Makes
    [Documentation]    A batch that requests one analysis.
    [Arguments]    ${analysis}
    VAR    &{requested} =    ${analysis}=${True}
    ${batch} =    Start Batch Research    ${{["PayPal"]}}    &{requested}
    Follow Batch    ${batch}
    Batch Analyses Should Be Sound    ${batch}    at_least=2
