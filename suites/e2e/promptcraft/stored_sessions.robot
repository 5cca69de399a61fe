# robocop: off=TAG05
*** Settings ***
Documentation       Sessions of PromptCraft: in their store, side by side, renewed and ended.
Metadata            Scenario    stored_sessions

Library             PromptCraftLibrary

Test Tags           area:sign-on    control:SOC2-CC6.1    scenario:stored_sessions    system:promptcraft


*** Test Cases ***
In The Store
    [Documentation]    A session stands in the store under its key, with an end, and without a token in clear.
    [Tags]    -system:theodore    gate:session-lifetime
    Session Should Be Stored    identity=analyst

Its End
    [Documentation]    Use does not prolong a session, and one that has ended opens nothing.
    [Tags]    -system:theodore
    Session Should End As Promised    identity=analyst

Log-out
    [Documentation]    Log-out ends one session, and the one beside it goes on.
    [Tags]    -system:theodore
    Log Out Should End Session    identity=analyst

Log-out Everywhere
    [Documentation]    Log-out everywhere ends all sessions of a person, and of nobody else.
    [Tags]    -system:theodore
    Log Out Everywhere Should End All Sessions    developer    other=viewer

Log-out At The Provider
    [Documentation]    Who logs out at the provider is logged out of each session here, and nobody else says so.
    [Tags]    -system:theodore
    Log Out At The Provider Should End Session    identity=analyst

Logout Tokens
    [Documentation]    A logout token that is wrong in one entry ends no session, and one that is right does.
    [Tags]    -system:theodore
    Wrong Log Out Tokens Should Be Refused    identity=analyst

Log-out At The Provider's Page
    [Documentation]    A log-out in the provider's page ends all sessions that this browser has opened here, and no other.
    [Tags]    -system:theodore
    Log Out At The Providers Page Should End Session    identity=analyst

Renewal
    [Documentation]    A refresh token brings new tokens once, and an access token none.
    [Tags]    -system:theodore
    Session Should Be Renewed Once    identity=analyst

Fixation
    [Documentation]    A session id that a client brings along is not taken.
    [Tags]    -system:theodore
    Session Should Have An Id Of Its Own    identity=analyst

Listed And Ended
    [Documentation]    Sessions are in the lists of their person and of administrators, who end one, and the other goes on.
    [Tags]    -system:theodore
    Sessions Should Be Listed And Ended    analyst    administrator=admin
