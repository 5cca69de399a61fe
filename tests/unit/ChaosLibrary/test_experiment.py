"""When a system counts as recovered, and how long that took."""

from dataclasses import replace

import pytest

from ChaosLibrary import definitions, method
from ChaosLibrary.keywords.availability import Availability
from ChaosLibrary.runner import abort_reason, deviation, Result, steady_since
from ChaosLibrary.steady_state import p95, ProbeOutcome, Sample, success
from ChaosLibrary.verdict import _representative, judge
from theodore_qa.faults.agent_client import Fault

EXPERIMENT = definitions.load()["network_latency_basic"]


def samples(letters, step=0.1, took=0.05):
    kinds = {"g": ProbeOutcome.GOOD, "o": ProbeOutcome.OPEN, "s": ProbeOutcome.SILENT, "w": ProbeOutcome.WRONG}
    return [Sample(100 + number * step, took, kinds[letter]) for number, letter in enumerate(letters)]


def test_recovery_counts_from_the_first_of_an_unbroken_row():
    seen = samples("ssog" + "g" * 30)
    assert steady_since(EXPERIMENT, seen, seen[-1].began + 0.1) == pytest.approx(100.3)


def test_a_relapse_begins_anew():
    seen = samples("g" * 10 + "w" + "g" * 10)
    assert steady_since(EXPERIMENT, seen, seen[-1].began) is None
    later = [*seen, *(Sample(102.1 + number / 10, 0.05, ProbeOutcome.GOOD) for number in range(12))]
    assert steady_since(EXPERIMENT, later, later[-1].began + 0.2) == pytest.approx(101.1)


def test_slow_ones_are_not_steady():
    seen = samples("g" * 30, took=EXPERIMENT.ceiling + 1)
    assert steady_since(EXPERIMENT, seen, 200) is None
    assert deviation(EXPERIMENT, seen) == "p95 6 s"


def test_the_deviation_from_the_steady_state_names_its_cause():
    assert deviation(EXPERIMENT, []) == "0 probes"
    assert deviation(EXPERIMENT, samples("gggs")).startswith("75% of 4 probes good, the first bad one: no answer")
    assert deviation(EXPERIMENT, samples("ggggggggg")) == ""


def test_figures():
    assert success([]) == 0
    assert success(samples("ggos")) == 0.5
    assert p95([]) == 0
    assert p95([Sample(0, number / 100, ProbeOutcome.GOOD) for number in range(1, 101)]) == 0.95


def test_blocks_are_the_unit_of_availability():
    seen = [Sample(10 + number / 10, 0.01, ProbeOutcome.GOOD) for number in range(40)]
    seen[25] = Sample(12.5, 0.01, ProbeOutcome.SILENT)
    blocks = Availability(seen, 0).blocks
    assert (blocks.hits, blocks.tried) == (3, 4)


def test_an_experiment_that_does_too_much_harm_is_aborted():
    assert abort_reason(EXPERIMENT, samples("sssss")) == ""
    assert abort_reason(EXPERIMENT, samples("gggsss")) == ""
    assert abort_reason(EXPERIMENT, samples("ggssss")) == ""
    assert abort_reason(EXPERIMENT, samples("ssssss")) == "aborted: 0 of 6 probes good, so that fewer than 50% are (95 %)"
    slow = samples("gggggg", took=EXPERIMENT.slowest + 1)
    assert abort_reason(EXPERIMENT, slow) == "aborted: p95 21 s of 6 probes, above 20 s"


def test_the_first_probe_that_shows_the_fault_is_when_it_degraded():
    result = Result(EXPERIMENT, 100.0, before=samples("gggg"), during=samples("ggg"))
    assert result.degraded is None
    result.during += [Sample(101.0, 0.3, ProbeOutcome.GOOD), Sample(101.5, 0.1, ProbeOutcome.SILENT)]
    assert result.degraded == 101.0


def verdicts(checks):
    return {check.check: check.verdict for check in checks.done}


def test_a_control_run_judges_its_probes_and_nothing_else():
    result = Result(
        replace(EXPERIMENT, intensity=0.0), 100.0, before=samples("gggg"), during=samples("ggg"), after=samples("ggg")
    )
    found = verdicts(judge(result, recovery=True))
    assert found["chaos.exposure"] == found["chaos.recovered"] == "NOT EVALUATED"
    assert {found[name] for name in ("chaos.operational", "chaos.honest", "chaos.safety")} <= {"PASS", "NOT EVALUATED"}
    result.during = samples("sss")
    assert verdicts(judge(result, recovery=True))["chaos.operational"] == "FAIL"


def fault(group="", **exposure):
    return Fault("a", "toxic", "proxy a", 100.0, "latency on a", 101.0, "asked", exposure, group)


def test_what_a_lost_fault_may_have_caused_is_not_laid_on_the_system():
    lost = fault(connections=1)
    lost.ended = "the proxy server at http://127.0.0.1:1 does not answer, and the fault went with it"
    result = Result(EXPERIMENT, 100.0, before=samples("gggg"), during=samples("sss"), after=samples("sss"), faults=[lost])
    found = verdicts(judge(result, recovery=True))
    assert "FAIL" not in found.values()
    assert found["chaos.recovered"] == "NOT EVALUATED"


def test_of_a_group_of_links_one_has_to_be_disturbed():
    unused, used = fault("reset on apis", connections=0), fault("reset on apis", connections=2)
    assert _representative([unused, used]) == [used]
    assert _representative([unused, unused]) == [unused]
    other = fault(connections=0)
    assert _representative([used, other]) == [used, other]


def test_a_process_that_nobody_starts_again_has_not_recovered():
    killed = fault(processes=1, not_restarted="nobody started process 7 again within 15 s")
    result = Result(EXPERIMENT, 100.0, before=samples("gggg"), during=samples("ggg"), after=samples("ggg"), faults=[killed])
    failed = [check for check in judge(result, recovery=False).done if check.verdict == "FAIL"]
    assert [(check.check, check.observed) for check in failed] == [
        ("chaos.recovered", "nobody started process 7 again within 15 s")
    ]


def test_a_fault_of_a_group_is_one_of_each_link(monkeypatch):
    monkeypatch.setattr(method.injection, "groups", lambda: {"apis": ("a", "b")})
    monkeypatch.setattr(method.link_faults, "reset", lambda link, **_: fault(link=link))
    experiment = replace(EXPERIMENT, faults=[{"kind": "reset", "target": "apis"}])
    injected = [inject() for inject in method.method_of(experiment)]
    assert [(made.exposure["link"], made.group) for made in injected] == [("a", "reset on apis"), ("b", "reset on apis")]


def test_a_fault_after_a_kill_waits_for_the_process_to_be_back(monkeypatch):
    undone = []
    killed, limited = fault(), fault()
    monkeypatch.setattr(method.injection, "groups", dict)
    monkeypatch.setattr(method.injection, "undo", undone.append)
    monkeypatch.setattr(method.process_faults, "kill", lambda _: killed)
    monkeypatch.setattr(method.process_faults, "limit_memory", lambda *_, **__: limited)
    experiment = replace(EXPERIMENT, faults=[{"kind": kind, "target": "api"} for kind in ("kill", "memory")])
    assert [inject() for inject in method.method_of(experiment)] == [killed, limited]
    assert undone == [killed]
