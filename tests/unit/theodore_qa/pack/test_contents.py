"""What a pack says of its run."""

from theodore_qa.pack import contents


def test_values_of_variables_that_may_be_secrets_are_not_recorded():
    options = ["--variable", "PROFILE:quick", "-v", "TOKEN:s3cret-value", "--variable", "SEED:501", "--include", "a:b"]
    options += ["--variable=KEY:s3cret-value", "-vKEY:s3cret-value", "--var", "KEY:s3cret:value"]
    found = contents.versions(options)
    recorded = ["--variable", "PROFILE:quick", "-v", "TOKEN:(not recorded)", "--variable", "SEED:501", "--include", "a:b"]
    recorded += ["--variable=KEY:(not recorded)", "-vKEY:(not recorded)", "--var", "KEY:(not recorded)"]
    assert (found["options"], found["seeds"]) == (recorded, ["501"])
    assert found["packages"]["robotframework"]
    assert found["time"]["proven"] is False


def test_what_changed_between_two_runs():
    before, now = {"a": "1", "b": "1", "c": "1"}, {"a": "1", "b": "2", "d": "1"}
    assert contents.changes(before, now) == {"changed": ["b"], "added": ["d"], "removed": ["c"]}
