"""The golden questions of each prompt: well-formed, enough of them, and true of the documents that they cite."""

import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from ingest.parsing.formats import FILES, parse
from ops.config import PACKAGE_PROMPTS
from ops.evaluation.golden import GoldenCase, GoldenError, load

DEMOS = PACKAGE_PROMPTS.parent / "ops" / "demo"
LEAST = {"electromart": 120, "people": 60, "techflow": 60}  # cases a prompt has at least
EVERYDAY = "everyday"  # questions to ElectroMart beside its golden ones
SETS = sorted({*LEAST, *(path.parent.name for path in PACKAGE_PROMPTS.glob("*/golden.jsonl"))})


@cache
def cases(prompt: str) -> tuple[GoldenCase, ...]:
    if prompt == EVERYDAY:
        return load(DEMOS.parent / "evaluation" / "sets" / EVERYDAY / "golden.jsonl")
    if not (DEMOS / prompt / "documents").is_dir():
        pytest.skip(f"{prompt} has no documents yet")
    return load(PACKAGE_PROMPTS / prompt / "golden.jsonl")


@cache
def files(prompt: str) -> dict[str, Path]:
    """The demo's documents by their path in its folder documents; those beside it keep their folder's name."""
    demo = DEMOS / ("electromart" if prompt == EVERYDAY else prompt)
    found = (path for folder in demo.iterdir() if folder.is_dir() for path in folder.rglob("*"))
    return {
        path.relative_to(demo).as_posix().removeprefix("documents/"): path for path in found if path.suffix in FILES
    }


@cache
def texts(path: Path) -> tuple[str, ...]:
    """What the bot will have read of it: the text of each of its documents, a catalogue's row being one."""
    documents = parse(path.name, path.read_bytes(), {}).documents
    return tuple(
        comparable(" ".join([parsed.title or "", *(" ".join((*block.section, block.text)) for block in parsed.blocks)]))
        for parsed in documents
    )


def comparable(text: str) -> str:
    for sign, plain in {"–": "-", "’": "'", "“": '"', "”": '"', "*": ""}.items():
        text = text.replace(sign, plain)
    return " ".join(text.casefold().split())


def states(text: str, fact: tuple[str, ...]) -> bool:
    return any(comparable(alternative) in text for alternative in fact)


def checkable(prompt: str) -> Iterator[tuple[GoldenCase, list[str]]]:
    """Cases whose facts stand in documents alone, each with the texts of the documents that it may cite."""
    for case in cases(prompt):
        if "answered" in case.outcome and case.cites and case.kind != "order" and not case.conversation:
            fragments = [fragment for entry in case.cites for fragment in entry]
            cited = [path for name, path in files(prompt).items() if any(part in name for part in fragments)]
            yield case, [text for path in cited for text in texts(path)]


@pytest.mark.parametrize("prompt", SETS)
def test_there_are_enough_and_a_third_is_held(prompt: str) -> None:
    """A set is large enough to be a measure, has every way for a question to end, and keeps a part out of tuning."""
    found = cases(prompt)
    assert len(found) >= LEAST.get(prompt, 25)
    assert {outcome for case in found for outcome in case.outcome} == {"answered", "asked", "abstained", "escalated"}
    assert 0.25 <= sum(case.held for case in found) / len(found) <= 0.40


@pytest.mark.parametrize("prompt", [*SETS, EVERYDAY])
def test_cited_documents_exist(prompt: str) -> None:
    """Each path that an answer may cite is one of the demo's documents."""
    fragments = {(case.id, part) for case in cases(prompt) for entry in case.cites for part in entry}
    assert [(case, part) for case, part in sorted(fragments) if not any(part in name for name in files(prompt))] == []


@pytest.mark.parametrize("prompt", [*SETS, EVERYDAY])
def test_facts_stand_in_the_cited_documents(prompt: str) -> None:
    """A golden fact is the documents' fact: an answer that says it can be cited. Sums and comparisons are `derived`."""
    wrong = [
        (case.id, fact)
        for case, cited in checkable(prompt)
        for fact in case.must_say
        if not case.derived and not any(states(text, fact) for text in cited)
    ]
    assert wrong == []


@pytest.mark.parametrize("prompt", SETS)
def test_a_simple_question_needs_one_document(prompt: str) -> None:
    """All facts of an `answerable` or `code` question stand together in one document or one row of a table."""
    wrong = [
        case.id
        for case, cited in checkable(prompt)
        if case.kind in {"answerable", "code"} and not case.derived
        if not any(all(states(text, fact) for fact in case.must_say) for text in cited)
    ]
    assert wrong == []


GOOD: dict[str, object] = {
    "id": "return-window",
    "kind": "answerable",
    "question": "How long?",
    "outcome": "answered",
    "must_say": ["30 days", ["$6.95", "free"]],
    "must_not_say": ["14 days"],
    "cites": ["returns/"],
    "held": False,
}


def written(folder: Path, *lines: dict[str, object]) -> Path:
    path = folder / "golden.jsonl"
    path.write_text("\n".join(json.dumps(line) for line in lines), encoding="utf-8")
    return path


def test_a_string_is_one_alternative(tmp_path: Path) -> None:
    """Readers of a case need not tell a string from a list of alternatives."""
    (case,) = load(written(tmp_path, GOOD))
    assert case.must_say == (("30 days",), ("$6.95", "free"))
    assert case.outcome == ("answered",)
    assert case.cites == (("returns/",),)


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"kind": "hard"}, "line 2: kind: "),
        ({"must_say": ["30 days", []]}, "line 2: must_say.1: "),
        ({"outcome": ["answered", "lucky"]}, "line 2: outcome.1: "),
        ({"turns": []}, "line 2: turns: "),
        ({"must_not_say": ["30 DAYS"]}, "line 2: the case: "),
        ({"cites": []}, "line 2: the case: "),
        ({"id": "return-window"}, "line 2: id: "),
    ],
    ids=lambda value: ",".join(value) if isinstance(value, dict) else "",
)
def test_a_wrong_case_is_named(tmp_path: Path, change: dict[str, object], complaint: str) -> None:
    """Whoever writes cases by hand is told the file, the line and the field."""
    path = written(tmp_path, GOOD, GOOD | {"id": "other"} | change)
    with pytest.raises(GoldenError) as caught:
        load(path)
    assert str(caught.value).startswith(f"{path}, {complaint}")
