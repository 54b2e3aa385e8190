"""The sources that the configuration adds for what desks learn: a source a desk, which no other desk reads."""

from typing import Any

from bot.desk.learning import learnt_source


def add_learnt_sources(raw: dict[str, Any]) -> None:
    """One source for each desk that learns, which that desk reads beside what it is configured to, and no other does.
    What is not configured rightly is left as it is, for the settings to say so. Raises ValueError with one sentence."""
    learning, desks, sources = raw.get("learning"), raw.get("desks"), raw.get("sources")
    if not (isinstance(learning, dict) and learning.get("enabled") is True):
        return
    if not (isinstance(desks, dict) and isinstance(sources, dict) and desks and sources):
        return
    configured, chosen = list(sources), learning.get("desks") or list(desks)
    for name, desk in desks.items():
        if not isinstance(desk, dict):
            continue
        own = [learnt_source(name)] if name in chosen else []
        if own and own[0] in sources:
            raise ValueError(f"sources.{own[0]} has the name of what desk {name} learns; give it another")
        desk["sources"] = [*(desk.get("sources") or configured), *own]
        sources.update({source: {"kind": "resolved", "desk": name} for source in own})
