"""`frontdesk try`: the desk in a local Slack workspace, in the browser, with no account anywhere."""

import asyncio
import signal
import webbrowser
from pathlib import Path

import click
from pydantic import SecretStr

from bot.settings import MonitoringSettings
from ops.config import Config
from ops.operations import OperationError
from ops.reports import SyncStep
from ops.serve import serving
from ops.workspace.server import LocalWorkspace

MANIFEST = Path(__file__).parent / "slack" / "manifest.yaml"


async def try_locally(config: Config, *, port: int, browser: bool) -> None:
    """Serve the workspace and the desk in it until Ctrl+C. The page is there before the documents are indexed."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    workspace = LocalWorkspace(port, manifest=MANIFEST, rate_limits=True)
    try:
        await workspace.start()
    except OSError as error:
        raise OperationError(f"port {port} is taken ({error.strerror}); choose another with --port") from error
    try:
        click.echo(f"A local Slack workspace: {workspace.url}\nMention the bot in #support. Stop with Ctrl+C.")
        workspace.set_notice({"text": "Frontdesk is starting"})
        if browser:
            await asyncio.to_thread(webbrowser.open, workspace.url)

        def on_step(step: SyncStep) -> None:
            loop.call_soon_threadsafe(workspace.set_notice, notice_of(step))

        async with serving(connected(config, workspace), on_step) as local:
            if (await local.index_status()).documents:
                workspace.set_notice(None)
            await stop.wait()
    finally:
        await workspace.stop()


def connected(config: Config, workspace: LocalWorkspace) -> Config:
    """The configuration with this workspace as its Slack."""
    slack = config.bot.slack.model_copy(
        update={
            "bot_token": SecretStr(workspace.bot_token),
            "app_token": SecretStr(workspace.app_token),
            "api_url": workspace.api_url,
            "mode": "socket",
        }
    )
    # Nobody outside is told of what is tried out here.
    here = {"slack": slack, "monitoring": MonitoringSettings(port=0), "webhooks": (), "email": None}
    bot = config.bot.model_copy(update=here)
    return Config(config.path, bot, config.ingest)


def notice_of(step: SyncStep) -> dict[str, object] | None:
    """The page's banner for a step of a sync; none when it is finished."""
    if step.stage == "finished":
        return None
    return {"text": f"Indexing the documents of “{step.source}”: {step.stage}", "done": step.done, "total": step.total}
