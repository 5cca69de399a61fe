# robocop: off=TAG05  # the tag of the folder above can be taken from each test alone
*** Settings ***
Documentation       Each decision on a workflow is about the step that waits, and who may decide nothing changes nothing.
Metadata            Scenario    workflow_decisions

Library             PromptCraftLibrary
Library             TheodoreLibrary

Test Tags           area:workflows    control:SOC2-PI1.3    scenario:workflow_decisions    system:promptcraft


*** Variables ***
@{EVERYBODY}    admin    developer    analyst    viewer    service    partner    NOBODY


*** Test Cases ***
Followed
    [Documentation]    Each sequence of decisions brings what it says: an approval its own step, a rejection the end.
    [Tags]    -system:theodore
    [Template]    Workflow Should Follow Decisions
    approved    approver=admin    identity=developer
    rejected    approver=admin    identity=developer
    approved    rejected    approver=developer    identity=admin
    approved    approved    rejected    approver=admin    identity=developer
    approved    approved    approved    approved    approver=developer    identity=admin
    approved    approved    approved    rejected    approver=admin    identity=admin

While It Waits
    [Documentation]    Who may not decide on a workflow that waits changes nothing of it, and then it goes on.
    [Tags]    -system:theodore
    ${workflow} =    Execute Workflow    collect    review    publish    approval=review
    Follow Workflow    ${workflow}
    Decisions Should Change Nothing    ${workflow}    analyst    viewer    partner    NOBODY
    Approve Workflow    ${workflow}
    Workflow Should Have Run In Order    ${workflow}

While It Runs
    [Documentation]    A workflow that waits for nothing is not decided on, and goes on.
    [Tags]    -system:theodore
    Make Dependency Misbehave    orchestrator    delay=0.4 s    system=promptcraft
    ${workflow} =    Execute Workflow    collect    publish
    Decisions Should Change Nothing    ${workflow}    admin    developer    viewer
    Follow Workflow    ${workflow}
    Workflow Should Have Run In Order    ${workflow}

After Its End
    [Documentation]    A workflow stays as it ended, by itself or by a decision, whoever decides on it.
    [Tags]    -system:theodore
    [Template]    Stays As It Ended
    completed
    approved
    rejected
    cancelled
    failed

Fails In The Middle
    [Documentation]    A step that fails behind others ends the workflow there, and the steps before it stay completed.
    [Tags]    -system:theodore
    ${workflow} =    Execute Workflow    collect    review    publish    approval=review
    Follow Workflow    ${workflow}
    Make Dependency Misbehave    orchestrator    status=404    times=1    system=promptcraft
    Approve Workflow    ${workflow}
    Workflow Should Report Failed Step    ${workflow}    review

Fails At The End
    [Documentation]    So does the last one.
    [Tags]    -system:theodore
    ${workflow} =    Execute Workflow    collect    review    approval=review
    Follow Workflow    ${workflow}
    Make Dependency Misbehave    orchestrator    status=503    times=1    system=promptcraft
    Approve Workflow    ${workflow}
    Workflow Should Report Failed Step    ${workflow}    review


*** Keywords ***
Stays As It Ended
    [Documentation]    Ends a workflow in a way, and has everybody decide on it in vain.
    [Arguments]    ${end}
    IF    $end == 'failed'
        Make Dependency Misbehave    orchestrator    status=500    times=1    system=promptcraft
    END
    VAR    ${waiting} =    ${{'' if $end in ('completed', 'failed') else 'review'}}
    ${workflow} =    Execute Workflow    review    approval=${waiting}
    Follow Workflow    ${workflow}
    IF    $end == 'cancelled'
        Cancel Workflow    ${workflow}
    ELSE IF    $waiting
        Approve Workflow    ${workflow}    decision=${end}
    END
    Decisions Should Change Nothing    ${workflow}    @{EVERYBODY}
