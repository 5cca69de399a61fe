*** Settings ***
Documentation       What an attacker would try on Theodore. A finding rests on an effect that was observed twice; a verdict says
...                 on how many operations and parameters it rests, and what could not be tried is listed with the reason.
Metadata            Standard    OWASP Top 10 (2021 and 2025), OWASP API Security Top 10 (2023)

Test Tags           system:theodore
