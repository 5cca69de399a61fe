# robocop: off=TAG05
*** Settings ***
Documentation       Tokens that are not to be believed are refused, beside one that is accepted.
Metadata            Scenario    token_states

Library             PromptCraftLibrary

Test Template       Token Should Be Refused
Test Tags           area:sign-on    control:SOC2-CC6.1    scenario:token_states    system:promptcraft


*** Test Cases ***    STATE
Expired
    [Documentation]    A token that ended an hour ago opens no session.
    [Tags]    -system:theodore
    expired

Just Expired
    [Documentation]    A token that ended two minutes ago opens no session.
    [Tags]    -system:theodore
    just expired

Without End
    [Documentation]    A token that has no end opens no session.
    [Tags]    -system:theodore
    without end

Without Subject
    [Documentation]    A token that names nobody opens no session.
    [Tags]    -system:theodore
    without subject

Without Audience
    [Documentation]    A token that is for no program opens no session.
    [Tags]    -system:theodore
    without audience

Without Issuer
    [Documentation]    A token that names no issuer opens no session.
    [Tags]    -system:theodore
    without issuer

Not Yet Valid
    [Documentation]    A token that begins in an hour opens no session.
    [Tags]    -system:theodore
    not yet valid

Other Audience
    [Documentation]    A token that was given for another program opens no session.
    [Tags]    -system:theodore
    other audience

Other Issuer
    [Documentation]    A token that names another issuer opens no session.
    [Tags]    -system:theodore
    other issuer

Longer Audience
    [Documentation]    A token for a program whose name only begins as the platform's does opens no session.
    [Tags]    -system:theodore
    longer audience

Longer Issuer
    [Documentation]    A token of an issuer whose address only begins as the provider's does opens no session.
    [Tags]    -system:theodore
    longer issuer

Other Realm
    [Documentation]    A token that comes from another realm of the same provider opens no session.
    [Tags]    -system:theodore
    other realm

Tampered
    [Documentation]    A token that was changed after it was signed opens no session.
    [Tags]    -system:theodore
    tampered

Unsigned
    [Documentation]    A token that has no signature opens no session.
    [Tags]    -system:theodore
    unsigned

Algorithm Confusion
    [Documentation]    A token that is signed with the public key as a secret opens no session.
    [Tags]    -system:theodore
    algorithm confusion

Unknown Key
    [Documentation]    A token that is signed by an attacker's key opens no session.
    [Tags]    -system:theodore
    unknown key

Embedded Key
    [Documentation]    A token that brings the key of its signature along opens no session.
    [Tags]    -system:theodore
    embedded key

Critical Header
    [Documentation]    A token that names an extension which has to be understood, and is not, opens no session.
    [Tags]    -system:theodore
    critical header

Revoked
    [Documentation]    A token that was revoked at the provider opens no session.
    [Tags]    -system:theodore
    revoked

Oversized
    [Documentation]    A token that is 20 kB long opens no session.
    [Tags]    -system:theodore
    oversized

Without Organization
    [Documentation]    A token that names no organization opens no session.
    [Tags]    -system:theodore
    without organization

Without Role
    [Documentation]    A token that names no role of the platform opens no session.
    [Tags]    -system:theodore
    without role

Identity Token
    [Documentation]    A token that is an ID token opens no session.
    [Tags]    -system:theodore
    identity token

No Token
    [Documentation]    A token that is none opens no session.
    [Tags]    -system:theodore
    no token
