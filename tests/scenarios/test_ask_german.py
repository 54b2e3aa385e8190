"""`frontdesk ask` in German, composed as it is delivered: the real index and embedder, with Claude's double."""

import hashlib
import json
from dataclasses import replace
from pathlib import Path

import pytest
from pydantic import SecretStr

from ops.config import load_config
from ops.evaluation.run import opened
from ops.reports import AskReport, AskRequest
from tests.fakes.claude import KEY, Cite, ClaudeDouble, Reply, Text

CONFIG = """
[desks.support]
prompt = "support"
[sources.docs]
kind = "folder"
path = "docs"
"""
PROMPT = """---
name: support
version: 1.0.0
summary: For tests.
date: 2026-11-27
variables: {}
rules:
  language: question
---
Answer from the passages.
"""
PAGES = {
    "returns.md": "# Returns\n\nHeadphones can be returned within 30 days of delivery.\n",
    "stores.md": "# Stores\n\nThe downtown store opens at 9:30.\n",
}
GERMAN = "Wie lange kann ich die Kopfhörer zurückgeben?"


@pytest.fixture
def home(tmp_path: Path) -> Path:
    for name, text in PAGES.items():
        (tmp_path / "docs").mkdir(exist_ok=True)
        (tmp_path / "docs" / name).write_text(text)
    prompt = tmp_path / "prompts" / "support"
    prompt.mkdir(parents=True)
    (prompt / "1.0.0.md").write_text(PROMPT)
    digest = hashlib.sha256(PROMPT.encode()).hexdigest()
    (prompt.parent / "releases.toml").write_text(f'[support]\nlive = "1.0.0"\n[support.sha256]\n"1.0.0" = "{digest}"\n')
    (tmp_path / "frontdesk.toml").write_text(CONFIG)
    return tmp_path


async def ask(home: Path, question: str, url: str = "") -> AskReport:
    """Without an address there is no key either."""
    config = load_config(home / "frontdesk.toml")
    given = {"api_key": SecretStr(KEY), "base_url": url} if url else {"api_key": None}
    model = config.bot.model.model_copy(update=given)
    config = replace(config, bot=config.bot.model_copy(update={"model": model}))
    async with opened(config, None, lambda step: None) as (local, _):
        return await local.ask(AskRequest(question=question))


async def test_with_a_key_it_is_searched_in_english_and_answered_in_german(home: Path) -> None:
    """The English passage that is meant comes first, which for the German words it need not."""
    async with ClaudeDouble() as claude:
        reading = json.dumps({"questions": ["How long can headphones be returned?"], "language": "de"})
        answer = Text("Kopfhörer können Sie innerhalb von 30 Tagen zurückgeben.", [Cite(0, 0)])
        claude.script([Reply([Text(reading)]), Reply([answer])])
        told = await ask(home, GERMAN, claude.url)
        system = claude.requests[0]["system"]
    assert (told.outcome, told.text) == ("answered", f"{answer.text} [1]")
    assert "30 days" in told.citations[0].quote
    assert "interpret" in told.timings_ms
    assert "`questions` has at most 3" in system, "the released prompt of prompts/interpreter"


async def test_without_a_key_it_says_that_it_reads_english(home: Path) -> None:
    told = await ask(home, GERMAN)
    assert told.outcome == "asked"
    assert "English" in told.text
