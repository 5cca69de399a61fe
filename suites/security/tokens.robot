*** Settings ***
Documentation       A token is taken only if it was issued here, for this, and is still valid.
Metadata            Scenario    tokens

Library             SecurityLibrary

Test Template       API Should Withstand
Test Tags           area:security    control:soc2-cc6.1    owasp:a07-2021    owasp:a07-2025    owasp:api2-2023    scenario:tokens


*** Test Cases ***    ATTACK    ALLOW_CHANGES
Unsigned Tokens
    [Documentation]    A token with the algorithm none is refused.
    jwt-none

Forged Tokens
    [Documentation]    A token without its signature, with another one, or with changed claims is refused.
    jwt-signature

Guessable Keys
    [Documentation]    No usual key fits the signature of a token.
    jwt-weak-key

Key Identifiers
    [Documentation]    The key's name in a token leads to no key of the attacker's choice.
    jwt-kid

Expired Tokens
    [Documentation]    A genuine token is refused after its time.
    token-expired

Tokens Of The Future
    [Documentation]    A genuine token is refused before its time.
    token-not-yet-valid

Foreign Tokens
    [Documentation]    A token of another issuer, or for another audience, is refused.
    token-foreign

Refresh Tokens
    [Documentation]    A refresh token opens nothing but the refresh.
    token-use

Tokens After The Log-Out
    [Documentation]    A token is worthless after its log-out.
    token-after-logout    allow_changes=True
