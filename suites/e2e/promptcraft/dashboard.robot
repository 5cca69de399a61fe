# robocop: off=TAG05  # the tag of the folder above can be taken from each test alone
*** Settings ***
Documentation       What people see of analytics in a browser is what its executions say, and nothing where there is nothing.
Metadata            Scenario    dashboard

Library             PromptCraftLibrary
Library             TestDataLibrary

Test Tags           area:dashboard    control:SOC2-PI1.3    scenario:dashboard    system:promptcraft


*** Test Cases ***
Figures
    [Documentation]    Each figure on the page is the one that is recomputed from the executions.
    [Tags]    -system:theodore
    ${executions} =    Generate Executions    120    agents=4
    Store Executions    ${executions}    identity=analyst
    Dashboard Should Show Figures    identity=analyst

Chosen Figures
    [Documentation]    What the page's address says of range, periods, agent and user chooses the figures on it.
    [Tags]    -system:theodore
    ${executions} =    Generate Executions    120    agents=4    days=60
    Store Executions    ${executions}    identity=analyst
    Dashboard Should Show Figures    time_range=90d    granularity=week    agent=agent_000    identity=analyst
    Dashboard Should Show Figures    time_range=1y    granularity=month    user=user00000    identity=analyst

States
    [Documentation]    The page says that figures are loading, that there are none, and that they could not be loaded.
    [Tags]    -system:theodore
    Dashboard Should Show Its States    identity=analyst
