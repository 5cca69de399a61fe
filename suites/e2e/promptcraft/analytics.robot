# robocop: off=TAG05  # the tag of the folder above can be taken from each test alone
*** Settings ***
Documentation       Every figure of PromptCraft's analytics is what its executions say, recomputed by other code.
Metadata            Scenario    analytics

Library             PromptCraftLibrary
Library             TestDataLibrary
Library             TheodoreLibrary

Suite Setup         Have Executions

Test Tags           area:analytics    control:SOC2-PI1.3    scenario:analytics    system:promptcraft


*** Variables ***
${INSIGHTS}     ${NONE}    # Have Executions sets them.


*** Test Cases ***
Summary
    [Documentation]    Counts, means, percentiles, rates and sums over all executions, failed ones too.
    [Tags]    -system:theodore    gate:analytics-accuracy
    Figures Should Be Right    ${INSIGHTS}    summary

Trends By Hour
    [Documentation]    Each hour in UTC has its executions.
    [Tags]    -system:theodore
    ${insights} =    Get Insights    granularity=hour    identity=admin
    Figures Should Be Right    ${insights}    trends

Trends By Day
    [Documentation]    Each day in UTC has its executions.
    [Tags]    -system:theodore    gate:analytics-accuracy
    Figures Should Be Right    ${INSIGHTS}    trends

Trends By Week
    [Documentation]    Each week from Monday on has its executions.
    [Tags]    -system:theodore
    ${insights} =    Get Insights    granularity=week    identity=admin
    Figures Should Be Right    ${insights}    trends

Trends By Month
    [Documentation]    Each month has its executions, over a year.
    [Tags]    -system:theodore
    ${insights} =    Get Insights    time_range=1y    granularity=month    identity=admin
    Figures Should Be Right    ${insights}    trends

Agents
    [Documentation]    Each agent has its own figures, the one that is used most first.
    [Tags]    -system:theodore    gate:analytics-accuracy
    Figures Should Be Right    ${INSIGHTS}    agent_performance

Users
    [Documentation]    All users are counted once, and those who use the platform much or seldom.
    [Tags]    -system:theodore    gate:analytics-accuracy
    Figures Should Be Right    ${INSIGHTS}    users

Costs
    [Documentation]    Costs are added up exactly; outliers are those above the 95th percentile.
    [Tags]    -system:theodore    gate:analytics-accuracy
    Figures Should Be Right    ${INSIGHTS}    costs

Recommendations
    [Documentation]    The recommendations are those that follow from the agents' means, in the order of their priority.
    [Tags]    -system:theodore
    Figures Should Be Right    ${INSIGHTS}    recommendations

One Week
    [Documentation]    A shorter range of time leaves out what is older.
    [Tags]    -system:theodore
    ${insights} =    Get Insights    time_range=7d    identity=admin
    Figures Should Be Right    ${insights}    summary

One Agent
    [Documentation]    With a filter only the executions of an agent count.
    [Tags]    -system:theodore
    ${insights} =    Get Insights    agent=agent_000    identity=admin
    Figures Should Be Right    ${insights}    summary

One User
    [Documentation]    With a filter only the executions of a user count.
    [Tags]    -system:theodore
    ${insights} =    Get Insights    user=user00001    identity=admin
    Figures Should Be Right    ${insights}    summary

Other Tenant
    [Documentation]    The executions of another tenant are in its own figures alone.
    [Tags]    -system:theodore    gate:analytics-accuracy
    ${other} =    Generate Executions    40    agents=2
    Store Executions    ${other}    identity=partner
    ${foreign} =    Get Insights    time_range=90d    identity=partner
    ${own} =    Get Insights    time_range=90d    identity=admin
    Figures Should Be Right    ${foreign}    summary
    Figures Should Be Right    ${own}    summary

Clusters Add Up
    [Documentation]    Each user stands in one of three clusters.
    [Tags]    -system:theodore
    Clusters Should Hold Each User Once    ${INSIGHTS}

Figures Of Clusters
    [Documentation]    Each cluster has the figures of its users, and a name in the order of their use.
    [Tags]    -system:theodore
    Clusters Should Have Their Figures    ${INSIGHTS}

Clusters Fit Groups
    [Documentation]    The clusters are the groups that were planted, by the adjusted Rand index.
    [Tags]    -system:theodore
    ${executions} =    Generate Executions    1000    agent=qa_{unique}
    Store Executions    ${executions}    identity=admin
    ${insights} =    Get Insights    agent=${executions.agent}    identity=admin
    Clusters Should Match Groups    ${insights}    ${executions.user_groups}

Clusters Are Stable
    [Documentation]    The same executions give the same clusters, whether those of the least or the most busy users come first.
    [Tags]    -system:theodore
    ${executions} =    Generate Executions    1000    agent=qa_{unique}
    ${least_busy_first} =    Evaluate    $executions.by_use()
    ${most_busy_first} =    Evaluate    $executions.by_use().reversed()
    Store Executions    ${least_busy_first}    identity=admin
    Store Executions    ${most_busy_first}    identity=partner
    ${insights} =    Get Insights    agent=${executions.agent}    identity=admin
    ${reordered} =    Get Insights    agent=${executions.agent}    identity=partner
    Clusters Should Not Depend On Order    ${insights}    ${reordered}

Planted Problems
    [Documentation]    Of 96 problems of agents, so many are recommended that precision and recall are proved to reach 95 %.
    [Tags]    -system:theodore    gate:recommendation-accuracy
    ${executions} =    Generate Executions    4025    agents=161    problems=True    user=qa_{unique}
    Store Executions    ${executions}    identity=partner
    ${insights} =    Get Insights    time_range=90d    granularity=month    user=${executions.user}    identity=partner
    Recommendations Should Find Problems    ${insights}    ${executions.planted}    executions=${executions}

Requested Parts
    [Documentation]    Each metric brings its parts alone, with the figures that they have among all.
    [Tags]    -system:theodore
    Only Requested Figures Should Be Shown    identity=admin

Filters Are Exact
    [Documentation]    A filter chooses whoever has exactly that name, and nobody with a name like it.
    [Tags]    -system:theodore
    Filters Should Be Exact    identity=admin

Free Of Charge
    [Documentation]    Executions that cost nothing have figures, too, whatever is divided by their costs.
    [Tags]    -system:theodore
    ${executions} =    Generate Executions    60    agent=qa_{unique}    free=True
    Store Executions    ${executions}    identity=partner
    ${insights} =    Get Insights    agent=${executions.agent}    identity=partner
    Figures Should Be Right    ${insights}    costs
    Figures Should Be Right    ${insights}    agent_performance

One User Of One Agent
    [Documentation]    Both filters together choose the executions that satisfy both.
    [Tags]    -system:theodore
    ${insights} =    Get Insights    agent=agent_000    user=user00000    identity=admin
    Figures Should Be Right    ${insights}    summary

At The Limits
    [Documentation]    Users, agents, costs and moments that lie on a limit are counted on its right side.
    [Tags]    -system:theodore    gate:analytics-accuracy
    ${executions} =    Generate Boundary Executions
    Store Executions    ${executions}    identity=partner
    FOR    ${granularity}    IN    hour    week    month
        ${insights} =    Get Insights    time_range=1y    granularity=${granularity}    identity=partner
        Figures Should Be Right    ${insights}    trends
    END
    Figures Should Be Right    ${insights}    users
    Figures Should Be Right    ${insights}    costs
    Figures Should Be Right    ${insights}    recommendations

Nothing To Count
    [Documentation]    Figures over no executions are an error in words, and no zeros.
    [Tags]    -system:theodore
    Analytics Without Data Should Say So

Present Moment
    [Documentation]    The figures of the last minutes are those of the executions in them.
    [Tags]    -system:theodore
    ${workflow} =    Execute Workflow    collect    publish    identity=admin
    Follow Workflow    ${workflow}
    Make Dependency Misbehave    orchestrator    status=500    times=1    system=promptcraft
    ${failed} =    Execute Workflow    collect    identity=admin
    Follow Workflow    ${failed}
    Realtime Figures Should Be Right    identity=admin
    ${other} =    Execute Workflow    collect    identity=partner
    Follow Workflow    ${other}
    Realtime Figures Should Be Right    identity=partner

Open Workflows
    [Documentation]    Workflows that wait for an approval are counted as active.
    [Tags]    -system:theodore
    ${own} =    Get Active Workflows    identity=admin
    ${foreign} =    Get Active Workflows    identity=partner
    ${first} =    Execute Workflow    review    approval=review    identity=admin
    ${second} =    Execute Workflow    review    approval=review    identity=admin
    Follow Workflow    ${first}
    Follow Workflow    ${second}
    Active Workflows Should Be Counted    2    beside=${own}    identity=admin
    Active Workflows Should Be Counted    0    beside=${foreign}    identity=partner


*** Keywords ***
Have Executions
    [Documentation]    Executions of a tenant, with groups of users that are far apart.
    ${executions} =    Generate Executions    1000
    Store Executions    ${executions}    identity=admin
    ${insights} =    Get Insights    identity=admin
    VAR    ${INSIGHTS} =    ${insights}    scope=SUITE
