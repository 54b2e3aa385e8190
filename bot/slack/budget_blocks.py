"""How the admins' channel hears of the model's budget: what it means, and how to change it. Pure."""

from bot.desk.model import BudgetNotice
from bot.slack.blocks import Message, rich, span

_QUOTES = "I quote the documents instead of having Claude write the answers, and each answer says so"


def budget_message(notice: BudgetNotice) -> Message:
    share = int(100 * notice.spent / notice.dollars)
    if notice.kind == "near":
        said = f"${notice.spent:,.2f} of today's ${notice.dollars:,.2f} are spent ({share} %)."
        means = f"When it is used up, {_QUOTES}, until 00:00 UTC."
    else:
        said = f"Today's ${notice.dollars:,.2f} are used up."
        means = f"Until 00:00 UTC {_QUOTES}. Orders, /sources and humans work as ever."
    title, change = (
        "The model's budget",
        ("To change it, set ", "model.daily_budget_usd", " in frontdesk.toml and restart the desk."),
    )
    code = {"style": {"code": True}}
    lines = (span(f"\n{said} {means}\n{change[0]}"), span(change[1]) | code, span(change[2]))
    return Message(f"{title}: {said} {means}", (rich(span(title, bold=True), *lines),))
