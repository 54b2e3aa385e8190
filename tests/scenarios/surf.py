"""What an admin does in App Home, as the tests of surfaces need it."""

from typing import Any

from ops.workspace.server import LocalWorkspace

ADMINS = {"admins": ["U0PRIYA"]}


async def home_of(workspace: LocalWorkspace, user: str) -> dict[str, Any]:
    """Their App Home, opened now."""
    before = len(workspace.called("views.publish"))
    await workspace.open_home(user)
    await workspace.wait_for(lambda: len(workspace.called("views.publish")) > before and workspace.home(user))
    home = workspace.home(user)
    assert home is not None
    return home


async def open_settings(workspace: LocalWorkspace, channel: str) -> dict[str, Any]:
    """The modal in which priya, an admin, sets that channel, filled with what is set."""
    home = await home_of(workspace, "priya")
    await workspace.click("priya", action_id="home_channels", view_id=home["id"])
    await workspace.wait_for(lambda: workspace.views("priya"))
    view = workspace.views("priya")[-1]
    picked = {"channel": {"channel_picked": {"type": "conversations_select", "selected_conversation": channel}}}
    await workspace.click("priya", action_id="channel_picked", value=channel, view_id=view["id"], values=picked)
    await workspace.wait_for(lambda: len(workspace.views("priya")[-1]["blocks"]) == 3)
    return workspace.views("priya")[-1]


async def configure(
    workspace: LocalWorkspace, mode: str, channel: str = "C0SUPPORT", desk: str = "="
) -> dict[str, Any]:
    """Priya sets a channel; the errors by block, {} when it was taken."""
    view = await open_settings(workspace, channel)
    return await workspace.submit(view["id"], "priya", entered(channel, mode, desk))


def entered(channel: str, mode: str, desk: str = "=") -> dict[str, Any]:
    return {
        "channel": {"channel_picked": {"type": "conversations_select", "selected_conversation": channel}},
        f"mode:{channel}": {"mode": {"type": "radio_buttons", "selected_option": {"value": mode}}},
        f"desk:{channel}": {"desk": {"type": "static_select", "selected_option": {"value": desk}}},
    }
