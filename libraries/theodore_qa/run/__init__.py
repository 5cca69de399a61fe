"""Running suites: plan, execution by pabot and robot, merge, verdict."""
