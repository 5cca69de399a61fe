# robocop: off=TAG05
*** Settings ***
Documentation       How people and programs sign on to PromptCraft by its identity provider.
Metadata            Scenario    sign_on

Library             PromptCraftLibrary

Test Tags           area:sign-on    scenario:sign_on    system:promptcraft


*** Test Cases ***
By Name And Password
    [Documentation]    A token that the provider gives for a password opens a session with the person's role and tenant.
    [Tags]    -system:theodore    control:SOC2-CC6.1
    Sign On Should Work    password    identity=analyst

With Each Kind Of Provider
    [Documentation]    A token of each kind of identity provider that the environment names opens a session.
    [Tags]    -system:theodore    control:SOC2-CC6.1    gate:sign-on-providers
    Sign On Should Work With Each Provider

By Code
    [Documentation]    So does one that comes by the provider's page, with PKCE.
    [Tags]    -system:theodore    control:SOC2-CC6.1
    Sign On Should Work    authorization_code    identity=developer

As A Program
    [Documentation]    A program signs on with its own secret.
    [Tags]    -system:theodore    control:SOC2-CC6.1
    Sign On Should Work    client_credentials    identity=service

By The Platform's Page
    [Documentation]    A browser goes from the platform to the provider's page and comes back with a session.
    [Tags]    -system:theodore    control:SOC2-CC6.1
    Sign On By Page Should Work    identity=viewer

State
    [Documentation]    A code that another browser has come by opens nothing.
    [Tags]    -system:theodore    control:ASVS-3.5    control:SOC2-CC6.1
    Foreign Sign On Should Be Refused    identity=analyst

PKCE
    [Documentation]    A code without its verifier is worth nothing, and one is redeemed once.
    [Tags]    -system:theodore    control:SOC2-CC6.1
    Code Should Need Its Verifier    identity=analyst

Nonce
    [Documentation]    An ID token that was asked for by somebody else opens nothing, nor one that was asked for by nobody.
    [Tags]    -system:theodore    control:SOC2-CC6.1
    Nonce Should Be Verified    analyst    other=viewer

ID Tokens
    [Documentation]    An ID token that is wrong in one entry opens nothing, however right the access token beside it is.
    [Tags]    -system:theodore    control:ASVS-10.5    control:SOC2-CC6.1
    ID Tokens Should Be Verified    analyst

Renewal At The Provider
    [Documentation]    The provider's refresh token brings new tokens, once.
    [Tags]    -system:theodore    control:SOC2-CC6.1
    Realm Tokens Should Be Renewed    identity=analyst

Introspection And Revocation
    [Documentation]    A token that was revoked is no longer active.
    [Tags]    -system:theodore    control:SOC2-CC6.1
    Introspection Should Follow Revocation    identity=analyst

Key Rotation
    [Documentation]    Once the provider signs with a new key, its tokens open sessions without a restart.
    [Tags]    -system:theodore    control:SOC2-CC6.1
    Tokens Should Follow The Keys Of The Realm    identity=analyst

Provider Fails
    [Documentation]    While the provider fails, each way to sign on says so, and no password is called wrong.
    [Tags]    -system:theodore    control:SOC2-A1.2
    Each Way To Sign On Should Be Unavailable    analyst    status=500

Provider Is Silent
    [Documentation]    So it is while the provider takes requests and says nothing.
    [Tags]    -system:theodore    control:SOC2-A1.2
    Each Way To Sign On Should Be Unavailable    analyst    delay=6 s
