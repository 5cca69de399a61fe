*** Settings ***
Documentation       The version under test side by side with a reference build: what users wait for is no slower.
Metadata            Scenario    regression

Resource            theodore/load.resource

Suite Setup         Sign In Should Work

Test Tags           area:regression    control:SOC2-CC8.1    scenario:regression    check:regression


*** Test Cases ***
No Slower Than The Reference
    [Documentation]    Reads of the API and suggestions are no slower than in the reference build, by restarts in random order.
    ${version} =    Define Load Step    GET    /version    fields={"version": "*"}    name=version
    ${profile} =    Define Load Step    GET    /auth/profile    fields={"username": "{{username}}"}    name=profile
    ${plugins} =    Define Load Step    GET    /plugins?limit=2    fields={"plugins.0.name": "*"}    name=plugins
    ${suggestions} =    Define Load Step    GET    /discover/suggestions?query=Sla    text=Slack    name=suggestions
    Builds Should Be As Fast    ${version}    ${profile}    ${plugins}    ${suggestions}    restarts=${RESTARTS}
    ...    reference=${REFERENCE}
