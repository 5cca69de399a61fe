"""Runs nothing: by it coverage lists the files that no test has loaded."""
