"""The golden cases of a prompt: questions as people type them, and what a right answer to each has.

They are written from the documents and from what people ask, never from what the bot said. A case that is `held` is not
looked at while something is tuned.
"""

from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

from ops.reports import SpokenTurn

Kind = Literal[
    "answerable",
    "multi_document",
    "multi_question",
    "follow_up",
    "order",
    "out_of_scope",
    "unanswerable",
    "superseded",
    "injection",
    "other_audience",
    "typo",
    "code",
    "courtesy",
    "vague",
    "language",
    "human",
]
Ending = Literal["answered", "abstained", "asked", "escalated"]
Text = Annotated[str, Field(min_length=1)]


def _alternatives(value: object) -> object:
    return (value,) if isinstance(value, str) else value


# In the file one string, or a list of which one is enough.
OneOf = Annotated[tuple[Text, ...], BeforeValidator(_alternatives), Field(min_length=1)]


class GoldenError(Exception):
    """A file of golden cases can't be used. One line for people: file, line, field, what is wrong."""


class GoldenCase(BaseModel):
    """One question with what an honest answer has; texts are compared as substrings, case ignored."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: str = Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$")
    kind: Kind
    question: Text
    conversation: tuple[SpokenTurn, ...] = ()  # earlier turns, oldest first
    asker: str | None = Field(default=None, pattern=r"^\S+@\S+$")  # the verified e-mail address
    place: Literal["dm", "public", "shared"] = "dm"  # "shared": a Slack Connect channel
    outcome: Annotated[tuple[Ending, ...], BeforeValidator(_alternatives), Field(min_length=1)]  # each is fine
    must_say: tuple[OneOf, ...]
    must_not_say: tuple[Text, ...]
    cites: tuple[OneOf, ...]  # fragments of paths in the demo's documents folder; all are to be among the sources
    derived: bool = False  # must_say is a sum or a comparison that no document states
    held: bool

    @model_validator(mode="after")
    def _can_be_met(self) -> Self:
        for fact in self.must_say:
            if all(any(no.lower() in text.lower() for no in self.must_not_say) for text in fact):
                raise ValueError(f"must_say {' / '.join(fact)} can't be said without what must_not_say forbids")
        if self.outcome == ("answered",) and self.kind != "order" and not (self.must_say and self.cites):
            raise ValueError("an answer has must_say and cites")
        return self


def load(path: Path) -> tuple[GoldenCase, ...]:
    """The cases of a JSONL file, in its order, each id once. Raises GoldenError at the first line that is none."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise GoldenError(f"{path}: can't be read ({error})") from error
    cases: dict[str, GoldenCase] = {}
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            case = GoldenCase.model_validate_json(line)
        except ValidationError as error:
            first = error.errors()[0]
            field = ".".join(map(str, first["loc"])) or "the case"
            raise GoldenError(f"{path}, line {number}: {field}: {first['msg']}") from error
        if case.id in cases:
            raise GoldenError(f"{path}, line {number}: id: {case.id} is taken by a line above")
        cases[case.id] = case
    return tuple(cases.values())
