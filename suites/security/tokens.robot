*** Settings ***
Documentation       A token is taken only if it was issued here, for this, and is still valid.
Metadata            Scenario    tokens

Library             SecurityLibrary

Test Template       API Should Withstand
Test Tags           area:security    control:NIST-800-53-SC-23    control:SOC2-CC6.1    owasp:A07-2021    owasp:A07-2025
...                 owasp:API2-2023    scenario:tokens


*** Test Cases ***    ATTACK    ALLOW_CHANGES
Unsigned Tokens
    [Documentation]    A token with the algorithm none is refused.
    [Tags]    attack:jwt-none    penetration
    jwt-none

Forged Tokens
    [Documentation]    A token without its signature, with another one, or with changed claims is refused.
    [Tags]    attack:jwt-signature    penetration
    jwt-signature

Guessable Keys
    [Documentation]    No usual key fits the signature of a token.
    [Tags]    attack:jwt-weak-key    penetration
    jwt-weak-key

Key Identifiers
    [Documentation]    The key's name in a token leads to no key of the attacker's choice.
    [Tags]    attack:jwt-kid    penetration
    jwt-kid

Expired Tokens
    [Documentation]    A genuine token is refused after its time.
    [Tags]    attack:token-expired
    token-expired

Tokens Of The Future
    [Documentation]    A genuine token is refused before its time.
    [Tags]    attack:token-not-yet-valid
    token-not-yet-valid

Foreign Tokens
    [Documentation]    A token of another issuer, or for another audience, is refused.
    [Tags]    attack:token-foreign
    token-foreign

Refresh Tokens
    [Documentation]    A refresh token opens nothing but the refresh.
    [Tags]    attack:token-use
    token-use

Tokens After The Log-Out
    [Documentation]    A token is worthless after its log-out.
    [Tags]    attack:token-after-logout
    token-after-logout    allow_changes=True

Tokens After A Change Of The Password
    [Documentation]    A change of the password ends the sessions of before.
    [Tags]    attack:token-after-password-change
    token-after-password-change    allow_changes=True

Ends Of Tokens
    [Documentation]    Tokens have an end, and it is not far away.
    [Tags]    attack:token-lifetime
    token-lifetime
