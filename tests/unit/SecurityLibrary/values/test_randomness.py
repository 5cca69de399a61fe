"""What a scan makes up: never the same number twice, and the same numbers for the same seed."""

from SecurityLibrary.values.randomness import ScanRandom


def test_no_number_comes_twice_as_long_as_many_are_left():
    random = ScanRandom(7)
    numbers = [random.number() for _ in range(6000)]
    assert len(set(numbers)) == len(numbers)
    assert all(1000 <= number < 9999 for number in numbers)
    assert [random.number() for _ in range(6000)]  # and never an end


def test_numbers_follow_from_the_seed():
    first, again, other = ([random.number() for _ in range(3)] for random in map(ScanRandom, (7, 7, 8)))
    assert first == again != other
