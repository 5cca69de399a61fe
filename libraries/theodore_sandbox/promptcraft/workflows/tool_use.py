"""A step whose agent uses the tools of an MCP server: what it reads is material, and only the step's action is an order."""

from __future__ import annotations

from typing import Any, TYPE_CHECKING

from theodore_sandbox import defects

if TYPE_CHECKING:
    import httpx

MOST_ROUNDS = 5
READ = ("document", "page")  # of a workflow's input
BELIEVED = {
    "document": "document-as-orders",
    "page": "page-as-orders",
    "tool description": "tool-description-as-orders",
    "tool result": "tool-result-as-orders",
}


async def sent(client: httpx.AsyncClient, path: str, body: dict[str, Any]) -> dict[str, Any]:
    """What the orchestrator answers."""
    answer = await client.post(path, json=body)
    answer.raise_for_status()
    found = answer.json()
    return found if isinstance(found, dict) else {}


async def carry_out(client: httpx.AsyncClient, server: str, step: dict[str, Any], given: dict[str, Any]) -> float:
    """Have an agent carry out a step with the tools of a server until it calls none; returns what that cost."""
    called: list[Any] = []
    cost, number = 0.0, 1
    listed = await sent(client, server, {"jsonrpc": "2.0", "id": number, "method": "tools/list"})
    tools = (listed.get("result") or {}).get("tools") or []
    read = [{"source": name, "text": str(given[name])} for name in READ if name in given]
    read += [{"source": "tool description", "text": f"{tool['name']}: {tool['description']}"} for tool in tools]
    for _ in range(MOST_ROUNDS):
        believed = [text["text"] for text in read if defects.on(BELIEVED[text["source"]])]
        material = [text for text in read if not defects.on(BELIEVED[text["source"]])]
        body = {**step, "orders": [step["action"], *believed], "material": material, "called": called}
        answer = await sent(client, "/invoke", body)
        cost += float(answer.get("cost") or 0)
        if defects.on("last-answer-costs"):
            cost = float(answer.get("cost") or 0)
        calls = answer.get("tool_calls") or []
        if not calls:
            break
        for call in calls:
            number += 1
            message = {"jsonrpc": "2.0", "id": number, "method": "tools/call", "params": call}
            result = (await sent(client, server, message)).get("result") or {}
            called.append(call)
            read += [{"source": "tool result", "text": str(part.get("text"))} for part in result.get("content") or ()]
    return cost
