"""Code fences of Markdown, as they are told from prose. Pure."""

import re
from collections.abc import Iterator

_FENCE = re.compile(r"^(\s*)(`{3,}|~{3,})\s*([\w+.#-]*)")


def fences(text: str) -> Iterator[tuple[bool, str]]:
    """(False, prose) and (True, a whole fence in canonical form), in order; an open fence is closed at the end.

    A fence of a list stands in as far as its item, which may be any distance. It is moved out to the margin, with what
    it holds and what follows it in the item: further in than three, that would be code.
    """
    prose: list[str] = []
    code: list[str] | None = None
    marker, depth, moved = "", 0, 0
    for line in re.split(r"\r\n|[\n\r\v\f\x1c-\x1e\x85\u2028\u2029]", text.replace("\x00", "")):
        opened = _FENCE.match(line)
        if code is None and opened and "`" not in line[opened.end() :]:
            if prose:
                yield False, "\n".join(prose)
            prose, code, marker, depth = [], ["```" + opened[3]], opened[2], _depth(line)
        elif code is not None and opened and _closes(line, opened, marker, depth):
            yield True, "\n".join([*code, "```"])
            code, moved = None, depth if depth > 3 else 0
        elif code is not None:
            code.append(_moved_out(line, depth).replace("```", "'''").replace("~~~", "'''"))
        else:
            moved = moved if _depth(line) > 3 or not line.strip() else 0
            prose.append(_moved_out(line, moved))
    if code is not None:
        yield True, "\n".join([*code, "```"])
    elif prose:
        yield False, "\n".join(prose)


def _closes(line: str, opened: re.Match[str], marker: str, depth: int) -> bool:
    """Whether a line that could open a fence ends the one that stands in by `depth`."""
    return opened[2].startswith(marker) and not line[opened.end() :].strip() and _depth(line) <= depth + 3


def _depth(line: str) -> int:
    """In columns."""
    return sum(4 if one == "\t" else 1 for one in line[: len(line) - len(line.lstrip())])


def _moved_out(line: str, by: int) -> str:
    while by > 0 and line[:1].isspace():
        by -= 4 if line[0] == "\t" else 1
        line = line[1:]
    return line
