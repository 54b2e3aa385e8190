"""From `make try` in a fresh clone, with empty caches, to the first answered question: what a newcomer waits."""

import asyncio
import os
import signal
import socket
import tempfile
import time
from pathlib import Path

import aiohttp

ROOT = Path(__file__).parents[2]
QUESTION = "<@U0FRONTDESK> can I return opened earbuds?"
LIMIT_S = 600


async def measure() -> dict[str, object]:
    """Seconds until the page is there, shows the sync's progress, and holds a cited answer."""
    with tempfile.TemporaryDirectory(prefix="frontdesk-bench-") as folder:
        clone = Path(folder) / "frontdesk"
        git = await asyncio.create_subprocess_exec("git", "clone", "--quiet", str(ROOT), str(clone))
        await git.wait()
        port = _free_port()
        ours = ("ANTHROPIC_", "SLACK_", "VIRTUAL")
        environment = {name: value for name, value in os.environ.items() if not name.startswith(ours)} | {
            "PIP_CACHE_DIR": f"{folder}/pip",
            "XDG_CACHE_HOME": f"{folder}/cache",
            "TRY": f"--port {port} --no-browser",
        }
        began = time.monotonic()
        process = await asyncio.create_subprocess_exec(
            "make", "try", cwd=clone, env=environment, start_new_session=True, stdout=asyncio.subprocess.DEVNULL
        )
        try:
            async with asyncio.timeout(LIMIT_S), aiohttp.ClientSession(f"http://127.0.0.1:{port}") as session:
                return await _first_answer(session, began)
        finally:
            os.killpg(process.pid, signal.SIGTERM)
            await process.wait()


async def _first_answer(session: aiohttp.ClientSession, began: float) -> dict[str, object]:
    state = await _until(session, lambda state: True)
    page_s = time.monotonic() - began
    state = await _until(session, lambda state: (state["notice"] or {}).get("total"))
    progress_s = time.monotonic() - began
    await _until(session, lambda state: state["notice"] is None)
    synced_s = time.monotonic() - began
    asked = {"as": state["me"], "channel": "C0SUPPORT", "text": QUESTION}
    async with session.post("/ui/say", json=asked) as response:
        ts = (await response.json())["ts"]
    state = await _until(session, lambda state: _answer(state, ts))
    return {
        "page_s": round(page_s, 1),
        "progress_shown_s": round(progress_s, 1),
        "synced_s": round(synced_s, 1),
        "answered_s": round(time.monotonic() - began, 1),
        "answer": _answer(state, ts),
    }


def _answer(state: dict, ts: str) -> str:  # type: ignore[type-arg]
    """The text of the finished reply in the thread."""
    for message in state["messages"]["C0SUPPORT"]:
        replied = message.get("thread_ts") == ts != message["ts"]
        if replied and not message["streaming"] and len(message.get("blocks", [])) > 1:
            return str(message["text"])
    return ""


async def _until(session: aiohttp.ClientSession, condition) -> dict:  # type: ignore[no-untyped-def, type-arg]
    while True:
        try:
            async with session.get("/ui/state") as response:
                state: dict = await response.json()  # type: ignore[type-arg]
            if condition(state):
                return state
        except aiohttp.ClientError:
            pass
        await asyncio.sleep(0.2)


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])
