"""The versioned prompts."""

import hashlib
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.desk.errors import PromptInvalid
from bot.desk.model import Rules
from bot.prompting import PromptLibrary
from ops.config import PACKAGE_PROMPTS, load_config
from ops.init import write_project

TEXT = """---
name: mine
version: 1.0.0
summary: First.
date: 2026-01-31
variables:
  company: Acme
---
You work for {{company}}.
"""


def write(
    folder: Path, text: str = TEXT, *, version: str = "1.0.0", live: str = "1.0.0", digest: str | None = None
) -> None:
    (folder / "mine").mkdir(parents=True, exist_ok=True)
    (folder / "mine" / f"{version}.md").write_text(text)
    recorded = digest or hashlib.sha256(text.encode()).hexdigest()
    with (folder / "releases.toml").open("w") as file:
        file.write(f'[mine]\nlive = "{live}"\n[mine.sha256]\n"{version}" = "{recorded}"\n')


def test_every_released_version_is_what_was_released() -> None:
    """A released version is immutable: its hash is recorded, and loading compares it."""
    library = PromptLibrary([PACKAGE_PROMPTS])
    listed = library.list()
    assert {one.name for one in listed} >= {"electromart"}
    for one in listed:
        assert one.released, f"{one.name} {one.version} has no recorded hash in prompts/releases.toml"
        assert library.load(one.name, one.version).ref.version == one.version
    assert [one.version for one in listed if one.live and one.name == "electromart"]


def test_electromarts_prompt_asks_what_the_store_asks() -> None:
    text = PromptLibrary([PACKAGE_PROMPTS]).live("electromart").text
    for wanted in ("within 30 days", "receipt", "status must have been checked", "connect the person to a human"):
        assert wanted in text
    assert "{{" not in text


def test_variables_are_rendered_and_the_hash_is_the_files(tmp_path: Path) -> None:
    write(tmp_path)
    prompt = PromptLibrary([tmp_path]).live("mine")
    assert prompt.text == "You work for Acme.\n"
    assert prompt.ref.sha256 == hashlib.sha256(TEXT.encode()).hexdigest()


def test_a_folder_of_ones_own_comes_first(tmp_path: Path) -> None:
    own = TEXT.replace("mine", "electromart")
    (tmp_path / "electromart").mkdir()
    (tmp_path / "electromart" / "1.0.0.md").write_text(own)
    digest = hashlib.sha256(own.encode()).hexdigest()
    (tmp_path / "releases.toml").write_text(f'[electromart]\nlive="1.0.0"\n[electromart.sha256]\n"1.0.0"="{digest}"\n')
    library = PromptLibrary([tmp_path, PACKAGE_PROMPTS])
    assert library.live("electromart").text == "You work for Acme.\n"
    assert [one.version for one in library.list() if one.name == "electromart"] == ["1.0.0"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("no front matter", "has no front matter"),
        (TEXT.replace("summary: First.\n", ""), "summary: Field required"),
        (TEXT.replace("date: 2026-01-31", "date: soon"), "date"),
        (TEXT.replace("{{company}}", "{{firm}}"), "uses {{firm}}"),
        (TEXT.replace("{{company}}", "us"), "names the variable company"),
        (TEXT.replace("version: 1.0.0", "version: 1.0.1"), "front matter says mine 1.0.1"),
        (TEXT.replace("date:", "\tdate:"), "not YAML"),
    ],
)
def test_a_prompt_that_cannot_be_used_says_why(tmp_path: Path, text: str, said: str) -> None:
    write(tmp_path, text)
    with pytest.raises(PromptInvalid) as error:
        PromptLibrary([tmp_path]).live("mine")
    assert said in str(error.value)


def test_a_changed_release_is_refused(tmp_path: Path) -> None:
    write(tmp_path, digest="0" * 64)
    with pytest.raises(PromptInvalid, match="changed after its release"):
        PromptLibrary([tmp_path]).live("mine")


def test_what_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(PromptInvalid, match="no prompt 'other'"):
        PromptLibrary([tmp_path]).live("other")
    write(tmp_path, live="2.0.0")
    with pytest.raises(PromptInvalid, match=r"2\.0\.0\.md can't be read"):
        PromptLibrary([tmp_path]).live("mine")


def test_two_versions_are_compared(tmp_path: Path) -> None:
    write(tmp_path)
    (tmp_path / "mine" / "1.1.0.md").write_text(TEXT.replace("1.0.0", "1.1.0").replace("work for", "help"))
    diff = PromptLibrary([tmp_path]).diff("mine", "1.0.0", "1.1.0")
    assert "-You work for Acme." in diff
    assert "+You help Acme." in diff


def test_what_init_writes_can_be_used(tmp_path: Path) -> None:
    """`frontdesk init`, then a start: the configuration loads and its prompt is live. A second init changes nothing,
    nor does one among the prompts of others."""
    list(write_project(tmp_path, 'my "docs"', datetime.now(UTC).date().isoformat()))
    config = load_config(tmp_path / "frontdesk.toml")
    assert config.ingest.sources["docs"].path == tmp_path / 'my "docs"'
    assert PromptLibrary(config.bot.prompt_dirs).live("support").ref.version == "1.0.0"
    with pytest.raises(Exception, match="exists already"):
        list(write_project(tmp_path, "docs", "2026-01-01"))
    (tmp_path / "frontdesk.toml").unlink()
    with pytest.raises(Exception, match=r"1\.0\.0\.md exists already, and nothing was written"):
        list(write_project(tmp_path, "docs", "2026-01-01"))
    assert not (tmp_path / "frontdesk.toml").exists()


@pytest.mark.parametrize(
    ("rules", "expected"),
    [
        ("", Rules()),
        ("rules:\n  max_words: words\n", Rules(max_words=40)),
        ("rules:\n  max_words: 30\n  paragraphs: 2\n  language: question\n", Rules(30, 2, "question")),
    ],
)
def test_rules_are_the_front_matters(tmp_path: Path, rules: str, expected: Rules) -> None:
    """A number, or the variable that the text uses, too: so the two can't differ."""
    text = TEXT.replace("  company: Acme\n", f"  company: Acme\n  words: 40\n{rules}").replace(
        "}}.", "}}, {{words}} words."
    )
    write(tmp_path, text)
    assert PromptLibrary([tmp_path]).live("mine").rules == expected


@pytest.mark.parametrize(
    "rule", ["max_words: company", "max_words: nobody", "paragraphs: 0", "language: German", "tone: kind"]
)
def test_a_rule_that_cannot_be_checked_is_refused(tmp_path: Path, rule: str) -> None:
    write(tmp_path, TEXT.replace("  company: Acme\n", f"  company: Acme\nrules:\n  {rule}\n"))
    with pytest.raises(PromptInvalid, match="rules"):
        PromptLibrary([tmp_path]).live("mine")


def test_the_released_personas_state_their_rules() -> None:
    library = PromptLibrary([PACKAGE_PROMPTS])
    assert library.live("electromart").rules == Rules(max_words=80, language="question")
    assert library.live("people").rules == Rules(max_words=90, language="question")
    assert library.live("techflow").rules == Rules(max_words=110, paragraphs=2, language="question")
    assert library.live("techflow").rules.whole
