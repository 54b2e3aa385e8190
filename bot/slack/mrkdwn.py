"""Text for Slack. What a document or a user wrote can't mention anyone, forge a link or break the layout. Pure."""

import re
from collections.abc import Callable, Collection, Iterator
from datetime import datetime

from bot.slack.fences import fences

_ROUNDS = 8
_ZERO = "\u200b"  # a space without width: shown as nothing, ends every construct of Slack's parsers
_BROADCAST = re.compile(r"@(?=(?:channel|here|everyone|group)(?![a-z0-9]))", re.IGNORECASE)  # "_" may go as markup
_ANGLE = re.compile(r"<(?=[@#!/a-zA-Z])")
_URL = re.compile(r"(?:[a-z][a-z0-9+.-]{0,20}://|www\.|\bmailto:|\btel:)[^\s<>`]+", re.IGNORECASE)
_LINK = re.compile(r"!?\[((?:[^\[\]\n]|\[[^\[\]\n]*\])*)\]\(\s*<?([^\s<>()]*(?:\([^\s<>()]*\)[^\s<>()]*)*)>?[^()\n]*\)")
_ESCAPED = re.compile(r"(?<!\\)\\+(?=[`:/@.!<])")  # would hide from us what Slack reads
_CODE = re.compile(r"(`+)([^`\n]+)\1(?!`)")


def escape(text: str) -> str:
    """For a mrkdwn field: Slack's three control characters, and the broadcasts that it would link by name."""
    text = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return _BROADCAST.sub("@" + _ZERO, text)


def is_linkable(url: str) -> bool:
    """Whether Slack makes a link of it: http(s), in one piece, no longer than Slack allows."""
    return bool(re.fullmatch(r"https?://[^\s<>|`\"]{1,2000}", url))


def has_address(text: str) -> bool:
    """Whether Slack would make a link of something in it."""
    return _URL.search(text) is not None


def safe_markdown(text: str, allowed: Collection[str] = ()) -> str:
    """Markdown for a markdown block or a stream: only links to `allowed` stay links, and nothing mentions anyone.

    Other addresses are shown as code, which can be copied and not clicked. Code stays as it is, in one canonical
    form, so that Slack and this function agree on what is code. The result is a fixed point.
    """
    for _ in range(_ROUNDS):  # taking one construct apart can put another together
        before, text = (
            text,
            "\n".join(_inert(part) if fenced else _prose(part, allowed) for fenced, part in fences(text)),
        )
        if text == before:
            return text
    return f"`{_inert(' '.join(text.replace('`', ' ').split()))}`"


def _inert(text: str) -> str:
    return _BROADCAST.sub("@" + _ZERO, _ANGLE.sub("<" + _ZERO, text))


def _prose(text: str, allowed: Collection[str]) -> str:
    text = _ESCAPED.sub("", text)
    text = re.sub(r"&(?=#|[a-z]+;)", "&" + _ZERO, text, flags=re.IGNORECASE)
    # In a table's row a "|" would end the code, and free an address that stands in it or after it.
    bars = "/" if has_address(text) else "|"
    out: list[str] = []
    position = 0
    for match in _CODE.finditer(text):
        out.append(_linked(text[position : match.start()], allowed))
        out.append(_code(match[2].replace("|", bars)))
        position = match.end()
    out.append(_linked(text[position:], allowed))
    joined = re.sub(r"`(?=`)", "`" + _ZERO, "".join(out))  # two pieces of code side by side would open another kind
    joined = _ESCAPED.sub("", joined)
    if allowed:  # Slack takes all that follows an address as a part of it
        ends = "|".join(re.escape(url) for url in sorted(allowed, key=len, reverse=True))
        joined = re.sub(rf"((?:{ends})[.,;:!?)'\"\]*_~]*)(?=[`\[!])", r"\1 ", joined)
    return _inert(joined)


def _code(text: str) -> str:
    return f"`{_inert(text)}`" if text.strip() else text


def _linked(text: str, allowed: Collection[str]) -> str:
    """Prose without code: allowed links stay, other links become their label."""
    text = text.replace("`", "'")
    out: list[str] = []
    position = 0
    for match in _LINK.finditer(text):
        out.append(_plain(text[position : match.start()], allowed))
        # A label that is an address itself would say one place and lead to another.
        label = _plain(match[1], ()).replace("[", "(").replace("]", ")").rstrip("\\")
        kept = match[2] in allowed and is_linkable(match[2]) and label.strip() and "`" not in label
        if kept:
            before = out.pop().rstrip("\\")
            out.append(before + (_ZERO if before.endswith("!") else ""))  # or it would be an image
        out.append(f"[{label}]({match[2]})" if kept else label)
        position = match.end()
    out.append(_plain(text[position:], allowed))
    return "".join(out)


def _plain(text: str, allowed: Collection[str]) -> str:
    text = re.sub(r"\](?=[(:\[])", "]" + _ZERO, text)
    return _outside_urls(text, _inert, lambda url: _address(url, allowed))


def _outside_urls(text: str, prose: Callable[[str], str], address: Callable[[str], str]) -> str:
    out, position = [], 0
    for match in _URL.finditer(text):
        out.append(prose(text[position : match.start()]))
        out.append(address(match[0]))
        position = match.end()
    return "".join([*out, prose(text[position:])])


def _address(url: str, allowed: Collection[str]) -> str:
    bare = _bare(url)
    if bare in allowed and is_linkable(bare):
        return bare + _inert(url[len(bare) :])
    first = _bare(bare.partition("|")[0])
    return _code(first) + _inert(url[len(first) :]) if first else url


def _bare(url: str) -> str:
    """Without the punctuation that ends a sentence, not an address."""
    return url.rstrip(".,;:!?)'\"]*_~")


def to_mrkdwn(text: str, allowed: Collection[str] = ()) -> str:
    """Markdown as mrkdwn: the plainer form, for `text` and where blocks are refused. As safe as safe_markdown."""
    return "\n".join(
        escape(part) if fenced else "\n".join(_mrkdwn_line(line, allowed) for line in part.split("\n"))
        for fenced, part in fences(safe_markdown(text, allowed))
    )


def _mrkdwn_line(line: str, allowed: Collection[str]) -> str:
    if heading := re.match(r"\s{0,3}#{1,6}\s+(.*?)\s*#*\s*$", line):
        return f"*{_spans(heading[1], allowed).replace('*', '')}*" if heading[1] else ""
    bullet = re.match(r"(\s*)[-*+]\s+", line)
    return f"{bullet[1]}• {_spans(line[bullet.end() :], allowed)}" if bullet else _spans(line, allowed)


def _spans(text: str, allowed: Collection[str]) -> str:
    parts = re.split(r"(`[^`]*`|\[[^\[\]]*\]\(https?://[^\s()]*(?:\([^\s()]*\)[^\s()]*)*\))", text)
    return "".join(_special(part) if index % 2 else _styled(part, allowed) for index, part in enumerate(parts))


def _special(part: str) -> str:
    if part.startswith("`"):
        return escape(part)
    label, _, url = part[1:-1].partition("](")
    return f"<{escape(url)}|{escape(label).replace('|', '/')}>"


def _styled(part: str, allowed: Collection[str]) -> str:
    def prose(text: str) -> str:
        text = re.sub(r"(?<![*\w])\*(?=\S)([^*\n]+?)(?<=\S)\*(?![*\w])", r"_\1_", escape(text))
        text = re.sub(
            r"\*\*(?=\S)(.{1,500}?)(?<=\S)\*\*|__(?=\S)(.{1,500}?)(?<=\S)__", lambda m: f"*{m[1] or m[2]}*", text
        )
        return re.sub(r"~~(?=\S)(.{1,500}?)(?<=\S)~~", r"~\1~", text)

    def address(url: str) -> str:  # explicit, or Slack would take what follows as a part of it
        bare = _bare(url)
        return f"<{escape(bare)}>{escape(url[len(bare) :])}" if bare in allowed else escape(url)

    return _outside_urls(part, prose, address)


def moment(at: datetime) -> str:
    """A time as mrkdwn, which each reader sees in their own zone."""
    plain = f"{at:%d %b %Y, %H:%M} UTC"
    return f"<!date^{int(at.timestamp())}^{{date_short}}, {{time}}|{plain}>"


def plain(text: str, limit: int) -> str:
    """One line without line breaks for a title or a label, at most `limit` characters."""
    line = re.sub(r"\s+", " ", re.sub(r"[\x00-\x1f\x7f]", " ", text)).strip()
    return line if len(line) <= limit else line[: limit - 1].rstrip() + "…"


def split(text: str, limit: int) -> list[str]:
    """Markdown in parts of at most `limit` characters (at least 200), never cut inside a fence, table or link.

    A fence or table that is longer than `limit` goes on in the next part with its opening line or header repeated.
    """
    parts: list[str] = []
    for unit in _units(text):
        for piece in _fit(unit, limit):
            if parts and len(parts[-1]) + 2 + len(piece) <= limit:
                parts[-1] += "\n\n" + piece
            else:
                parts.append(piece)
    return parts or [""]


def _units(text: str) -> Iterator[str]:
    for fenced, part in fences(text):
        if fenced:
            yield part
        else:
            yield from (unit.strip("\n") for unit in re.split(r"\n\s*\n", part) if unit.strip())


def _fit(unit: str, limit: int) -> Iterator[str]:
    lines = unit.split("\n")
    if len(unit) <= limit:
        yield unit
    elif unit.startswith("```"):
        yield from _repeat(lines[1:-1], limit, f"{lines[0]}\n", "\n```")
    elif len(lines) > 2 and re.fullmatch(r"[\s|:-]*-[\s|:-]*", lines[1]) and "|" in lines[0]:
        yield from _repeat(lines[2:], limit, f"{lines[0]}\n{lines[1]}\n", "")
    else:
        yield from _wrap(unit, limit)


def _repeat(lines: list[str], limit: int, head: str, tail: str) -> Iterator[str]:
    room = max(limit - len(head) - len(tail), 80)
    held = ""
    pieces = [line[at : at + room] for line in lines for at in range(0, max(len(line), 1), room)]
    for line in pieces:
        if held and len(held) + 1 + len(line) > room:
            yield head + held + tail
            held = line
        else:
            held = f"{held}\n{line}" if held else line
    yield head + held + tail


def _wrap(text: str, limit: int) -> Iterator[str]:
    while len(text) > limit:
        whole = [match.span() for match in re.finditer(r"`[^`\n]*`|\[[^\[\]\n]*\]\([^\s)]*\)|\S+", text[: limit * 2])]
        cut = next((start for start, end in reversed(whole) if start <= limit < end), limit) or limit
        breaks = [m.end() for m in re.finditer(r"\n|(?<=[.!?])\s", text[:cut])]
        cut = breaks[-1] if breaks and breaks[-1] > limit // 2 else cut
        yield text[:cut].rstrip()
        text = text[cut:].lstrip()
    if text:
        yield text
