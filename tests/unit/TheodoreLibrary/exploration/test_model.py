"""The reference model: who is admitted, what is allowed, and what follows from what."""

import datetime as dt

import pytest

from TheodoreLibrary.exploration.judging import Judge
from TheodoreLibrary.exploration.model import accounts, discoveries, jobs, system
from TheodoreLibrary.exploration.model.actions import Turn
from TheodoreLibrary.exploration.model.budgets import Budgets
from TheodoreLibrary.exploration.model.catalogue import ACTIONS
from TheodoreLibrary.exploration.model.results import ended_discovery, ended_research
from TheodoreLibrary.exploration.model.world import Identity, Job, Key, Session, World
from TheodoreLibrary.exploration.steps import Answer, Request, Step


@pytest.fixture
def world():
    made = World("abcde", companies=["Stripe", "Square"])
    for name, role, tenant in (("ann", "user", "a"), ("bob", "user", "b"), ("eve", "admin", "a")):
        identity = made.identities[name] = Identity(name, f"{name}@example.test", "Secret123", role, tenant)
        made.sessions[name] = Session(identity, f"token of {name}", f"refresh token of {name}", family=name)
    made.keys["key 1"] = Key(made.identities["ann"], "secret", ("research",))
    made.plugins = [
        {"name": "alpha-store", "category": "storage", "description": "Keeps vectors", "version": "1.0.0", "status": "enabled"},
        {"name": "beta-store", "category": "storage", "description": "Keeps records", "version": "1.1.0", "status": "available"},
        {"name": "gamma", "category": "utility", "description": "A Store of odds", "version": "2.0.0", "status": "enabled"},
    ]
    made.jobs["job 1"] = Job("res_abcdef123456", "research", made.identities["ann"], "Square", {}, "then")
    return made


def turn(world, action, caller="ann", body=None, answered=200, **values):
    made = Turn(world, Step(action, caller, values))
    made.answer = Answer(answered, body, {}, str(body))
    return made


def found(judge):
    return [difference.check for difference in judge.found]


@pytest.mark.parametrize(
    ("caller", "scope", "admin", "refused"),
    [
        (None, "", False, (401,)),
        ("ann", "", False, ()),
        ("ann", "research", False, ()),
        ("ann", "", True, (403,)),
        ("eve", "", True, ()),
        ("key 1", "research", False, ()),
        ("key 1", "discovery", False, (403,)),
        ("key 1", "", False, ()),
    ],
)
def test_who_is_admitted(world, caller, scope, admin, refused):
    assert world.admits(world.caller(caller or "nobody"), scope, admin=admin) == refused


def test_a_change_of_password_ends_all_sessions_of_the_person_and_leaves_its_keys_open(world):
    change = turn(world, "change the password", present="right", new="strong")
    change.request = ACTIONS["change the password"].request(change)
    ACTIONS["change the password"].learn(change)
    assert (world.sessions["ann"].alive, world.sessions["bob"].alive, world.keys["key 1"].alive) == (False, True, None)
    assert world.identities["ann"].former_password == "Secret123"
    assert world.identities["ann"].password.startswith("Qa9z")


def test_a_sign_out_ends_its_own_session_and_no_other(world):
    world.sessions["session 1"] = Session(world.identities["ann"], "other", family="session 1")
    world.sessions["session 2"] = Session(world.identities["ann"], "renewed", family="ann")
    ACTIONS["sign out"].learn(turn(world, "sign out"))
    assert [world.sessions[name].alive for name in ("ann", "session 1", "session 2")] == [False, True, None]


@pytest.mark.parametrize(
    ("changes", "statuses"),
    [
        ({}, (200,)),
        ({"first_name": "A" * 50}, (200,)),
        ({"first_name": "A" * 51}, (422,)),
        ({"email": "no-address"}, (422,)),
        ({"preferences": "none"}, (422,)),
        ({"role": "admin"}, (200, 422)),
    ],
)
def test_which_changes_of_a_profile_are_allowed(world, changes, statuses):
    assert ACTIONS["change the profile"].statuses(turn(world, "change the profile", changes=changes)) == statuses


def test_a_profile_keeps_what_was_not_changed(world):
    world.identities["ann"].profile = {"first_name": "Ann", "last_name": "Lee"}
    change = turn(world, "change the profile", body={"first_name": "Ada", "last_name": None}, changes={"first_name": "Ada"})
    ACTIONS["change the profile"].learn(change)
    assert [(difference.check, difference.field, difference.value) for difference in change.judge.found] == [
        ("explore.accounts.profile_changed_last_name", "last_name", "Lee")
    ]


def test_a_refusal_says_the_same_of_known_and_unknown_users(world):
    for message in ("Wrong name or password", "No such user"):
        refusal = turn(world, "sign in", "nobody", {"message": message}, 401, identity="ann", username="own", password="wrong")
        ACTIONS["sign in"].refused(refusal)
    assert found(refusal.judge) == ["explore.accounts.refusal"]


@pytest.mark.parametrize(
    ("values", "statuses"),
    [
        ({}, (200,)),
        ({"name": ""}, (422,)),
        ({"name": "k" * 100}, (200,)),
        ({"name": "k" * 101}, (422,)),
        ({"description": "d" * 501}, (422,)),
        ({"ends": "no date"}, (422,)),
        ({"ends": [-60, 0]}, (200, 422)),
        ({"ends": [3600, -12]}, (200,)),
    ],
)
def test_which_keys_can_be_made(world, values, statuses):
    drawn = {"name": "a key", "scopes": None, "ends": None, "description": None} | values
    assert ACTIONS["make an API key"].statuses(turn(world, "make an API key", **drawn)) == statuses


def test_times_are_compared_whatever_their_zone():
    noon = accounts.moment([3600, -12])
    assert accounts.same_moment(noon, dt.datetime.fromisoformat(noon).astimezone(dt.UTC).isoformat())
    assert not accounts.same_moment(noon, noon[:-6] + "+00:00")
    assert not accounts.same_moment(noon, None)
    assert not accounts.same_moment(noon, "soon")
    assert accounts.same_moment(None, None)


@pytest.mark.parametrize(
    ("values", "names"),
    [
        ({}, ["alpha-store", "beta-store", "gamma"]),
        ({"category": "storage"}, ["alpha-store", "beta-store"]),
        ({"category": "storag"}, []),
        ({"category": "storage", "status": "enabled"}, ["alpha-store"]),
        ({"search": "STORE"}, ["alpha-store", "beta-store", "gamma"]),
        ({"search": "%"}, []),
    ],
)
def test_which_plugins_match(world, values, names):
    assert system.names(system.matching(world, values)) == names


def test_the_last_page_has_the_true_total_and_no_more(world):
    body = {"plugins": world.plugins[2:], "total": 2, "limit": 1, "offset": 2, "has_more": True}
    listing = turn(world, "list plugins", body=body, category=None, status=None, search=None, limit=1, offset=2)
    ACTIONS["list plugins"].learn(listing)
    assert found(listing.judge) == ["explore.plugins.page_total", "explore.plugins.page_has_more"]


@pytest.mark.parametrize(
    ("limit", "offset", "statuses"), [(0, None, (422,)), (200, 0, (200,)), (201, 0, (422,)), (1, -1, (422,))]
)
def test_which_pages_are_allowed(world, limit, offset, statuses):
    listing = turn(world, "list plugins", category=None, status=None, search=None, limit=limit, offset=offset)
    assert ACTIONS["list plugins"].statuses(listing) == statuses


@pytest.mark.parametrize(
    ("plugin", "change", "force", "statuses"),
    [
        ("beta-store", "install", None, (200,)),
        ("alpha-store", "install", None, (409,)),
        ("alpha-store", "install", "true", (200,)),
        ("alpha-store", "remove", None, (409,)),
        ("alpha-store", "remove", "true", (200,)),
        ("beta-store", "remove", "true", (409,)),
        ("alpha-store", "disable", None, (200,)),
        ("none", "enable", None, (404,)),
    ],
)
def test_the_life_of_a_plugin(world, plugin, change, force, statuses):
    assert (
        ACTIONS["change a plugin"].statuses(turn(world, "change a plugin", plugin=plugin, change=change, force=force)) == statuses
    )


@pytest.mark.parametrize(
    ("filters", "valid"),
    [
        ({}, True),
        ({"founded_after": 1800, "founded_before": 2025}, True),
        ({"founded_after": 1799}, False),
        ({"founded_before": 2026}, False),
        ({"founded_after": 2000, "founded_before": 2000}, False),
        ({"min_employees": 5, "max_employees": 5}, True),
        ({"min_employees": 6, "max_employees": 5}, False),
        ({"location": ["x"] * 20}, True),
        ({"location": ["x"] * 21}, False),
        ({"location": "London"}, False),
        ({"industry": ["no such kind"]}, False),
        ({"min_employees": "many"}, False),
    ],
)
def test_which_filters_are_allowed(filters, valid):
    assert discoveries.valid_filters(filters) is valid


@pytest.mark.parametrize(
    ("body", "statuses"),
    [
        ({"company_name": "n" * 200}, (200,)),
        ({"company_name": "n" * 201}, (422,)),
        ({"company_name": " "}, (422,)),
        ({"company_name": "Square", "timeout_seconds": 30}, (200,)),
        ({"company_name": "Square", "timeout_seconds": 29}, (422,)),
        ({"company_name": "Square", "tags": ["t"] * 11}, (422,)),
        ({"company_name": "Square", "priority": "highest"}, (422,)),
    ],
)
def test_which_researches_are_allowed(world, body, statuses):
    starting = Turn(world, Step("start a research", "ann", {"body": body}))
    assert ACTIONS["start a research"].statuses(starting) == statuses


@pytest.mark.parametrize(
    ("caller", "values", "statuses"),
    [("ann", {}, (200,)), ("eve", {}, (200,)), ("bob", {}, (404,)), ("ann", {"identifier": "unknown"}, (404,))],
)
def test_who_finds_a_job(world, caller, values, statuses):
    assert ACTIONS["read a job"].statuses(turn(world, "read a job", caller, job="job 1", route="", **values)) == statuses


def test_a_job_of_another_kind_is_looked_for_on_its_route(world):
    reading = turn(world, "read a job", job="job 1", route="/progress", identifier="of another kind")
    assert ACTIONS["read a job"].request(reading) == Request("GET", "/discover/res_abcdef123456/progress")
    assert ACTIONS["read a job"].scope_needed(reading) == "discovery"


@pytest.mark.parametrize(
    ("state", "statuses"),
    [
        ({}, ("pending", "queued", "running", "completed", "failed")),
        ({"status": "running"}, ("running", "completed", "failed")),
        ({"status": "failed"}, ("failed",)),
        ({"cancelled": True}, ("cancelled",)),
        ({"over": True}, ("completed", "failed")),
        ({"company": "Explored abcde 1", "over": True}, ("failed",)),
    ],
)
def test_which_status_may_come_next(world, state, statuses):
    job = world.jobs["job 1"]
    vars(job).update(state)
    assert jobs.next_statuses(job) == statuses


def test_what_has_ended_stays(world):
    job = world.jobs["job 1"]
    state = {
        "job_id": job.id, "company_name": "Square", "created_at": "then", "status": "completed", "completed_at": "now",
        "result": {"name": "Square", "domain": "squareup.com"}, "error": None, "progress": {"percentage": 100.0},
    }  # fmt: skip
    for body in (state, state | {"updated_at": "later"}):
        reading = turn(world, "read a job", body=body, job="job 1", route="")
        ACTIONS["read a job"].learn(reading)
    assert found(reading.judge) == ["explore.research.stays"]


def test_a_completed_research_is_about_its_company():
    job = Job("res_1", "research", None, "Square", {}, status="completed", domain="squareup.com")
    judge = Judge()
    ended_research(judge, job, {"result": {"name": "Slack", "domain": "slack.com"}})
    ended_research(judge, job, {"result": None})
    assert found(judge) == ["explore.research.result_name", "explore.research.result_own_domain", "explore.research.result"]


def test_what_a_discovery_found_keeps_to_its_request():
    results = [
        {"company": {"name": "Adyen", "industry": "finance"}, "similarity_score": 0.5},
        {"company": {"name": "Stripe", "industry": "retail"}, "similarity_score": 0.7},
    ]
    judge = Judge()
    request = {"company_name": "Stripe", "limit": 1, "filters": {"industry": ["finance"]}}
    ended_discovery(judge, request, {"results": results, "total_found": 3, "filters_applied": []})
    names = ("total", "limit", "threshold", "order", "no_self", "filters", "filters_reported")
    assert found(judge) == [f"explore.discovery.{name}" for name in names]


def test_suggestions_with_other_limits_are_the_same_list(world):
    world.jobs.clear()
    for limit, names in ((50, ["Miro", "Microsoft", "Mixpanel"]), (3, ["Miro", "Microsoft"])):
        asking = turn(
            world, "ask for suggestions", body={"query": "mi", "suggestions": names, "count": len(names)}, query="mi", limit=limit
        )
        ACTIONS["ask for suggestions"].learn(asking)
    assert found(asking.judge) == ["explore.suggestions.consistent"]


def test_what_is_left_of_a_limit_falls_by_each_request(world):
    judge = Judge()
    budgets = Budgets(judge, exact=True)
    request, headers = Request("POST", "/research"), {"x-ratelimit-limit": "10", "x-ratelimit-window": "3600"}
    for left in ("9", "8", "8"):
        budgets.counted(request, world.sessions["ann"], Answer(422, None, headers | {"x-ratelimit-remaining": left}))
    assert [(difference.check, difference.expected) for difference in judge.found] == [
        ("explore.limits.counted", "X-RateLimit-Remaining 7")
    ]


def test_nothing_is_refused_while_something_is_left(world):
    judge = Judge()
    budgets = Budgets(judge, exact=True)
    request, headers = Request("POST", "/research"), {"x-ratelimit-limit": "2", "x-ratelimit-window": "3600"}
    refusal = Answer(429, None, {"retry-after": "30"})
    for left, allowed in (("1", False), ("0", True)):
        budgets.counted(request, world.sessions["ann"], Answer(422, None, headers | {"x-ratelimit-remaining": left}))
        assert budgets.may_refuse(request, world.sessions["ann"], refusal) is allowed


def test_the_limit_for_all_operations_together_may_refuse_too(world):
    judge = Judge()
    budgets = Budgets(judge, exact=True)
    headers = {
        "x-ratelimit-limit": "9",
        "x-ratelimit-window": "3600",
        "x-ratelimit-remaining": "5",
        "x-ratelimit-global-remaining": "0",
    }
    budgets.counted(Request("POST", "/research"), world.sessions["ann"], Answer(422, None, headers))
    assert budgets.may_refuse(Request("POST", "/research"), world.sessions["ann"], Answer(429, None, {"retry-after": "30"}))
