"""Hashes of tool lists: alike for what is alike, and other for a word that was changed."""

import pytest

from PromptCraftLibrary.agents import tool_lists

READ = {"name": "read", "description": "Reads a page", "inputSchema": {"type": "object", "properties": {}}}
WRITE = {"name": "write", "description": "Writes a page", "inputSchema": {"type": "object"}}


def test_the_order_of_tools_and_of_their_fields_changes_no_hash():
    turned = dict(reversed(READ.items()))
    assert tool_lists.fingerprint([READ, WRITE]) == tool_lists.fingerprint([WRITE, turned])


@pytest.mark.parametrize(
    "other",
    [[READ], [READ, WRITE, WRITE], [READ, WRITE | {"description": "Writes a page "}], [READ, WRITE | {"annotations": {}}]],
)
def test_another_list_has_another_hash(other):
    assert tool_lists.fingerprint(other) != tool_lists.fingerprint([READ, WRITE])


@pytest.mark.parametrize("listed", [None, [], "read", ["read"], {"read": READ}])
def test_what_is_no_list_of_tools_has_no_hash(listed):
    assert (tool_lists.fingerprint(listed), tool_lists.shortened([tool_lists.fingerprint(listed)])) == ("", "no list")


def test_what_is_listed_otherwise_is_named():
    listed = [READ | {"description": "Sends it elsewhere", "annotations": {}}]
    assert tool_lists.changed([READ], listed) == ["description of read"]
    assert tool_lists.changed([READ], [READ | {"annotations": {}}]) == []
    assert tool_lists.changed([WRITE], None) == ["name of write", "description of write", "inputSchema of write"]
