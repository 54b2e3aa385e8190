"""How a rule refuses: the error as Slack gives it, the rule's name, a sentence, and where in the arguments it is.

Checks are values that tables are made of; a rule's name follows from the place of its check in the tables, such as
"section.text.text.max_3000" or "button.unknown_field.href".
"""

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any


class Refused(Exception):
    """Slack would not take it: `error` as Slack gives it, the rule, and a sentence for people."""

    def __init__(self, error: str, rule: str, sentence: str = "", *, status: int = 200, **more: Any) -> None:
        super().__init__(f"{error} [{rule}] {sentence}")
        self.error, self.rule, self.sentence, self.status = error, rule, sentence or error, status
        self.more = more  # what else stands in Slack's answer, such as `needed` with missing_scope
        self.path: list[str] = []

    @property
    def message(self) -> str:
        """As it stands in response_metadata.messages."""
        pointer = f" [json-pointer:/{'/'.join(self.path)}]" if self.path else ""
        return f"[ERROR] {self.sentence}{pointer} [rule: {self.rule}]"


@contextmanager
def at(*steps: object) -> Iterator[None]:
    """Refusals inside know that they happened at this place."""
    try:
        yield
    except Refused as refused:
        refused.path[:0] = map(str, steps)
        raise


@contextmanager
def answered_with(error: str) -> Iterator[None]:
    """Invalid blocks inside are this error, as some methods have their own name for it."""
    try:
        yield
    except Refused as refused:
        if refused.error == "invalid_blocks":
            refused.error = error
        raise


Check = Callable[[Any, str], None]  # (value, the rule's name so far)


def no(rule: str, sentence: str) -> Refused:
    return Refused("invalid_blocks", rule, sentence)


def string(longest: int, *, shortest: int = 0, pattern: str = "") -> Check:
    def check(value: Any, rule: str) -> None:
        if not isinstance(value, str):
            raise no(f"{rule}.string", "must be a string")
        if len(value) > longest:
            raise no(f"{rule}.max_{longest}", f"must be less than {longest + 1} characters; it has {len(value)}")
        if len(value) < shortest:
            raise no(f"{rule}.min_{shortest}", f"must be more than {shortest - 1} characters")
        if pattern and not re.fullmatch(pattern, value, re.DOTALL):
            raise no(f"{rule}.form", f"does not have the form {pattern}")

    return check


def choice(*allowed: str) -> Check:
    def check(value: Any, rule: str) -> None:
        if not isinstance(value, str) or value not in allowed:
            raise no(f"{rule}.one_of", f"must be one of {', '.join(allowed)}")

    return check


def boolean(value: Any, rule: str) -> None:
    if not isinstance(value, bool):
        raise no(f"{rule}.boolean", "must be true or false")


def integer(value: Any, rule: str) -> None:
    if not isinstance(value, int) or isinstance(value, bool):
        raise no(f"{rule}.integer", "must be an integer")


def number(value: Any, rule: str) -> None:
    if not isinstance(value, int | float) or isinstance(value, bool):
        raise no(f"{rule}.number", "must be a number")


def items(of: Check, most: int, least: int = 1) -> Check:
    def check(value: Any, rule: str) -> None:
        if not isinstance(value, list):
            raise no(f"{rule}.list", "must be a list")
        if len(value) > most:
            raise no(f"{rule}.at_most_{most}", f"no more than {most} items allowed; there are {len(value)}")
        if len(value) < least:
            raise no(f"{rule}.at_least_{least}", f"no fewer than {least} items allowed")
        for place, item in enumerate(value):
            with at(place):
                of(item, rule)

    return check


@dataclass(frozen=True)
class Shape:
    """An object: its fields and their checks. What is not named is refused."""

    required: Mapping[str, Check] = field(default_factory=dict)
    optional: Mapping[str, Check] = field(default_factory=dict)
    one_of: tuple[str, ...] = ()  # at least one of these must be there

    def __call__(self, value: Any, rule: str) -> None:
        if not isinstance(value, dict):
            raise no(f"{rule}.object", "must be an object")
        for name in self.required:
            if name not in value:
                raise no(f"{rule}.{name}.required", f"missing required field: {name}")
        if self.one_of and not any(name in value for name in self.one_of):
            raise no(f"{rule}.one_of_{'_'.join(self.one_of)}", f"needs one of {', '.join(self.one_of)}")
        for name, inner in value.items():
            known = self.required.get(name) or self.optional.get(name)
            if known is None and name != "type":
                raise no(f"{rule}.unknown_field.{name}", f"no more properties allowed: {name}")
            if known is not None:
                with at(name):
                    known(inner, f"{rule}.{name}")


def typed(table: Mapping[str, Check], *allowed: str) -> Check:
    """An object whose `type` chooses its shape, out of `allowed` (all, when none is named)."""

    def check(value: Any, rule: str) -> None:
        kind = str(value.get("type")) if isinstance(value, dict) else ""
        if kind not in table or (allowed and kind not in allowed):
            raise no(f"{rule}.unknown_type.{kind}", f"unsupported type: {kind}")
        table[kind](value, kind)

    return check


def text(longest: int, *kinds: str, shortest: int = 1) -> Check:
    """A text object of these kinds (plain_text and mrkdwn, when none is named)."""
    plain = Shape({"type": choice("plain_text"), "text": string(longest, shortest=shortest)}, {"emoji": boolean})
    marked = Shape({"type": choice("mrkdwn"), "text": string(longest, shortest=shortest)}, {"verbatim": boolean})
    taken = kinds or ("plain_text", "mrkdwn")

    def check(value: Any, rule: str) -> None:
        if not isinstance(value, dict):
            raise no(f"{rule}.object", "must be an object")
        choice(*taken)(value.get("type"), f"{rule}.type")
        (plain if value["type"] == "plain_text" else marked)(value, rule)

    return check
