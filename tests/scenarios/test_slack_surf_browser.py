"""App Home, a channel's settings, offers and silence, as people see them in a browser."""

import pytest
from playwright.async_api import Page, expect

from tests.scenarios import test_browser as browser
from tests.scenarios.test_browser import become, open_channel, picture, say

pytestmark = browser.pytestmark
address = browser.address
page = browser.page
ASKED = "How many days do I have to return something?"


@pytest.fixture
async def ready(page: Page) -> Page:
    """The page, once the documents are indexed."""
    expect.set_options(timeout=30_000)
    await open_channel(page, "support")
    await expect(page.get_by_test_id("notice")).to_be_visible()
    await expect(page.get_by_test_id("notice")).to_be_hidden(timeout=90_000)
    return page


async def configure(page: Page, mode: str, name: str = "") -> None:
    """Priya sets #support."""
    await become(page, "U0PRIYA")
    await page.get_by_test_id("home-link").click()
    await page.locator("[data-action-id=home_channels]").click()
    modal = page.get_by_test_id("modal")
    await modal.locator("[data-action-id=channel_picked]").select_option(label="#support")
    await modal.get_by_label(mode).check()
    if name:
        await picture(page, name)
    await page.get_by_test_id("modal-submit").click()
    await expect(modal).to_have_count(0)


async def test_app_home_shows_and_does_what_an_admin_needs(ready: Page) -> None:
    """Sync, settings, pause with its question, resume; everybody's page is shorter."""
    page = ready
    await page.get_by_test_id("home-link").click()
    home = page.get_by_test_id("home-view")
    await expect(home).to_contain_text("What I know")
    await expect(home).not_to_contain_text("For admins")
    await picture(page, "home-everybody")

    await configure(page, "Questions", "channel-settings")
    await expect(home).to_contain_text("answers questions")
    await home.locator("[data-action-id=home_sync_0]").click()
    await expect(home).to_contain_text("Success: nothing new")
    await home.get_by_text("For admins").scroll_into_view_if_needed()
    await picture(page, "home-admin")

    await home.locator("[data-action-id=home_pause]").click()
    await expect(page.get_by_test_id("confirm-dialog")).to_contain_text("Pause the desk?")
    await picture(page, "home-pause")
    await page.get_by_test_id("confirm-ok").click()
    await expect(home).to_contain_text("I'm paused, by")
    await picture(page, "home-paused")
    await become(page, "U0DANA")
    await open_channel(page, "support")
    await say(page, "composer", f"@frontdesk {ASKED}")
    thread = page.get_by_test_id("thread-panel")
    await expect(thread).to_contain_text("I'm paused at the moment")
    await picture(page, "paused")

    await become(page, "U0PRIYA")
    await page.get_by_test_id("home-link").click()
    await home.locator("[data-action-id=home_resume]").click()
    await expect(home).not_to_contain_text("I'm paused")


async def test_a_question_is_answered_unasked_and_the_thread_silenced(ready: Page) -> None:
    """A channel of questions; the menu under the answer, what it says, and Wake up."""
    page = ready
    await configure(page, "Questions")
    await become(page, "U0DANA")
    await open_channel(page, "support")
    await say(page, "composer", ASKED)
    await page.get_by_test_id("open-thread").first.click()
    thread = page.get_by_test_id("thread-panel")
    await expect(thread).to_contain_text("30 days")
    await thread.locator("[data-action-id=answer_more]").click()
    await page.get_by_text("Keep quiet in this thread").click()
    await expect(thread).to_contain_text("I keep quiet in this thread from now on.")
    await picture(page, "quiet")
    await thread.locator("[data-action-id=wake_thread]").click()
    await expect(thread).to_contain_text("I'm back in this thread.")

    await say(page, "composer", "/sources quiet")
    view = page.get_by_test_id("channel-view")
    await expect(view).to_contain_text("In which thread shall I keep quiet?")
    await picture(page, "quiet-which")
    await view.locator("[data-action-id=quiet_thread_0]").click()
    await expect(view).to_contain_text("I keep quiet in this thread from now on.")


async def test_an_answer_is_offered_privately(ready: Page) -> None:
    """Only for me leads into the direct messages; the channel sees nothing."""
    page = ready
    await configure(page, "Offer")
    await become(page, "U0DANA")
    await open_channel(page, "support")
    await say(page, "composer", ASKED)
    view = page.get_by_test_id("channel-view")
    await expect(view).to_contain_text("The documents seem to answer this. Shall I?")
    await picture(page, "offer")
    await view.locator("[data-action-id=offer_me]").click()
    await expect(view).to_contain_text("I answer you in our direct messages.")
    await expect(page.get_by_test_id("open-thread")).to_have_count(0)
    await page.get_by_test_id("home-link").click()
    await page.get_by_role("button", name="Messages").click()
    await expect(view).to_contain_text(ASKED)
    await page.get_by_test_id("open-thread").first.click()
    await expect(page.get_by_test_id("thread-panel")).to_contain_text("30 days")
    await picture(page, "offer-taken")
