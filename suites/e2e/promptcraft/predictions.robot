# robocop: off=TAG05  # the tag of the folder above can be taken from each test alone
*** Settings ***
Documentation       A model behind an endpoint is scored on executions whose end is known, and says what it is.
Metadata            Scenario    predictions

Library             PromptCraftLibrary

Test Tags           area:predictions    control:SOC2-PI1.3    scenario:predictions    system:promptcraft


*** Variables ***
# How 120 executions ended: a third of them slow, a sixth badly tested.
${LABELLED}         ${CURDIR}/labelled_executions.csv
&{FEATURES}         processing_time_ms=${1200}    test_success_rate=${0.97}


*** Test Cases ***
Accuracy
    [Documentation]    The model is proved to be right in 95 % of cases, and predicts as much of each kind as there is.
    [Tags]    -system:theodore
    Predictions Should Be Accurate    ${LABELLED}    label=status    identity=analyst

Model
    [Documentation]    The model states its version, and was trained within a year.
    [Tags]    -system:theodore
    Model Should Be Current    ${FEATURES}    identity=analyst
