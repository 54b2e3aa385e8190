"""The whole story in a browser: `frontdesk try`, its page, three people."""

import asyncio
import json
import os
import re
import shutil
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Page, async_playwright, expect

from tests.fakes.claude import KEY, ClaudeDouble, Reply, Text, grounded

ROOT = Path(__file__).parents[2]
CHROMIUM = Path("/usr/bin/chromium")
REQUIRED = os.environ.get("FRONTDESK_BROWSER_TEST") == "required"
CONFIG = """
[desks.support]
prompt = "electromart"
escalation_channel = "C0ESCALATE"
suggestions = ["How many days do I have to return something?", "Can I return opened earbuds?"]
[sources.electromart]
kind = "folder"
path = "{documents}"
url = "https://electromart.example/docs/"
[slack]
agents = ["U0ALEX", "U0PRIYA"]
admins = ["U0PRIYA"]
admin_channel = "C0ESCALATE"
[learning]
enabled = true
"""

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not CHROMIUM.exists() and not REQUIRED, reason="needs Debian's chromium at /usr/bin/chromium"),
]


SLA = """
[desks.support.sla]
default_severity = 3
"""
WROTE = (
    "I sent my drone back three weeks ago and have no money yet.",
    "The label said 14 business days, order EM-104250, $349.00.",
    "I have called twice. Please pay before 4 December, I need it for a new one.",
)
SHORT = "Their refund of $349.00 for order EM-104250 is late: sent back 3 weeks ago, 14 business days were promised."


def told(body: dict[str, Any]) -> Reply:
    """What the model says of a complaint; all else it answers from what it is given."""
    wanted = (((body.get("output_config") or {}).get("format") or {}).get("schema") or {}).get("properties") or {}
    if "summary" in wanted:
        return Reply([Text(json.dumps({"summary": f"{SHORT} They want it before 4 December."}))])
    if "is_complaint" in wanted:
        form = {"is_complaint": True, "category": "RETURN_REFUND", "severity": 3, "requires_escalation": True}
        beside = {"language": "en", "product": "", "confidence": 0.9}
        return Reply([Text(json.dumps(form | beside))])
    return grounded(body)


@pytest.fixture
async def address(tmp_path: Path, request: pytest.FixtureRequest) -> AsyncIterator[str]:
    """`frontdesk try` in a process of its own on a part of the demo's documents, without a key; with the parameter
    "model", on Claude's double and with an SLA."""
    if getattr(request, "param", "") != "model":
        async with trying(tmp_path, CONFIG, {}) as found:
            yield found
        return
    async with ClaudeDouble(told) as claude:
        key = {"ANTHROPIC_API_KEY": KEY, "ANTHROPIC_BASE_URL": claude.url}
        async with trying(tmp_path, CONFIG + SLA, key) as found:
            yield found


@asynccontextmanager
async def trying(tmp_path: Path, settings: str, key: dict[str, str]) -> AsyncIterator[str]:
    """Its address."""
    config = tmp_path / "frontdesk.toml"
    documents = tmp_path / "documents"
    shutil.copytree(ROOT / "ops/demo/electromart/documents/returns", documents)
    config.write_text(settings.format(documents=documents))
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("ANTHROPIC_", "SLACK_"))}
    command = (sys.executable, "-m", "ops.cli", "--config", str(config), "try", "--no-browser", "--port", "0")
    process = await asyncio.create_subprocess_exec(
        *command, env=environment | key | {"PYTHONUNBUFFERED": "1"}, cwd=ROOT, stdout=asyncio.subprocess.PIPE
    )
    try:
        assert process.stdout is not None
        line = (await asyncio.wait_for(process.stdout.readline(), 60)).decode()
        found = re.search(r"http://127\.0\.0\.1:\d+", line)
        assert found, line
        yield found[0]
    finally:
        process.terminate()
        assert await asyncio.wait_for(process.wait(), 60) == 0


@pytest.fixture
async def page(address: str) -> AsyncIterator[Page]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=str(CHROMIUM), args=["--no-sandbox", "--disable-background-networking", "--disable-sync"]
        )
        page = await browser.new_page(viewport={"width": 1280, "height": 800})
        errors: list[str] = []
        page.on("pageerror", lambda error: errors.append(str(error)))
        await page.goto(address)
        yield page
        assert errors == []
        await browser.close()


async def become(page: Page, user: str) -> None:
    await page.get_by_test_id("person-switcher").click()
    await page.locator(f"[data-testid=person-option][data-user={user}]").click()


async def open_channel(page: Page, name: str) -> None:
    await page.locator(f"[data-testid=channel-link][data-name={name}]").click()


async def say(page: Page, where: str, text: str) -> None:
    await page.get_by_test_id(where).fill(text)
    await page.get_by_test_id(f"{where}-send").click()


async def picture(page: Page, name: str) -> None:
    """Kept where FRONTDESK_PICTURES says, to be looked at and for README."""
    if folder := os.environ.get("FRONTDESK_PICTURES"):
        await page.screenshot(path=f"{folder}/{name}.png")


async def test_a_customer_is_answered_asks_for_a_human_and_is_helped(page: Page) -> None:
    """Mention, cited answer, follow-up, `/sources`, a human who claims and resolves."""
    expect.set_options(timeout=30_000)
    await open_channel(page, "support")
    await expect(page.get_by_test_id("notice")).to_be_visible()
    await expect(page.get_by_test_id("notice")).to_be_hidden(timeout=90_000)

    await say(page, "composer", "@frontdesk how many days do I have to return something?")
    thread = page.get_by_test_id("thread-panel")
    human = thread.locator("[data-action-id=human_call]")
    await expect(human).to_have_count(1)
    await expect(thread).to_contain_text("30 days")
    link = thread.locator("a[href^='https://electromart.example/docs/']").first
    await expect(link).to_be_visible()
    await picture(page, "thread")

    await say(page, "thread-composer", "and without a receipt?")
    await expect(human).to_have_count(2)
    await expect(thread.get_by_test_id("message").last).to_contain_text("receipt")
    await thread.get_by_test_id("feedback-up").first.click()

    await say(page, "composer", "/sources holiday returns")
    await expect(page.get_by_test_id("channel-view").locator("[data-action-id=sources_share]")).to_be_visible()
    await picture(page, "sources")

    await human.last.click()
    await expect(thread).to_contain_text("I have asked a human to help")
    await become(page, "U0ALEX")
    await open_channel(page, "support-escalations")
    await picture(page, "brief")
    await page.locator("[data-action-id=human_claim]").click()
    await expect(page.get_by_test_id("channel-view")).to_contain_text("Alex")

    await become(page, "U0DANA")
    await open_channel(page, "support")
    await page.get_by_test_id("open-thread").first.click()
    await expect(thread).to_contain_text("has taken this")
    await picture(page, "claimed")
    before = await thread.get_by_test_id("message").count()
    await say(page, "thread-composer", "thank you, Alex")
    await expect(thread.get_by_test_id("message")).to_have_count(before + 1)

    await become(page, "U0ALEX")
    await open_channel(page, "support-escalations")
    await page.locator("[data-action-id=human_resolve]").click()
    await become(page, "U0DANA")
    await open_channel(page, "support")
    await page.get_by_test_id("open-thread").first.click()
    await expect(thread).to_contain_text("resolved")
    await picture(page, "channel")


async def test_what_a_human_answered_answers_the_next_customer(page: Page) -> None:
    """The desk abstains, a human claims, replies and resolves, approves what was learnt; another customer who asks the
    same gets it, cited."""
    expect.set_options(timeout=30_000)
    await open_channel(page, "support")
    await expect(page.get_by_test_id("notice")).to_be_visible()
    await expect(page.get_by_test_id("notice")).to_be_hidden(timeout=90_000)
    thread, view, modal = (page.get_by_test_id(name) for name in ("thread-panel", "channel-view", "modal"))
    asked = "Which tool opens the battery cover of the Auralis Buds 3?"
    await say(page, "composer", f"@frontdesk {asked}")
    human = thread.locator("[data-action-id=human_call]")
    await expect(human).to_have_count(1)
    await expect(thread).not_to_contain_text("Torx")
    await picture(page, "story-1-abstains")
    await human.click()
    await expect(thread).to_contain_text("I have asked a human to help")
    await picture(page, "story-2-called")

    await become(page, "U0ALEX")
    await open_channel(page, "support-escalations")
    await page.locator("[data-action-id=human_claim]").click()
    await expect(view).to_contain_text("Alex Moreno took it")
    await picture(page, "story-3-claimed")
    await page.locator("[data-action-id=human_reply]").click()
    await modal.locator("textarea").fill("A Torx T3 screwdriver opens the battery cover of the Auralis Buds 3.")
    await picture(page, "story-4-reply")
    await page.get_by_test_id("modal-submit").click()
    await expect(view).to_contain_text("Alex Moreno replied")

    await become(page, "U0DANA")
    await open_channel(page, "support")
    await page.get_by_test_id("open-thread").first.click()
    await expect(thread).to_contain_text("A Torx T3 screwdriver opens the battery cover")
    await picture(page, "story-5-replied")
    await thread.locator("[data-action-id=human_solved]").click()
    await become(page, "U0ALEX")
    await open_channel(page, "support-escalations")
    await page.locator("[data-action-id=human_resolve]").click()
    await expect(view).to_contain_text("Resolved by Alex Moreno")
    await picture(page, "story-6-resolved")

    # The draft begins the direct message, whose link then stands where one could begin it.
    await page.get_by_test_id("channel-link").filter(has_text=re.compile("frontdesk", re.IGNORECASE)).click()
    approve = page.locator("[data-action-id=learning_approve]")
    await expect(approve).to_be_visible()
    await picture(page, "story-7-draft")
    await approve.click()
    await expect(page.locator("body")).to_contain_text("I answer with this from now on")
    await picture(page, "story-8-approved")

    await become(page, "U0SAM")
    await open_channel(page, "support")
    await say(page, "composer", f"@frontdesk {asked}")
    await expect(thread).to_contain_text("Torx T3")
    await expect(thread).to_contain_text("Sources")
    await picture(page, "story-9-learnt")


@pytest.mark.parametrize("address", ["model"], indirect=True)
async def test_a_brief_says_in_short_what_it_is_about_and_when_an_answer_is_due(page: Page) -> None:
    """With a model: triage, a summary, the time; and an asker's buttons only under the last post that has some."""
    expect.set_options(timeout=30_000)
    await open_channel(page, "support")
    await expect(page.get_by_test_id("notice")).to_be_visible()
    await expect(page.get_by_test_id("notice")).to_be_hidden(timeout=90_000)
    thread, view, modal = (page.get_by_test_id(name) for name in ("thread-panel", "channel-view", "modal"))
    await say(page, "composer", "@frontdesk " + "\n".join(WROTE))
    human = thread.locator("[data-action-id=human_call]")
    await expect(human).to_have_count(1)
    await human.click()
    await expect(thread).to_contain_text("Usually that takes no longer than 2 hours.")

    await become(page, "U0ALEX")
    await open_channel(page, "support-escalations")
    await expect(view).to_contain_text("Return or refund · severity 3 of 5 · needs a human")
    await expect(view).to_contain_text(f"In short: {SHORT}")
    await expect(view).to_contain_text("Answer due: ")
    await picture(page, "brief-1-summed-up")
    await page.locator("[data-action-id=human_claim]").click()
    await expect(view).to_contain_text("Alex Moreno took it")
    await page.locator("[data-action-id=human_reply]").click()
    await modal.locator("textarea").fill("I have had it paid today, and am sorry.")
    await page.get_by_test_id("modal-submit").click()
    await expect(view).to_contain_text("Alex Moreno replied")
    await expect(view).not_to_contain_text("Answer due: ")
    await picture(page, "brief-2-replied")

    await become(page, "U0DANA")
    await open_channel(page, "support")
    await page.get_by_test_id("open-thread").first.click()
    await expect(thread.locator("[data-action-id=human_solved]")).to_be_visible()
    await expect(thread.locator("[data-action-id=human_no_need]")).to_have_count(0)
    await picture(page, "brief-3-asker")
    await thread.locator("[data-action-id=human_not_yet]").click()
    await become(page, "U0PRIYA")
    await page.get_by_test_id("home-link").click()
    due = page.get_by_text("answer due").last
    await due.scroll_into_view_if_needed()
    await picture(page, "brief-4-home")


async def test_an_admin_keeps_the_documents(page: Page, tmp_path: Path) -> None:
    """Status, a sync that holds removals back, the notice of it, and the button that asks before it removes."""
    expect.set_options(timeout=30_000)
    await become(page, "U0PRIYA")
    await open_channel(page, "support")
    await expect(page.get_by_test_id("notice")).to_be_visible()
    await expect(page.get_by_test_id("notice")).to_be_hidden(timeout=90_000)
    gone = sorted((tmp_path / "documents").iterdir())[1:]
    for path in gone:
        path.unlink()
    (tmp_path / "documents" / "scan.pdf").write_bytes(b"%PDF-1.7 nothing more")
    view = page.get_by_test_id("channel-view")
    await say(page, "composer", "/sources sync")
    approve = page.locator("[data-action-id=sync_approve_0]")
    await expect(view).to_contain_text(f"{len(gone)} documents are gone from the source")
    await say(page, "composer", "/sources status")
    await expect(view).to_contain_text("What I know")
    await picture(page, "upkeep")

    await open_channel(page, "support-escalations")
    await expect(view).to_contain_text("frontdesk sync electromart --approve")
    await picture(page, "notice")
    await approve.click()
    await expect(page.get_by_test_id("confirm-dialog")).to_contain_text(f"Remove {len(gone)} documents?")
    await picture(page, "approve")
    await page.get_by_test_id("confirm-ok").click()
    await expect(view).to_contain_text(f"{len(gone)} removed")
    await expect(view).to_contain_text("No removal waits any more")
    await picture(page, "settled")


async def test_a_file_is_attached_and_read(page: Page, tmp_path: Path) -> None:
    """A text says what is meant; a picture, without a model, is named as not readable."""
    expect.set_options(timeout=30_000)
    await open_channel(page, "support")
    await expect(page.get_by_test_id("notice")).to_be_visible()
    await expect(page.get_by_test_id("notice")).to_be_hidden(timeout=90_000)
    bought, photo = tmp_path / "bought.txt", tmp_path / "photo.png"
    bought.write_text("Aurora Buds 3 Pro earbuds, opened on Monday\n")
    await page.get_by_test_id("channel-view").screenshot(path=photo)
    await page.get_by_test_id("composer-files").set_input_files([bought, photo])
    await expect(page.get_by_test_id("waiting-file")).to_have_count(2)
    await say(page, "composer", "@frontdesk can I return this?")
    await expect(page.get_by_test_id("waiting-file")).to_have_count(0)
    thread = page.get_by_test_id("thread-panel")
    await expect(thread.get_by_test_id("shared-file")).to_have_count(2)
    await expect(thread.locator("a[href^='https://electromart.example/docs/']").first).to_be_visible()
    await expect(thread).to_contain_text("earbuds")
    await expect(thread).to_contain_text("I couldn't read “photo.png”: It is a picture")
    await picture(page, "files")


async def from_menu(page: Page, where: str, text: str, callback_id: str) -> None:
    """Choose a shortcut of the message with that text."""
    row = page.get_by_test_id(where).get_by_test_id("message").filter(has_text=text).first
    await row.hover()
    await row.get_by_test_id("message-more").click()
    await page.locator(f"[data-testid=message-shortcut][data-callback-id={callback_id}]").click()


async def test_a_colleague_asks_in_private_and_shares(page: Page) -> None:
    """A message's menu, the private answer, Share; why it says that, and what was wrong with it."""
    expect.set_options(timeout=30_000)
    await open_channel(page, "support")
    await expect(page.get_by_test_id("notice")).to_be_visible()
    await expect(page.get_by_test_id("notice")).to_be_hidden(timeout=90_000)
    await say(page, "composer", "Does anybody know how many days I have to return something?")
    view, thread, modal = (page.get_by_test_id(name) for name in ("channel-view", "thread-panel", "modal"))

    await become(page, "U0ALEX")
    await open_channel(page, "support")
    row = view.get_by_test_id("message").filter(has_text="Does anybody know").first
    await row.hover()
    await row.get_by_test_id("message-more").click()
    await picture(page, "menu")
    await page.locator("[data-testid=message-shortcut][data-callback-id=ask_about_message]").click()
    share = view.locator("[data-action-id=answer_share]")
    await expect(share).to_be_visible()
    await expect(view).to_contain_text("30 days")
    await expect(view).to_contain_text("Only you can see this")
    await picture(page, "private")
    await share.click()
    await expect(view).to_contain_text("Shared in the thread")
    await page.get_by_test_id("open-thread").first.click()
    await expect(thread).to_contain_text("shares my answer")
    await picture(page, "shared")

    await from_menu(page, "thread-panel", "shares my answer", "sources_for_message")
    await expect(thread.locator("[data-action-id=sources_share_thread]")).to_be_visible()
    await picture(page, "thread-sources")

    await become(page, "U0PRIYA")
    await open_channel(page, "support")
    await page.get_by_test_id("open-thread").first.click()
    await thread.locator("[data-action-id=answer_why]").first.click()
    await expect(modal).to_contain_text("I read these passages")
    await expect(modal).to_contain_text("cited as [1]")
    await picture(page, "why")
    await page.get_by_test_id("modal-close").click()
    await thread.get_by_test_id("feedback-down").first.click()
    await expect(modal).to_contain_text("What was wrong with it?")
    await page.get_by_test_id("modal-submit").click()
    await expect(modal).to_contain_text("Please fill this in.")
    await modal.locator("input[data-value=outdated]").check()
    await expect(modal).not_to_contain_text("Please fill this in.", use_inner_text=True)
    await modal.locator("textarea").fill("The holiday season is longer this year.")
    await picture(page, "feedback")
    await page.get_by_test_id("modal-submit").click()
    await expect(modal).to_contain_text("Thank you")
    await picture(page, "thanks")


async def test_the_agent_suggests_what_its_desk_answers(page: Page) -> None:
    """Beside its messages; pressed, it is asked and answered."""
    expect.set_options(timeout=30_000)
    await open_channel(page, "support")
    await expect(page.get_by_test_id("notice")).to_be_visible()
    await expect(page.get_by_test_id("notice")).to_be_hidden(timeout=90_000)
    await page.get_by_test_id("message-bot").first.click()
    prompt = page.get_by_test_id("suggested-prompt").filter(has_text="How many days do I have to return something?")
    await expect(prompt).to_be_visible()
    await picture(page, "prompts")
    await prompt.click()
    await expect(page.locator("body")).to_contain_text("30 days")
    await picture(page, "agent")
