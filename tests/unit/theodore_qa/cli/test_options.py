"""Options of the command."""

from theodore_qa.cli.test import split_options


def test_options_are_split_between_robot_and_pabot(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "v.py").write_text("")
    robot, pabot = split_options(("--include", "x", "--processtimeout", "5", "--variablefile", "v.py", "--chunk"))
    assert robot == ["--include", "x", "--variablefile", str(tmp_path / "v.py")]
    assert pabot == ["--processtimeout", "5", "--chunk"]
