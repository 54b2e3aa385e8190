"""Who may read a source or a document: audience keywords as people write them, and as they are stored. Pure.

A reader needs one of them. What each means in Slack is decided where an answer is posted: bot/desk/audience.py.
"""

import re
from collections.abc import Sequence

EXAMPLES = '"public", "everyone", "members", "group:S0123ABCD", "channel:C0123ABCD" or "domain:example.com"'
NOBODY = "nobody"  # stored where an audience can't be honoured, and never asked for

_WORDS = ("public", "everyone", "members")
_FORMS = {
    "group": re.compile(r"S[A-Z0-9]{2,}|@[a-z0-9][a-z0-9._-]*"),
    "channel": re.compile(r"[CG][A-Z0-9]{2,}"),
    "domain": re.compile(r"(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)+[a-z0-9-]*[a-z0-9]"),
}


def keywords(written: object) -> tuple[str, ...]:
    """One keyword or a list of them, each once, in their order. Raises ValueError with one sentence."""
    several = list(written) if isinstance(written, list | tuple) else [written]
    if not several:
        raise ValueError(f"names nobody; it is one or several of {EXAMPLES}")
    return tuple(dict.fromkeys(_keyword(one) for one in several))


def _keyword(written: object) -> str:
    word = written.strip() if isinstance(written, str) else ""
    if word.lower() in _WORDS:
        return word.lower()
    kind, _, name = word.partition(":")
    kind, name = kind.strip().lower(), name.strip()
    if kind == "domain":
        name = name.lower().removeprefix("@")
    elif kind in _FORMS:
        name = name.lower() if name.startswith("@") else name.upper()
    if kind not in _FORMS or not _FORMS[kind].fullmatch(name):
        raise ValueError(f"{str(written)[:80]!r} is no audience; it is one or several of {EXAMPLES}")
    return f"{kind}:{name}"


def stored(source: Sequence[str], stated: Sequence[str]) -> tuple[str, ...]:
    """The keywords of a document that states `stated` (empty: nothing) in a source for `source`.

    A document narrows its source's audience and never widens it. Raises ValueError with one sentence when it states
    what is no audience, or more than its source has: such a document is for NOBODY.
    """
    if not stated:
        return tuple(source)
    wanted = keywords(stated)
    for one in wanted:
        if not any(_within(one, wider) for wider in source):
            raise ValueError(f'"{one}" is not within its source\'s audience ({", ".join(source)})')
    return wanted


def _within(one: str, wider: str) -> bool:
    """Whether everybody whom `one` admits is admitted by `wider`, whoever there is."""
    if one == wider or wider == "public":
        return True
    if wider == "everyone":
        return one != "public"
    return wider == "members" and one.startswith("domain:")  # an address counts only for full members
