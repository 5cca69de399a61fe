"""Jobs followed live: as server-sent events and over WebSockets."""

from __future__ import annotations

import asyncio
import json
import time
from typing import Any, TYPE_CHECKING

from fastapi import APIRouter, HTTPException, WebSocket, WebSocketDisconnect

from theodore_sandbox import defects
from theodore_sandbox.theodore.api.auth import caller_of
from theodore_sandbox.theodore.store import now

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from pydantic import BaseModel

    from theodore_sandbox.theodore.pipeline.batches import Batch
    from theodore_sandbox.theodore.pipeline.jobs import PipelineJob

HEARTBEAT = 1.0
UNAUTHORISED, UNKNOWN_JOB = 4401, 4404
router = APIRouter(prefix="/api/v2/ws")


async def events(job: PipelineJob | None, stored: dict[str, Any], shape: type[BaseModel]) -> AsyncIterator[str]:
    """``progress`` for each state, then ``complete`` or ``error`` with the whole job."""
    if job is not None:
        async for progress in job.follow():
            yield f"event: progress\ndata: {json.dumps(progress)}\n\n"
    last = shape(**(job.body if job else stored))
    name = "complete" if last.model_dump()["status"] == "completed" else "error"
    yield f"event: {name}\ndata: {last.model_dump_json()}\n\n"


async def _send(socket: WebSocket, kind: str, data: dict[str, Any]) -> None:
    await socket.send_json({"type": kind, "timestamp": now().isoformat(), "data": data})


@router.websocket("/progress/{job_id}")
async def progress(socket: WebSocket, job_id: str) -> None:
    """The progress of one job, each state once and in order, and its end."""
    signed = await _accepted(socket)
    if signed is None:
        return
    state = socket.app.state
    job: PipelineJob | Batch | None = state.jobs.jobs.get(job_id) or state.batches.find(job_id, signed.tenant)
    if job is None or job.tenant != signed.tenant:
        await _send(socket, "error", {"message": f"Job {job_id} not found"})
        await socket.close(UNKNOWN_JOB)
        return
    if not defects.on("websocket-without-ack"):
        await _send(socket, "connection_ack", {"job_id": job_id})
    try:
        async for progressed in job.follow():
            await _send(socket, "progress_update", {"job_id": job_id} | progressed)
        kind = "job_completed" if job.body["status"] in ("completed", "partially_completed") else "job_failed"
        await _send(socket, kind, {"job_id": job_id, "status": job.body["status"], "error": job.body.get("error")})
        await socket.close()
    except WebSocketDisconnect:
        return


@router.websocket("/notifications")
async def notifications(socket: WebSocket, categories: str = "") -> None:
    """Heartbeats, and an acknowledgement of each subscription."""
    if await _accepted(socket) is None:
        return
    await _send(socket, "connection_ack", {"categories": [category for category in categories.split(",") if category]})
    while True:
        try:
            message = await asyncio.wait_for(_message(socket), HEARTBEAT)
        except TimeoutError:
            await _send(socket, "heartbeat", {})
        except (WebSocketDisconnect, RuntimeError):
            return
        except ValueError:
            await _send(socket, "error", {"message": "A message is a JSON object with an action"})
        else:
            action = message.get("action") if isinstance(message, dict) else None
            if action in ("subscribe", "unsubscribe"):
                kind = "subscription_ack" if action == "subscribe" else "unsubscription_ack"
                await _send(socket, kind, {name: value for name, value in message.items() if name != "action"})
            else:
                await _send(socket, "error", {"message": "The action is subscribe or unsubscribe"})


@router.websocket("/monitoring")
async def monitoring(socket: WebSocket) -> None:
    """How busy the system is, each second."""
    if await _accepted(socket) is None:
        return
    await _send(socket, "connection_ack", {})
    state = socket.app.state
    try:
        while True:
            data = {"active_jobs": state.jobs.active(), "uptime_seconds": round(time.monotonic() - state.started, 3)}
            await _send(socket, "system_notification", data)
            await asyncio.sleep(HEARTBEAT)
    except (WebSocketDisconnect, RuntimeError):
        return


async def _message(socket: WebSocket) -> Any:
    """The next message, which is JSON in a frame of text; anything else is a ValueError."""
    received = await socket.receive()
    if received["type"] == "websocket.disconnect":
        raise WebSocketDisconnect(received.get("code", 1000))
    try:
        return json.loads(received.get("text") or "")
    except RecursionError:
        raise ValueError("it is too deep") from None


async def _accepted(socket: WebSocket) -> Any:
    """The caller of a WebSocket; one who is not signed in gets an error and is disconnected."""
    await socket.accept()
    try:
        return caller_of(socket)
    except HTTPException as error:
        await _send(socket, "error", {"message": str(error.detail)})
        await socket.close(UNAUTHORISED)
        return None
