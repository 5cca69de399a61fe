"""A generated agent, asked by the official MCP client and by the keywords' own."""

import asyncio

import pytest
from mcp import Client, MCPError

from PromptCraftLibrary.agents import processes, rules
from theodore_sandbox.promptcraft.factory import artefacts
from theodore_sandbox.promptcraft.factory.spec import AgentSpec

CAPABILITIES = ["code_scanning", "vulnerability_detection"]
SPEC = AgentSpec(name="qa_agent", display_name="QA", description="An agent", domain="testing", capabilities=CAPABILITIES)


@pytest.fixture(scope="module")
def agent(tmp_path_factory):
    folder = tmp_path_factory.mktemp("agent")
    for name, text in artefacts.generate(SPEC).items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    running = processes.start(folder)
    yield running
    running.stop()


def test_the_official_client_lists_and_calls_its_tools(agent):
    async def session():
        async with Client(f"{agent.client.url}/mcp") as client:
            tools = (await client.list_tools()).tools
            called = await client.call_tool("code_scanning", {"input": "x"})
            with pytest.raises(MCPError):
                await client.call_tool("no_such_tool", {})
            return client.server_info.name, [tool.name for tool in tools], called

    name, tools, called = asyncio.run(session())
    assert (name, tools, called.is_error) == ("qa_agent", CAPABILITIES, False)
    assert '"capability": "code_scanning"' in called.content[0].text


def test_the_keywords_own_client_agrees(agent):
    tools = agent.rpc(1, "tools/list")["tools"]
    assert rules.wrong_with_tools(tools) == []
    assert agent.rpc(2, "tools/call", {"name": "no_such_tool"})["error"]["code"] == -32602
    assert agent.get("/health") == (200, {"status": "healthy", "agent_id": "qa_agent", "version": "1.0.0"})


def test_an_agent_that_does_not_start_says_what_it_said(tmp_path):
    (tmp_path / "src").mkdir()
    (tmp_path / "src" / "agent.py").write_text("raise SystemExit('no licence')\n")
    with pytest.raises(AssertionError, match=r"expected a line with its port, observed 'no licence'"):
        processes.start(tmp_path)
