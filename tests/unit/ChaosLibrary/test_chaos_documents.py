"""The document of the experiments is what the definitions make of it; each experiment has its row in the suites."""

from pathlib import Path

from ChaosLibrary import definitions, document

ROOT = Path(__file__).resolve().parents[3]


def test_the_document_is_up_to_date():
    assert (ROOT / "docs" / "CHAOS_EXPERIMENTS.md").read_text(encoding="utf-8") == document.document()


def test_each_experiment_has_a_row():
    rows = (ROOT / "suites" / "chaos" / "experiments.robot").read_text(encoding="utf-8")
    for name, experiment in definitions.load().items():
        tags = "    ".join([f"experiment:{name}", *(f"experiment:{group}" for group in experiment.groups)])
        assert f"    [Tags]    {tags}\n    {name}\n" in rows, name


def test_all_experiments_of_the_ticket_are_there():
    ticket = {
        "network_latency_basic": (30, 0.3, 10),
        "ai_service_intermittent_failure": (45, 0.4, 15),
        "memory_pressure_light": (20, 0.4, 5),
        "request_timeout_injection": (30, 0.5, 12),
        "high_latency_injection": (60, 0.5, 10),
        "intermittent_network_failure": (30, 0.3, 15),
        "timeout_injection": (45, 0.4, 20),
        "memory_pressure_injection": (30, 0.6, 5),
        "cpu_stress_injection": (45, 0.7, 8),
        "ai_service_failure": (60, 0.8, 25),
        "database_failure_simulation": (40, 0.6, 30),
    }
    known = definitions.load()
    assert {name: (known[name].duration, known[name].intensity, known[name].recovery) for name in ticket} == ticket
