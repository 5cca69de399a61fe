*** Settings ***
Documentation       The company that was chosen by ``theodore test e2e --company NAME`` is researched.
Metadata            Scenario    chosen_company_research

Resource            theodore/research.resource

Test Tags           area:research    scenario:chosen_company_research    chosen-company


*** Variables ***
${COMPANY}          Stripe


*** Test Cases ***
Chosen Company Is Researched
    [Documentation]    The company's research is completed, with data, and stands on the company's own pages.
    [Tags]    control:SOC2-PI1.3
    ${research} =    Research Company    ${COMPANY}
    Get Research Status    ${research}    ==    completed
    Research Should Be About Its Own Company    ${research}
