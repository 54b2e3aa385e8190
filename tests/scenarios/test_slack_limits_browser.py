"""How limits and the budget look to whom they concern, in a browser on the local workspace."""

import os
from collections.abc import AsyncIterator
from datetime import datetime
from pathlib import Path

import pytest
from playwright.async_api import Page, async_playwright, expect

from bot.desk.budget import Budget
from bot.desk.budget_warnings import BudgetWarnings
from bot.desk.model import Outcome
from bot.settings import LimitSettings
from bot.slack.admin_channel import SlackAdminChannel
from bot.slack.client import SlackClients
from ops.workspace.server import LocalWorkspace
from tests.scenarios.conftest import MakeBot

CHROMIUM = Path("/usr/bin/chromium")
REQUIRED = os.environ.get("FRONTDESK_BROWSER_TEST") == "required"
ASK = "@frontdesk how long do I have to return something?"

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not CHROMIUM.exists() and not REQUIRED, reason="needs Debian's chromium at /usr/bin/chromium"),
]


@pytest.fixture
async def page(workspace: LocalWorkspace) -> AsyncIterator[Page]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=str(CHROMIUM), args=["--no-sandbox", "--disable-background-networking", "--disable-sync"]
        )
        page = await browser.new_page(viewport={"width": 1280, "height": 800})
        await page.goto(workspace.url)
        yield page
        await browser.close()


async def see(page: Page, user: str, channel: str) -> None:
    await page.get_by_test_id("person-switcher").click()
    await page.locator(f"[data-testid=person-option][data-user={user}]").click()
    await page.locator(f"[data-testid=channel-link][data-name={channel}]").click()


async def picture(page: Page, name: str) -> None:
    if folder := os.environ.get("FRONTDESK_PICTURES"):
        await page.screenshot(path=f"{folder}/{name}.png")


async def test_only_the_asker_sees_that_a_question_waits_or_is_left_out(
    page: Page, workspace: LocalWorkspace, make_bot: MakeBot
) -> None:
    bot = await make_bot(limits=LimitSettings(per_user_per_minute=1, longest_delay_s=60))
    asked = [await workspace.say("dana", "support", ASK) for _ in range(3)]
    assert await bot.ended(asked[2]) is Outcome.ASKED
    await see(page, "U0DANA", "support")
    main = page.get_by_role("main")
    await expect(main).to_contain_text("1 question a minute for each person. I'll get to the rest in a minute")
    await expect(main).to_contain_text("please ask again after")
    await picture(page, "limits-asker")
    await see(page, "U0SAM", "support")
    await expect(main).to_contain_text("how long do I have to return something?")
    await expect(main).not_to_contain_text("for each person")


class Bill:
    """bot.desk.ports.Answers, as far as a budget asks it."""

    dollars = 4.05

    async def spent_since(self, at: datetime) -> float:
        return self.dollars


async def test_the_admins_read_what_the_budget_means(page: Page, workspace: LocalWorkspace, make_bot: MakeBot) -> None:
    bot, bill = await make_bot(), Bill()
    channel = SlackAdminChannel(SlackClients(bot.slack), "C0ESCALATE", bot.now)
    warnings = BudgetWarnings(Budget(bill, 5.0, bot.now), bot.store.told, channel)  # type: ignore[arg-type]
    for bill.dollars in (4.05, 5.01):
        await warnings.check()
    await see(page, "U0PRIYA", "support-escalations")
    main = page.get_by_role("main")
    await expect(main).to_contain_text("$4.05 of today's $5.00 are spent (81 %).")
    await expect(main.locator("code", has_text="model.daily_budget_usd")).to_have_count(2)
    await picture(page, "budget-admins")
