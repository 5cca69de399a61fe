*** Settings ***
Documentation       Work, not only answers: a company that was invented a moment ago is known only to those who read its site.
Metadata            Scenario    canary_research

Resource            theodore/canaries.resource

Test Tags           area:canaries    control:SOC2-PI1.3    scenario:canary_research


*** Test Cases ***
Company Is Unknown Before Its Site Exists
    [Documentation]    Neither by its name nor by its address does anybody know a company before its site exists.
    ${canary} =    Open Canary    published=False
    ${by_name} =    Research Company    ${canary.name}
    Research Should Not Know Canary    ${by_name}    ${canary}
    ${by_address} =    Research Canary    ${canary}
    Research Should Not Know Canary    ${by_address}    ${canary}

Research Holds The Facts Of The Site
    [Documentation]    The site is read, and every field holds its fact and no other.
    ${canary} =    Open Canary
    Canary Should Be Researched    ${canary}

Research Reads Each Language
    [Documentation]    Sites in other languages and layouts are read as well, each field for itself.
    FOR    ${language}    IN    en    de    fr    ja
        ${canary} =    Open Canary    language=${language}
        Canary Should Be Researched    ${canary}
    END

Research Invents Nothing
    [Documentation]    Fields about which the site says nothing stay empty.
    ${canary} =    Open Canary    silent=employee_count, founded_year, headquarters, key_personnel
    Canary Should Be Researched    ${canary}

Research Follows A Change
    [Documentation]    After a fact was changed on the site, a new research holds the new fact and not the old one.
    ${canary} =    Open Canary
    Canary Should Be Researched    ${canary}
    FOR    ${field}    IN    employee_count    headquarters    products
        Change Canary Fact    ${canary}    ${field}
    END
    Canary Should Be Researched    ${canary}

Reported Times Are Those Of Our Clock
    [Documentation]    What the system reports of its start, its phases and its end is what was seen of them from outside.
    ${canary} =    Open Canary
    ${research} =    Research Canary    ${canary}
    Research Should Hold Canary Facts    ${research}    ${canary}
    Reported Times Should Agree With Our Clock    ${research}

Identities Get The Facts Of Their Own Sites
    [Documentation]    Two tenants research two companies of one name: neither gets a fact of the other's.
    ${first} =    Open Canary
    ${second} =    Open Canary    name=${first.name}
    Canary Should Be Researched    ${first}    analyst
    Canary Should Be Researched    ${second}    partner
    Canary Should Be Researched    ${first}    analyst

Matches Hold The Facts Of Their Sites
    [Documentation]    A discovery describes each company that it finds by the facts of that company's own site.
    ${first} =    Open Canary    language=en
    ${second} =    Open Canary    language=de
    Research Canary    ${first}
    Research Canary    ${second}
    ${discovery} =    Discover Similar Companies    Slack    sources=vector    threshold=0    limit=50
    Matches Should Hold Canary Facts    ${discovery}    ${first}    ${second}

Matches Are Not Alike In What Is Not Known
    [Documentation]    A company and a business without a site, of whose models nobody knows anything, have none in common.
    ${canary} =    Open Canary    language=de
    Research Canary    ${canary}
    ${discovery} =    Discover Similar Companies    Riverside Sourdough Room    sources=vector    threshold=0    limit=50
    Results Should Be Sound    ${discovery}

Matches Rest On Their Pages
    [Documentation]    Whatever is said of a company that was found on the web stands on the pages of its own site.
    ${discovery} =    Discover Similar Companies    Slack    sources=web    limit=20    threshold=0.3
    Matches Should Rest On Their Pages    ${discovery}

Withdrawn Site Is Admitted
    [Documentation]    After the site was withdrawn, a research fails openly or gives the date of what it once read.
    ${canary} =    Open Canary
    Canary Should Be Researched    ${canary}
    Withdraw Canary    ${canary}
    ${research} =    Research Canary    ${canary}
    Research Should Admit Withdrawal    ${research}    ${canary}
