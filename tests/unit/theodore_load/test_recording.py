"""What a worker records: durations in the places of an HDR histogram, and both ways of recording an answer alike."""

import random

from theodore_load.recording import histogram, Recorder, tallied


def test_durations_are_tallied_by_their_places_in_the_histogram():
    draw = random.Random(20)
    times = histogram()
    for _ in range(5000):
        microseconds = draw.randint(1, 1 << draw.randint(1, 31))
        place = tallied(microseconds / 1_000_000 + 1e-9)
        assert times.get_lowest_equivalent_value(microseconds) == place, microseconds


def test_an_answer_is_recorded_as_its_figures_and_its_second_would_be():
    quick, slow = Recorder(["get"], []), Recorder(["get"], [])
    for number in range(200):
        moment, response, service = number / 50, 0.0123 * (number + 1), 0.001 * (number + 1)
        quick.answered(quick.steps["get"], moment, response, service, 10, checked=number % 2 == 0)
        slow.steps["get"].good(response, service, checked=number % 2 == 0)
        slow.series.count(moment, response, 10)
    assert quick.data() == slow.data()
    assert [entry["ok"] for entry in quick.series.seconds.values()] == [50, 50, 50, 50]
