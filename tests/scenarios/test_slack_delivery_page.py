"""How answers look in the browser: steps while they are made, tables, and the plainer form."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Page, async_playwright, expect

from bot.desk.model import Outcome
from ops.workspace.server import LocalWorkspace
from tests.scenarios.conftest import MakeBot, Shelf
from tests.scenarios.test_browser import CHROMIUM, open_channel, picture
from tests.scenarios.test_browser import pytestmark as pytestmark

ASK = "@frontdesk how long do I have to return something?"
TABLE = (
    "What a return costs:\n\n| Item | Return fee | Days |\n| :-- | --: | --: |\n| **Drone** | 10% | 14 |\n"
    "| Opened earbuds | 15% | 30 |\n| Anything else | none | 30 |\n\nA return label is in the box. Keep the receipt."
)


@pytest.fixture
async def page(workspace: LocalWorkspace) -> AsyncIterator[Page]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=str(CHROMIUM),
            args=["--no-sandbox", "--disable-background-networking", "--disable-sync"],
            ignore_default_args=["--disable-back-forward-cache"],  # people's browsers have it
        )
        page = await browser.new_page(viewport={"width": 1280, "height": 800})
        errors: list[str] = []
        page.on("pageerror", lambda error: errors.append(str(error)))
        await page.goto(workspace.url)
        yield page
        assert errors == []
        await browser.close()


async def test_steps_then_an_answer(workspace: LocalWorkspace, make_bot: MakeBot, shelf: Shelf, page: Page) -> None:
    """The steps are seen before the first word; above the finished answer they are folded."""
    bot = await make_bot()
    shelf.gate = asyncio.Event()
    await open_channel(page, "support")
    ts = await workspace.say("dana", "support", ASK)
    await page.get_by_test_id("open-thread").first.click()
    thread = page.get_by_test_id("thread-panel")
    await expect(thread).to_contain_text("Searching the documents")
    await expect(thread).to_contain_text("Reading a document")
    await picture(page, "steps")
    shelf.gate.set()
    assert await bot.ended(ts) is Outcome.ANSWERED
    await expect(thread.locator("[data-action-id=human_call]")).to_be_visible()
    await expect(thread).to_contain_text("Steps to this answer")
    await expect(thread.get_by_text("Checking each sentence against its source")).to_be_hidden()
    await picture(page, "steps-done")


async def test_one_is_many_people_in_one_tab(page: Page) -> None:
    """A page that the browser keeps for its Back button holds no stream: there are six a host."""
    for user in ("U0SAM", "U0ALEX", "U0PRIYA", "U0DANA") * 2:
        await page.get_by_test_id("person-switcher").click()
        await page.locator(f"[data-testid=person-option][data-user={user}]").click()
        await page.wait_for_url(f"**as={user}**")
        await open_channel(page, "support")
    await page.go_back(wait_until="commit")
    await page.get_by_test_id("composer").fill("I am back")
    await page.get_by_test_id("composer-send").click()
    await expect(page.get_by_test_id("channel-view")).to_contain_text("I am back")


@pytest.mark.parametrize("refused", [0, 1, 2])
async def test_a_table_in_each_form(
    workspace: LocalWorkspace, make_bot: MakeBot, shelf: Shelf, page: Page, refused: int
) -> None:
    """A table; in columns where Slack refuses the blocks; as text where it refuses all of them. Its buttons are there
    in each."""
    workspace.streaming = False
    shelf.pages = {"Return fees": TABLE}
    bot = await make_bot()
    if refused:
        workspace.fail("chat.update", error="invalid_blocks", times=refused)
    await open_channel(page, "support")
    ts = await workspace.say("dana", "support", ASK)
    assert await bot.ended(ts) is Outcome.ANSWERED
    await page.get_by_test_id("open-thread").first.click()
    thread = page.get_by_test_id("thread-panel")
    await expect(thread).to_contain_text("Opened earbuds")
    await expect(thread.locator("table")).to_have_count(0 if refused else 1)
    await expect(thread.locator("a[href='https://electromart.example/return-fees']")).to_be_visible()
    await expect(thread.locator("[data-action-id=human_call]")).to_have_count(1)
    await expect(page.get_by_text("Reading a document")).to_have_count(0)
    await picture(page, f"table-{refused}")
