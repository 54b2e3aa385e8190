"""The manifest and what it explains, against what the bot token was granted."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import yaml

from ops.checks import Check

# What Slack sends an app only with this scope: https://docs.slack.dev/reference/events
SCOPE_OF_EVENT = {
    "app_mention": "app_mentions:read",
    "message.channels": "channels:history",
    "message.groups": "groups:history",
    "message.im": "im:history",
    "message.mpim": "mpim:history",
    "member_joined_channel": "channels:read",
    "reaction_added": "reactions:read",
}
_EXPLAINED = re.compile(r"^\s*- ([a-z_.:]+) # (.+)$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Manifest:
    """Each bot scope with what needs it, and the bot's events."""

    scopes: Mapping[str, str]
    events: tuple[str, ...]


def read_manifest(path: Path) -> Manifest:
    """The explanations are the comments beside the scopes."""
    text = path.read_text(encoding="utf-8")
    parsed, explained = yaml.safe_load(text), dict(_EXPLAINED.findall(text))
    scopes = {scope: explained.get(scope, "") for scope in parsed["oauth_config"]["scopes"]["bot"]}
    return Manifest(scopes, tuple(parsed["settings"]["event_subscriptions"]["bot_events"]))


def compare_scopes(manifest: Manifest, granted: frozenset[str]) -> Iterator[Check]:
    """A line for each scope too few, with what does not work, and for each too many. Slack tells no bot which events
    its app has subscribed to; those that can't come for want of a scope are named."""
    for scope in sorted(manifest.scopes.keys() - granted):
        events = [event for event in manifest.events if SCOPE_OF_EVENT.get(event) == scope]
        lost = f"; no {' and '.join(events)} events" if events else ""
        why = manifest.scopes[scope]
        said = f"missing, and with it: {why}{lost}. Add it under OAuth & Permissions and reinstall the app"
        yield Check(name=f"slack scope {scope}", verdict="failed", said=said)
    for scope in sorted(granted - manifest.scopes.keys()):
        said = "granted, and nothing here uses it: without it, a token that leaks opens less"
        yield Check(name=f"slack scope {scope}", verdict="warning", said=said)
    if manifest.scopes.keys() <= granted:
        yield Check(name="slack scopes", verdict="ok", said="all that ops/slack/manifest.yaml asks for")
