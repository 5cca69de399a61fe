*** Settings ***
Documentation       What Theodore does when more is asked of it than usual: nobody waits in vain, limits hold for bursts too, and
...                 tenants are served alike.
Metadata            Scenario    overload

Resource            theodore/load.resource

Suite Setup         Sign In Should Work

Test Tags           area:load    control:SOC2-A1.1    scenario:overload


*** Test Cases ***
Nobody Waits In Vain
    [Documentation]    60 arrivals within a second are each answered within 4 s, be it by a refusal.
    ${suggestions} =    Define Load Step    GET    /discover/suggestions?query=Sla    text=Slack    timeout=4 s
    Run Load Test    ${suggestions}    rate=60    duration=1 s    identities=${EVERYBODY}    lateness=${LATENESS}
    Nobody Should Be Left Waiting

Tenants Are Served Alike
    [Documentation]    Users of two tenants who ask for the same at once wait equally long.
    ${profile} =    Define Load Step    GET    /auth/profile    fields={"username": "{{username}}"}    name=profile
    Run Load Test    ${profile}    users=20    iterations=4    identities=analyst,partner    lateness=${LATENESS}
    Identities Should Be Served Alike    at_most=3

A Burst Does Not Get Through A Limit
    [Documentation]    Of 150 requests of one user at once exactly as many are answered as the limit of metrics allows: 100.
    ${metrics} =    Define Load Step    GET    /metrics?period_seconds=60    fields={"period_seconds": 60}    name=metrics
    Run Load Test    ${metrics}    users=30    iterations=5    identities=limited    lateness=${LATENESS}
    Limit Should Hold    100
