*** Settings ***
Documentation       Random sequences of operations by several identities, each answer compared with a model of the contract.
Metadata            Scenario    exploration

Library             TheodoreLibrary

Test Tags           area:accounts    area:administration    area:discovery    area:lifecycle    area:limits
...                 scenario:exploration


*** Variables ***
# theodore test --profile quick|full
${PROFILE}          quick
&{STEPS}            quick=500    full=3000
&{WITHIN}           quick=40 s    full=10 min
# The seed of a former run repeats it: theodore test e2e --scenario exploration -- --variable SEED:7
${SEED}             ${NONE}


*** Test Cases ***
Theodore Behaves As Its Model
    [Documentation]    Accounts, keys, jobs, discoveries, plugins, configuration, limits and tenants, in any order.
    [Tags]    control:SOC2-CC6.1    control:SOC2-PI1.3
    Explore Theodore    steps=${STEPS}[${PROFILE}]    within=${WITHIN}[${PROFILE}]    seed=${SEED}
