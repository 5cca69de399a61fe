"""Profiles and drift."""

import json
import random

import pytest
from scipy import stats

from QualityLibrary import drift, profiles
from QualityLibrary.batches import BatchScore, quantile
from QualityLibrary.sources import Row
from QualityLibrary.store import store
from theodore_qa.errors import NotEvaluatedError, QaError, UsageError
from theodore_qa.observing.checks import Checks

pytestmark = pytest.mark.usefixtures("observed")


def orders(seed, count=2000, mean=100, missing=0.0, shares=(0.5, 0.3, 0.2)):
    source = random.Random(seed)
    made = [
        {
            "price": None if source.random() < missing else round(source.gauss(mean, 20), 2),
            "country": source.choices(("DE", "FR", "US"), shares)[0],
            "note": "x" * source.randrange(200),
        }
        for _ in range(count)
    ]
    return store.keep(map(Row, made), f"orders of {seed}", kinds=True)


def judged(records, before, *columns, at_most=0.2):
    checks = Checks("Drift")
    drift.check(checks, records, before, columns, at_most)
    checks.conclude()


def test_alike_records_have_not_drifted():
    judged(orders(2), profiles.profile(orders(1), []))


@pytest.mark.parametrize(
    ("options", "column"),
    [({"mean": 115}, "price"), ({"missing": 0.2}, "price"), ({"shares": (0.2, 0.3, 0.5)}, "country")],
    ids=["mean", "completeness", "categories"],
)
def test_drift_is_found_and_named(options, column):
    with pytest.raises(
        QaError, match=f"^records.drift.{column}: expected a PSI of {column} of at most 0.2, observed PSI"
    ) as error:
        judged(orders(2, **options), profiles.profile(orders(1), []))
    assert "\n" not in str(error.value)


def test_few_records_are_no_proof_of_either():
    before = profiles.profile(orders(1, 30), [])
    with pytest.raises(NotEvaluatedError, match="too few to tell|chance alone may do that"):
        judged(orders(2, 30), before, "price")


def test_columns_that_come_go_or_change_are_drift():
    before = profiles.profile(orders(1), [])
    other = store.keep([Row({"price": "dear", "country": "DE", "age": 1})] * 500, "others", kinds=True)
    with pytest.raises(QaError, match="no note among price, country, age"):
        judged(other, before)
    with pytest.raises(QaError, match="records.drift.price: expected price of the type number, observed texts"):
        judged(other, before, "price")
    added = store.keep([Row({"price": 1.5, "country": "DE", "note": "", "age": 1})] * 500, "others", kinds=True)
    with pytest.raises(
        QaError, match="records.drift.columns: expected the columns price, country, note, observed price, country, note, age"
    ):
        judged(added, before)
    with pytest.raises(NotEvaluatedError, match="the profile has no age"):
        judged(added, before, "age")


def test_the_kolmogorov_smirnov_test():
    before = profiles.profile(orders(1), [])
    for records, fails in ((orders(2), False), (orders(3, mean=110), True)):
        checks = Checks("Drift")
        drift.check_by_test(checks, records, before, [], 0.01)
        if fails:
            with pytest.raises(QaError, match="records.drift.price: expected the distribution of price as before .* D 0"):
                checks.conclude()
        else:
            checks.conclude()


def test_a_profile_is_a_small_file_without_names(tmp_path):
    made = profiles.profile(orders(1), [])
    file = tmp_path / "profiles" / "orders.json"
    profiles.write(made, file)
    profiles.write(made, file)
    assert profiles.read(file) == json.loads(file.read_text())
    assert made["columns"]["country"]["counts"].keys() == {"DE", "FR", "US"}
    assert "xxx" not in file.read_text()
    assert file.stat().st_size < 30_000
    assert sum(made["columns"]["price"]["counts"].values()) == 2000


def test_files_that_are_no_profiles_stay_as_they_are(tmp_path):
    other = tmp_path / "package.json"
    other.write_text("{}")
    with pytest.raises(QaError, match="is no profile of records"):
        profiles.write(profiles.profile(orders(1, 10), []), other)
    assert other.read_text() == "{}"
    for path in (tmp_path / "profile.txt", tmp_path / ".." / "profile.json"):
        with pytest.raises(UsageError, match="name a file that ends with .json, without"):
            profiles.write({}, path)
    other.write_text('{"format": 1, "kind": "profile of rec')
    with pytest.raises(QaError, match="is no whole profile"):
        profiles.read(other)
    with pytest.raises(QaError, match="There is no profile .*: make one by Profile Of Records"):
        profiles.read(tmp_path / "none.json")
    with pytest.raises(QaError, match="There are 0 records"):
        profiles.profile(store.keep(iter(()), "nothing"), [])


def test_the_index_is_that_of_the_formula():
    found = drift.index({"a": 500, "b": 500}, {"a": 400, "b": 600})
    assert found.value == pytest.approx(0.1 * 0.2231435 + 0.1 * 0.1823216, abs=1e-6)
    assert found.by_chance == pytest.approx(3.841459 * 0.002, abs=1e-6)


def test_the_index_stays_below_what_chance_does_in_95_of_100_pairs():
    source = random.Random(7)
    above = 0
    for _ in range(300):
        pair = [dict.fromkeys("abcdefghij", 0), dict.fromkeys("abcdefghij", 0)]
        for counts in pair:
            for name in source.choices("abcdefghij", k=400):
                counts[name] += 1
        found = drift.index(*pair)
        above += found.value > found.by_chance
    assert 3 <= above <= 30, above


@pytest.mark.parametrize("freedom", [1, 2, 3, 5, 9, 30, 1000])
def test_quantiles_are_those_of_scipy(freedom):
    assert quantile(freedom) == pytest.approx(stats.t.ppf(0.975, freedom), rel=0.01)


def test_the_score_of_a_batch():
    score = BatchScore({"a": 1.0, "b": 0.5, "c": 0.9})
    assert str(score) == "mean 0.800 (95 %: 0.143 to 1.000), worst b with 0.500"
    assert BatchScore({"a": 0.5}).interval == (0.0, 1.0)
