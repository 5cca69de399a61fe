*** Settings ***
Documentation       The limits of accounts, keys and passwords are inclusive, and a profile keeps what is written.
Metadata            Scenario    promises_account_requests

Library             ApiLibrary
Library             TheodoreLibrary

Test Tags           area:promises    control:SOC2-PI1.3    scenario:promises_account_requests
Test Template       Request Should Be Answered


*** Test Cases ***
Login User Name 0
    POST    /auth/login    422    ${{{"username": "q" * 0, "password": "quite-wrong"}}}    identity=NOBODY

Login User Name 100
    POST    /auth/login    401    ${{{"username": "q" * 100, "password": "quite-wrong"}}}    identity=NOBODY

Login User Name 101
    POST    /auth/login    422    ${{{"username": "q" * 101, "password": "quite-wrong"}}}    identity=NOBODY

Login Password 0
    POST    /auth/login    422    ${{{"username": "nobody@example.test", "password": ""}}}    identity=NOBODY

Login Remembered
    POST    /auth/login    401    ${{{"username": "nobody@example.test", "password": "wrong", "remember_me": True}}}
    ...    identity=NOBODY

Login Remembered Maybe
    POST    /auth/login    422    ${{{"username": "nobody@example.test", "password": "wrong", "remember_me": "maybe"}}}
    ...    identity=NOBODY

Login Username Missing
    POST    /auth/login    422    ${{{"password": "quite-wrong"}}}    identity=NOBODY

Login Password Missing
    POST    /auth/login    422    ${{{"username": "nobody@example.test"}}}    identity=NOBODY

Refresh Token Missing
    POST    /auth/refresh    422    ${{{}}}    identity=NOBODY

Key Name 0
    POST    /auth/api-keys    422    ${{{"name": "q" * 0}}}

Key Name 1
    POST    /auth/api-keys    200    ${{{"name": "q" * 1}}}

Key Name 100
    POST    /auth/api-keys    200    ${{{"name": "q" * 100}}}

Key Name 101
    POST    /auth/api-keys    422    ${{{"name": "q" * 101}}}

Key Description 500
    POST    /auth/api-keys    200    ${{{"name": "qa", "description": "q" * 500}}}

Key Description 501
    POST    /auth/api-keys    422    ${{{"name": "qa", "description": "q" * 501}}}

Key Name Missing
    POST    /auth/api-keys    422    ${{{}}}

Password Characters 7
    POST    /auth/change-password    422    ${{{"current_password": "not the right password", "new_password": "Abcdef1"}}}

Password Characters 8
    POST    /auth/change-password    400    ${{{"current_password": "not the right password", "new_password": "Abcdefg1"}}}

Password No Upper Case
    POST    /auth/change-password    422    ${{{"current_password": "not the right password", "new_password": "abcdefg1"}}}

Password No Lower Case
    POST    /auth/change-password    422    ${{{"current_password": "not the right password", "new_password": "ABCDEFG1"}}}

Password No Digit
    POST    /auth/change-password    422    ${{{"current_password": "not the right password", "new_password": "Abcdefgh"}}}

Profile First Name 50
    PUT    /auth/profile    200    ${{{"first_name": "q" * 50}}}

Profile First Name 51
    PUT    /auth/profile    422    ${{{"first_name": "q" * 51}}}

Profile Last Name 50
    PUT    /auth/profile    200    ${{{"last_name": "q" * 50}}}

Profile Last Name 51
    PUT    /auth/profile    422    ${{{"last_name": "q" * 51}}}

Profile First Name Kept
    [Template]    Profile Keeps
    first_name    Grace

Profile Last Name Kept
    [Template]    Profile Keeps
    last_name    Hopper

Profile Email Kept
    [Template]    Profile Keeps
    email    grace@example.test

Profile Preferences Kept
    [Template]    Profile Keeps
    preferences    ${{ {"theme": "dark"} }}

Profile Preferences Replaced
    [Documentation]    Preferences that are written again are the last ones, with nothing of those before.
    [Template]    Profile Keeps
    preferences    ${{ {"theme": "dark", "language": "de"} }}
    preferences    ${{ {"language": "fr"} }}

Profile Fields Taken Back
    [Documentation]    What is written as null is nothing afterwards.
    [Template]    Profile Keeps
    FOR    ${field}    IN    first_name    last_name    email    preferences
        ${field}    ${NONE}
    END

Profile Names Together
    [Documentation]    A change of several fields keeps each, and one that names none changes nothing.
    [Template]    NONE
    Send Request    PUT /auth/profile    body={"first_name": "Mary", "last_name": "Somerville"}
    Send Request    PUT /auth/profile    body={}
    Get Response Field    GET /auth/profile    first_name    ==    Mary
    Get Response Field    GET /auth/profile    last_name    ==    Somerville

Profile Has No Other Name
    [Documentation]    What a caller is, is not the caller's to change.
    [Template]    NONE
    ${before} =    Get Response Field    GET /auth/profile    role
    Send Request    PUT /auth/profile    body={"role": "admin", "is_active": false, "username": "other@example.test"}
    Get Response Field    GET /auth/profile    role    ==    ${before}
    Get Response Field    GET /auth/profile    is_active    ==    True

Profile Knows The Last Sign-In
    [Documentation]    The last sign-in is that of the caller, after the account was made, and moves on with each, not with a
    ...    wrong password.
    [Template]    NONE
    ${created} =    Get Response Field    GET /auth/profile    created_at
    ${last} =    Get Response Field    GET /auth/profile    last_login
    Get Response Field    GET /auth/profile    last_login    >=    ${created}
    ${name} =    Get Response Field    GET /auth/profile    username
    VAR    &{wrong} =    username=${name}    password=wrong
    Get Response Status    POST /auth/login    ==    401    body=${wrong}
    Get Response Field    GET /auth/profile    last_login    ==    ${last}
    Get Sign In Response
    Get Response Field    GET /auth/profile    last_login    >    ${last}

Key Answer
    [Documentation]    A new key has the name and the scopes that were sent, its end, and was not used yet.
    [Template]    NONE
    VAR    ${body} =    ${{ {"name": "qa key", "scopes": ["research"], "expires_at": "2031-01-01T00:00:00+02:00"} }}
    VAR    ${body} =    ${{ $body | {"description": "Runs at night"} }}
    ${key} =    Send Request    POST /auth/api-keys    body=${body}
    Get Response Field    ${key}    name    ==    qa key
    Get Response Field    ${key}    scopes    ==    ${{["research"]}}
    Get Response Field    ${key}    expires_at    validate
    ...    datetime.datetime.fromisoformat(value) == datetime.datetime(2030, 12, 31, 22, tzinfo=datetime.timezone.utc)
    Get Response Field    ${key}    last_used    ==    ${NONE}

Key Without Choices
    [Documentation]    A key for which nothing is chosen has the two scopes of the contract, and no end.
    [Template]    NONE
    FOR    ${chosen}    IN    {"name": "qa"}    {"name": "qa", "description": null, "expires_at": null, "scopes": null}
        ${key} =    Send Request    POST /auth/api-keys    body=${chosen}
        Get Response Field    ${key}    scopes    validate    sorted(value) == ["discovery", "research"]
        Get Response Field    ${key}    expires_at    ==    ${NONE}
    END

Key Is Dated
    [Documentation]    A key was created when it was requested, and the next one later.
    [Template]    NONE
    ${first} =    Get Response Field    POST /auth/api-keys    created_at    body={"name": "qa"}
    ${second} =    Send Request    POST /auth/api-keys    body={"name": "qa"}
    Get Response Field    ${second}    created_at    >    ${first}

Profile Of A Colleague Untouched
    [Template]    Profile Of A Colleague Stays
    first_name    Countess


*** Keywords ***
Profile Keeps
    [Documentation]    A field is written and read back.
    [Arguments]    ${field}    ${value}
    VAR    &{body} =    ${field}=${value}
    Send Request    PUT /auth/profile    body=${body}
    Get Response Field    GET /auth/profile    ${field}    ==    ${value}

Profile Of A Colleague Stays
    [Documentation]    A field is written, and a colleague's is read.
    [Arguments]    ${field}    ${value}
    VAR    &{body} =    ${field}=${value}
    Send Request    PUT /auth/profile    body=${body}
    Get Response Field    GET /auth/profile    ${field}    !=    ${value}    identity=spare
