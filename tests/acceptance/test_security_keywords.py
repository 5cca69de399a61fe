"""Keywords of SecurityLibrary: what they say of a system with defects, of a healthy one, and of one that is not there."""

import json
import subprocess

import pytest
import robot_runs

HEAD = "*** Settings ***\nLibrary    SecurityLibrary\nLibrary    TheodoreLibrary\n\n*** Test Cases ***\n"
DEFECTS = "banner-revealed,unsigned-tokens-taken,keys-kept-plain,queries-logged,hsts-missing,debug-route-left,metrics-open,any-origin-allowed"
# Each name with what is run on a sandbox with these defects, and how the message begins.
ROWS = {
    "Budget": ("Scan API    cors    max_requests=15\nFindings Should Not Exceed    high", "NOT EVALUATED: security.findings: expected no finding above high, "
        "observed the scan has used up its 15 requests."),
    "No Time": ("Scan API    cors    within=0s", "A scan within 0 s can try nothing: give it a time above 0, such as 15 minutes."),
    "Attack": (
        "API Should Withstand    banner",
        "security.banner of theodore: expected no finding (Product and version are disclosed), "
        "observed low: Product and version are disclosed (CWE-200) at ",
    ),
    "Attack At Most": ("API Should Withstand    banner    at_most=low\nAPI Should Withstand    undocumented    at_most=low",
        "security.undocumented of theodore: expected no finding (Undocumented operation is served) above low, observed medium: "),
    "Misspelt Attack": ("API Should Withstand    sql-inyection", "There is no probe or topic 'sql-inyection': did you mean 'sql-injection'?"),
    "No Attack": ("API Should Withstand", "Name at least one attack, such as sql-injection, or a topic, such as injection."),
    "Misspelt API": ("API Should Withstand    cors    system=teodore", "There is no system 'teodore' in the environment file sandbox.yaml: did you mean 'theodore'?"),
    "Misspelt Identity": ("API Should Withstand    cors    identity=analist", "There is no identity 'analist' in the system theodore: did you mean 'analyst'?"),
    "Misspelt Severity": ("API Should Withstand    cors    at_most=hi", "There is no severity 'hi'"),
    "Forged Token": ("API Should Withstand    jwt-none", "security.jwt-none of theodore: expected no finding (Unsigned tokens are accepted (alg: none)), "
        "observed critical: Unsigned tokens are accepted (alg: none) (CWE-347) at GET /api/v2/auth/profile and 1 more: a token without a signature is accepted."),
    "What It Cannot Have": ("API Should Withstand    xxe", "NOT EVALUATED: security.xxe of theodore: expected no finding (XML external entities), "
        "observed not applicable: no operation takes XML."),
    "Changes": ("API Should Withstand    mass-assignment", "NOT EVALUATED: security.mass-assignment of theodore: expected no finding "
        "(Protected properties can be set (mass assignment)), observed it changes something: allow_changes=True is needed."),
    "Scan Alone": ("${scan} =    Scan API    cors", "Nothing was observed"),
    "Scan And Judge": ("Scan API    cors    banner    undocumented\nFindings Should Not Exceed    low", "security.findings: expected no finding above low, observed critical: "),
    "At Rest": ("Stores Should Hold No Plain Secrets", "security.at-rest of store.db: expected no password and no key in clear, observed a key that was just made in store.db."),
    "Other File": ("Stores Should Hold No Plain Secrets    ${CURDIR}/other.db", "NOT EVALUATED: security.at-rest of other.db: "
        "expected no password and no key in clear, observed 0 texts that a store has to keep were found in the files."),
    "No File": ("Stores Should Hold No Plain Secrets    /nowhere/x.db", "The file /nowhere/x.db cannot be read: No such file or directory."),
    "Logs": ("Logs Should Hold No Secrets", "security.logs of api.log: expected no password, token or key, observed a token of analyst in api.log;"),
    "Empty Log": ("Logs Should Hold No Secrets    ${CURDIR}/other.db", "NOT EVALUATED: security.logs of other.db: expected no password, token or key, "
        "observed the request /qa-planted-"),
    "HSTS": ("Transport Should Be Encrypted", "security.hsts of https://127.0.0.1:"),
    "No TLS": ("Transport Should Be Encrypted    http://127.0.0.1:80", "security.tls of http://127.0.0.1:80: expected an address with https://, "
        "observed http://127.0.0.1:80, no TLS."),
    "Closed TLS": ("Transport Should Be Encrypted    https://127.0.0.1:9", "No TLS server answers at https://127.0.0.1:9: start it, or correct its address."),
    "Foreign TLS": ("Transport Should Be Encrypted    https://example.com", "The host example.com of https://example.com is not among the environment's hosts (127.0.0.1): nothing was sent there."),
    "Digest": ("Sign In Should Work    analyst\nAnonymised Value Should Not Be Reversible    ann@example.com    257c57037d384ae37ea27a07e8a01665",
        "security.anonymised of 257c57037d384ae37ea2: expected no simple way back to the original, "
        "observed it is the md5 digest of the original without a salt: a list of candidates finds it."),
    "Reports": ("Import Findings    ${CURDIR}/zap.json\nFindings Should Not Exceed    low", "security.findings: expected no finding above low, "
        "observed critical: "),
    "Half A Report": ("Import Findings    ${CURDIR}/half.json", "The report "),
    "Advisories": ("Dependencies Should Have No Known Vulnerabilities    ${CURDIR}/pins.txt    advisories_in=${CURDIR}/osv",
        "security.dependencies of "),
    "No Advisories": ("Dependencies Should Have No Known Vulnerabilities    ${CURDIR}/pins.txt    advisories_in=${CURDIR}/nothing",
        "NOT EVALUATED: security.dependencies of "),
    "Foreign File": ("Save Findings    findings.txt", "The file findings.txt cannot be written: its name must end with .sarif or .json."),
}  # fmt: skip
ZAP = {
    "site": [{"@name": "http://x", "alerts": [{"pluginid": "40018", "alertRef": "40018", "name": "SQL Injection", "riskcode": "3", "cweid": "89",
        "desc": "<p>It may be possible.</p>", "solution": "<p>Use parameters.</p>",
        "instances": [{"uri": "http://x/login", "method": "POST", "param": "username", "evidence": "syntax error"}]}]}]
}  # fmt: skip
ADVISORY = {
    "id": "PYSEC-2099-1", "summary": "Everything is lost", "database_specific": {"severity": "CRITICAL", "cwe_ids": ["CWE-502"]},
    "affected": [{"package": {"ecosystem": "PyPI", "name": "Left_Pad"}, "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "1.0"}, {"fixed": "1.4"}]}]}],
}  # fmt: skip


@pytest.fixture(scope="module")
def messages(tmp_path_factory):
    folder = tmp_path_factory.mktemp("security")
    suite = folder / "security.robot"
    tests = ["\n".join([name, *(f"    {line}" for line in body.splitlines())]) for name, (body, _) in ROWS.items()]
    suite.write_text(HEAD + "\n\n".join(tests) + "\n", encoding="utf-8")
    (folder / "other.db").write_text("nothing")
    (folder / "zap.json").write_text(json.dumps(ZAP))
    (folder / "half.json").write_text(json.dumps(ZAP)[:80])
    (folder / "pins.txt").write_text("left-pad==1.3.0\nrequests==2.32.0\n")
    (folder / "osv").mkdir()
    (folder / "osv" / "one.json").write_text(json.dumps(ADVISORY))
    environment = robot_runs.own_environment(THEODORE_SANDBOX_DEFECTS=DEFECTS)
    command = robot_runs.command(folder, suite)
    subprocess.run(command, cwd=folder, env=environment, capture_output=True, timeout=900, check=False)
    return robot_runs.outcomes(folder)


@pytest.mark.xdist_group("security_keywords")
@pytest.mark.parametrize("name", ROWS)
def test_it_says_what_was_expected_and_observed(messages, name):
    status, message = messages[name]
    assert status == "FAIL"
    assert message.startswith(ROWS[name][1]), message


def test_what_is_accepted_is_no_failure_until_its_date(robot, tmp_path):
    entry = "  - {probe: banner, place: '*', reason: behind a proxy, owner: ops, until: %s}\n"
    (tmp_path / "accepted.yaml").write_text("accepted:\n" + entry % "2999-01-01")
    (tmp_path / "expired.yaml").write_text("accepted:\n" + entry % "2020-01-01")
    text = HEAD + "".join(
        f"{name}\n    API Should Withstand    banner    accepted_in={tmp_path}/{name.lower()}.yaml\n"
        for name in ("Accepted", "Expired")
    )
    _, result = robot(text, env={"THEODORE_SANDBOX_DEFECTS": "banner-revealed"})
    assert [test.status for test in result.suite.tests] == ["PASS", "FAIL"]


def test_nothing_hostile_is_sent_without_leave(robot, tmp_path):
    from theodore_qa import paths

    text = (paths.shipped("variables") / "sandbox.yaml").read_text()
    (tmp_path / "closed.yaml").write_text(text.replace("active_scan: true", "active_scan: false"))
    _, result = robot(
        HEAD + "Scan\n    API Should Withstand    cors\n", env={"THEODORE_ENVIRONMENT": str(tmp_path / "closed.yaml")}
    )
    assert result.suite.tests[0].message == (
        "NOT EVALUATED: The environment sandbox does not allow active_scan: grant it by 'allow: {active_scan: true}' in closed.yaml."
    )


def test_findings_of_a_run_become_sarif(theodore, tmp_path):
    done = theodore(
        "test", "security", "--system", "theodore", "--attack", "banner", "--compliance-check", env={"THEODORE_SANDBOX_DEFECTS": "banner-revealed"}
    )
    assert done.returncode == 1, done.stdout
    assert "OWASP: 0 of 3 controls supported by all of their tests" in done.stdout
    data = json.loads((tmp_path / "results" / "findings.sarif").read_text())
    results = data["runs"][0]["results"]
    assert {result["ruleId"] for result in results} == {"banner"}
    assert data["runs"][0]["tool"]["driver"]["rules"][0]["properties"]["tags"][1] == "external/cwe/cwe-200"
    controls = json.loads((tmp_path / "results" / "compliance.json").read_text())["controls"]
    assert controls["SOC2-CC6.6"]["verdict"] == "FAIL"


def test_a_project_has_its_own_files_beside_its_suites(theodore, tmp_path):
    (tmp_path / "variables").mkdir()
    entry = "{probe: banner, place: '*', reason: behind a proxy, owner: ops, until: 2999-01-01}"
    (tmp_path / "variables" / "accepted-findings.yaml").write_text(f"accepted: [{entry}]\n")
    done = theodore("test", "security", "--system", "theodore", "--attack", "banner", env={"THEODORE_SANDBOX_DEFECTS": "banner-revealed"})
    assert done.returncode == 0, done.stdout
    results = json.loads((tmp_path / "results" / "findings.sarif").read_text())["runs"][0]["results"]
    found = [result for result in results if result.get("kind", "fail") == "fail"]
    assert {(result["ruleId"], result["suppressions"][0]["justification"]) for result in found} == {
        ("banner", "behind a proxy (ops, until 2999-01-01)")
    }
    left_out = {result["message"]["text"] for result in results if result.get("kind") == "open"}
    assert "Product and version are disclosed: it would end the scan's own session" in left_out


def test_another_api_is_scanned_by_its_description(robot, tmp_path):
    """An API that is not Theodore, with an OpenAPI document, identities and a proof of its own."""
    import services
    import vulnerable_apis

    from theodore_qa import paths

    (tmp_path / "shop.openapi.yaml").write_text(
        "openapi: 3.0.0\ninfo: {title: shop, version: '1'}\nsecurity: [{bearer: []}]\npaths:\n  /orders:\n    post:\n"
        "      requestBody: {content: {application/json: {schema: {type: object, required: [item], properties: {item: {type: string}}}}}}\n"
        "      responses: {'201': {description: made}}\n  /orders/{order_id}:\n    get:\n"
        "      parameters: [{name: order_id, in: path, required: true, schema: {type: integer}}]\n      responses: {'200': {description: ok}}\n"
        "  /me:\n    get: {responses: {'200': {description: ok}}}\n"
    )
    with services.serving(vulnerable_apis.orders("bola")) as url:
        sandbox = (paths.shipped("variables") / "sandbox.yaml").read_text()
        description = (
            f"systems:\n  shop:\n    url: {url}\n    contract: shop.openapi.yaml\n"
            "    identities: {alice: {token_env: ALICE}, bob: {token_env: BOB}}\n"
            '    proof: {operation: GET /orders/1, value: \'{"error":"sign in"}\'}\n'
        )
        (tmp_path / "with-shop.yaml").write_text(sandbox.replace("systems:\n", description))
        (tmp_path / "proved.yaml").write_text(
            sandbox.replace(
                "systems:\n",
                description.replace(
                    'proof: {operation: GET /orders/1, value: \'{"error":"sign in"}\'}',
                    "proof: {operation: GET /proof, value: shop-1}",
                ),
            )
        )
        rows = "Scan\n    API Should Withstand    object-level    system=shop    allow_changes=True\n"
        tokens = {"ALICE": services.SECRETS["alice"], "BOB": services.SECRETS["bob"]}
        _, refused = robot(HEAD + rows, env={"THEODORE_ENVIRONMENT": str(tmp_path / "with-shop.yaml"), **tokens})
        assert "is not the one that with-shop.yaml means" in refused.suite.tests[0].message
    proved = services.app(("GET", "/proof", lambda request: services.PlainTextResponse("shop-1")))
    shop = vulnerable_apis.orders("bola")
    shop.routes.extend(proved.routes)
    with services.serving(shop) as url:
        text = (tmp_path / "proved.yaml").read_text()
        import re

        (tmp_path / "proved.yaml").write_text(re.sub(r"url: http\S+", f"url: {url}", text))
        _, found = robot(HEAD + rows, env={"THEODORE_ENVIRONMENT": str(tmp_path / "proved.yaml"), **tokens})
    assert found.suite.tests[0].message.startswith(
        "security.object-level of shop: expected no finding (Objects of other users are open (BOLA)), observed high: "
        "Objects of other users are open (BOLA) (CWE-639) at GET /orders/{order_id}: 'bob' reads an object of 'alice'"
    )


def test_the_log_of_a_test_tells_of_its_own_attack_alone(robot, tmp_path):
    text = "*** Settings ***\nLibrary    SecurityLibrary\n\n*** Test Cases ***\nFirst\n    API Should Withstand    banner\nSecond\n    API Should Withstand    cors\n"
    _, result = robot(text, env={"THEODORE_SANDBOX_DEFECTS": "banner-revealed"})
    first, second = result.suite.tests
    assert (first.status, second.status) == ("FAIL", "PASS")
    log = "".join(message.message for message in second.body[0].messages)
    assert "0 findings" in log
    assert "banner" not in log
