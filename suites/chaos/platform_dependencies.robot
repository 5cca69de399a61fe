# robocop: off=TAG05  # the tag of the folder above can be taken from each test alone
*** Settings ***
Documentation       What PromptCraft stands on is gone: it says so, fails openly, keeps who is signed in, and comes back.
Metadata            Scenario    platform_dependencies

Library             ApiLibrary
Library             ChaosLibrary
Library             PromptCraftLibrary

Test Setup          Sign In Before The Fault

Test Tags           area:dependencies    control:SOC2-A1.2    scenario:platform_dependencies    system:promptcraft


*** Test Cases ***
Provider Is Gone
    [Documentation]    Nobody signs on, which is said openly; who is signed in works on; once it is back, people sign on again.
    [Tags]    -system:theodore
    ${fault} =    Cut Link    provider    system=promptcraft
    Sign On Should Be Unavailable    analyst
    Request Should Be Answered    GET    /api/v4/sessions    200    identity=viewer    system=promptcraft
    Fault Should Have Touched    ${fault}
    Undo Fault    ${fault}
    Sign On Should Work    password    identity=analyst

Health Tells That The Provider Is Gone
    [Documentation]    A provider behind a cut link makes the health degraded, by its name, until it is back.
    [Tags]    -system:theodore
    ${fault} =    Cut Link    provider    system=promptcraft
    Platform Health Should Tell    degraded    provider    unhealthy    identity=admin
    Undo Fault    ${fault}
    Platform Health Should Tell    healthy    provider    healthy    identity=admin

Health Tells That The Database Is Gone
    [Documentation]    With a database that nobody can read the health is not healthy, and once it is back it is.
    [Tags]    -system:theodore
    ${fault} =    Lock Database    system=promptcraft
    Platform Health Should Tell Of Outage    database    identity=admin
    Undo Fault    ${fault}
    Platform Health Should Tell    healthy    database    healthy    identity=admin

Attempts While The Database Is Gone Are Audited
    [Documentation]    What is attempted while nobody can write is in the trail once the database is back, each with its own time.
    [Tags]    -system:theodore    control:SOC2-CC7.2
    ${fault} =    Lock Database    system=promptcraft
    ${answers} =    Send Requests To Be Audited    viewer    times=1
    Undo Fault    ${fault}
    Requests Should Be In The Trail    ${answers}    administrator=admin

Attempts While The Session Store Is Silent Are Audited
    [Documentation]    So is what is attempted while no session can be looked up.
    [Tags]    -system:theodore    control:SOC2-CC7.2
    ${fault} =    Pause Process    sessions    system=promptcraft
    ${answers} =    Send Requests To Be Audited    viewer    times=1
    Undo Fault    ${fault}
    Requests Should Be In The Trail    ${answers}    administrator=admin

Health Tells That The Session Store Is Silent
    [Documentation]    With a session store that does not answer the health is not healthy, and once it is back it is.
    [Tags]    -system:theodore
    ${fault} =    Pause Process    sessions    system=promptcraft
    Platform Health Should Tell Of Outage    sessions    identity=admin
    Undo Fault    ${fault}
    Platform Health Should Tell    healthy    sessions    healthy    identity=admin

Provider Answers With Errors
    [Documentation]    An answer 500 of the provider is not taken for a wrong password.
    [Tags]    -system:theodore
    ${fault} =    Let Dependency Answer    provider    status    status=500    system=promptcraft
    Sign On Should Be Unavailable    analyst
    Fault Should Have Touched    ${fault}
    Undo Fault    ${fault}
    Sign On Should Work    password    identity=analyst

Session Store Is Silent
    [Documentation]    A session that cannot be looked up is neither believed nor refused; once the store is back, it works on.
    [Tags]    -system:theodore
    ${fault} =    Pause Process    sessions    system=promptcraft
    Sessions Should Be Unavailable    viewer
    Undo Fault    ${fault}
    Request Should Be Answered    GET    /api/v4/sessions    200    identity=viewer    system=promptcraft

Orchestrator Is Gone
    [Documentation]    A workflow says which step failed, and the next one runs once the orchestrator is back.
    [Tags]    -system:theodore
    ${fault} =    Cut Link    orchestrator    system=promptcraft
    ${workflow} =    Execute Workflow    collect    publish
    Follow Workflow    ${workflow}
    Workflow Should Report Failed Step    ${workflow}    collect
    Fault Should Have Touched    ${fault}
    Undo Fault    ${fault}
    ${workflow} =    Execute Workflow    collect    publish
    Follow Workflow    ${workflow}
    Workflow Should Have Run In Order    ${workflow}

Registry Of Servers Is Gone
    [Documentation]    A creation fails openly and leaves nothing behind.
    [Tags]    -system:theodore
    Failed Creation Should Leave Nothing    mcp_registry

Available Without Its Services
    [Documentation]    The platform answers on while orchestrator and registry are gone.
    [Tags]    -system:theodore
    Start Availability Probe    platform_version    interval=200 ms    system=promptcraft
    ${first} =    Cut Link    orchestrator    system=promptcraft
    ${second} =    Cut Link    mcp_registry    system=promptcraft
    ${workflow} =    Execute Workflow    collect
    Follow Workflow    ${workflow}
    ${seen} =    Stop Availability Probe    after=14 s
    Availability Should Be At Least    ${seen}    70
    Fault Should Have Touched    ${first}
    Undo Fault    ${first}
    Undo Fault    ${second}

Available For An Hour
    [Documentation]    Of 3,900 seconds, at whose beginning the orchestrator is gone, 99.9 % are proved to be good: no fewer than
    ...                3,838 can prove it, when each of them is (Wilson's interval of 95 %).
    [Tags]    -system:theodore    gate:availability    profile:full
    Start Availability Probe    platform_version    interval=1 s    system=promptcraft
    ${fault} =    Cut Link    orchestrator    system=promptcraft
    ${workflow} =    Execute Workflow    collect
    Follow Workflow    ${workflow}
    Fault Should Have Touched    ${fault}
    Undo Fault    ${fault}
    ${seen} =    Stop Availability Probe    after=3900 s
    Availability Should Be At Least    ${seen}    99.9


*** Keywords ***
Sign In Before The Fault
    [Documentation]    Sessions that are open before something is gone.
    FOR    ${identity}    IN    admin    developer    viewer
        Request Should Be Answered    GET    /api/v4/sessions    200    identity=${identity}    system=promptcraft
    END
