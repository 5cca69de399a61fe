"""What a process used is drawn below the probes of an experiment."""

from ChaosLibrary import definitions, timeline
from ChaosLibrary.runner import Result
from ChaosLibrary.steady_state import ProbeOutcome, Sample
from theodore_qa.faults.usage import Usage, UsageWatch


def result_with(samples):
    result = Result(definitions.load()["network_latency_basic"], 100.0)
    result.before = [Sample(100 + number, 0.1, ProbeOutcome.GOOD) for number in range(5)]
    result.usage = UsageWatch("<api>", lambda: None)
    result.usage.samples = samples
    return result


def test_the_figures_are_drawn_below_the_probes_with_the_most_of_each():
    drawn = timeline.svg(result_with([Usage(100.5, 0.25, 80.0, 12, 3), Usage(101.5, 0.5, 120.0, 10, 7)]))
    assert "CPU of &lt;api&gt;, at most 50 %" in drawn
    assert "memory of &lt;api&gt;, at most 120 MB" in drawn
    assert "file handles of &lt;api&gt;, at most 12" in drawn
    assert "connections of &lt;api&gt;, at most 7" in drawn
    assert drawn.count("<polyline") == 4


def test_one_sample_makes_no_line():
    assert "<polyline" not in timeline.svg(result_with([Usage(100.5, 0.25, 80.0, 12, 3)]))


def test_nothing_is_drawn_for_the_time_in_which_there_was_no_process():
    alone = [Usage(100.5, 0.1, 80.0, 1, 1), Usage(103.3, 0.1, 80.0, 1, 1)]
    assert timeline.svg(result_with(alone)).count("<polyline") == 8
