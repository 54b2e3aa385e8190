"""What commits the company for this asker, and what only tells the policy. Both sides, also where they are close."""

from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.desk.commitments import commits, promises
from bot.desk.model import Citation, DraftSentence

COMMITS = """
We'll send you a new one.
We will send you a replacement right away.
I've arranged a refund for you.
You will get your money back.
I have refunded your order.
We're shipping a replacement today.
Your replacement is on its way.
A replacement has been ordered.
Your refund has been issued.
Your refund will be processed within 5 business days.
I'll exchange it for you.
I'll swap that for a working unit.
We'll refund you the full amount.
We can send you another pair.
I can offer you a refund.
I can arrange a replacement for you.
Let me send you a new dock.
Let me arrange a replacement.
You'll receive a store credit of $50.
You'll be refunded $249.
You will be reimbursed.
We will credit your account.
I have credited your account with $20.
We'd be happy to replace it.
I'm happy to offer you an exchange.
Sorry about that! We'll get a new one out to you tomorrow.
No problem, a new pair is coming your way.
Consider it refunded.
Refund approved.
You can expect your refund by Friday.
Expect a replacement within 3-5 business days.
Your headphones will be replaced.
Your money will be returned to your Visa.
We have gone ahead and refunded you.
The store will send you a brand new TV.
Our team has issued a refund to your card.
We owe you a new one.
I promise you a full refund.
You're getting a new one.
You are entitled to a refund for this order.
I've set up a replacement, it ships tomorrow.
A new drone will be shipped to you at no cost.
Shall I send you a replacement?
Would you like a refund or a replacement?
Do you want me to refund you?
The policy allows it, so we'll refund you.
Since it is dead on arrival, we'll replace it at no cost.
We will send a replacement as soon as it is back in stock.
I'll refund you if you like.
We'll replace your dock under the dead-on-arrival rule [1].
**We'll send you a new one.**
We’ll send you a replacement.
You'll get a full refund of $649.00 for the camera.
I just processed your refund.
I've gone ahead and ordered a new unit for you.
We are going to give you a voucher.
My colleague will issue your refund today.
We'll make it right: a new one is on its way.
It's as good as refunded.
Your order has been refunded.
I am issuing you a credit.
Enjoy your replacement!
We'll reimburse you for the shipping.
Here's your refund.
The money is on its way back to you, your refund is confirmed.
You will be getting another unit.
Wir schicken Ihnen einen Ersatz.
Ich habe die Rückerstattung für Sie veranlasst.
Nous vous remboursons aujourd'hui.
Le enviaremos un reemplazo.
Le rimborseremo subito, abbiamo avviato il rimborso.
Sorry to hear that: I'll have a replacement sent.
We will gladly take it back and give you your money back.
Your account has been credited.
You qualify for a free replacement.
You can have a new one for free.
A new pair goes out today.
We'll make you whole with a full refund.
Happy to send another pair!
Replacement: on its way.
I have requested that a replacement be sent to you.
A refund of $249.00 is coming to your Visa.
Your $249.00 goes back to your Visa.
We'll cover it, you'll have a new TV by Monday.
You'll have your money back by Friday.
Sending you a new one now.
Refunding you now.
Done! Refund is in process.
We'll take care of the refund.
I can get that replaced for you.
We'll get this refunded for you.
I'll have it replaced.
Would you prefer an exchange?
We can exchange it for you.
I have opened a claim for a replacement.
We won't leave you hanging: we'll send another pair.
I can't see the order, but I'll refund you.
If you want, we'll refund you.
I'm sorry to hear that and we'll send you a replacement.
I'm sorry your earbuds arrived dead, and we'll send you a replacement.
I understand how annoying that is and we will send you a replacement.
Don't worry, we'll replace them within 30 days.
I can't believe it, we'll refund you in full.
I know that is annoying, you'll get a replacement within 30 days.
I see, we'll replace the dead items for you.
We'll replace both items within 30 days.
We'll send you a replacement before Friday.
You'll get a replacement for the dead items.
Thanks for telling us, we'll replace the items that arrived dead.
You don't have to do anything, we'll refund you the $249.
We'll refund it, and you can keep the item until the carrier collects it.
We'll replace it, as we do for all customers.
We'll refund you even if the box is gone.
After a quick look at your case, we'll refund you.
If it is any comfort, we'll refund you the full amount.
I can't see it from here so I'll refund you.
Our people will send you a new one.
Someone from our team will send you a replacement.
They will send you a replacement.
They'll replace it for you.
The warehouse will ship you a replacement dock.
We will make it right with a new dock.
We will cover the cost of a new one.
We'll take it back and give you your money.
Consider your purchase refunded.
Wir tauschen Ihr Gerät aus.
Wir schicken Ihnen einen Ersatz, wenn Sie möchten.
Le enviaremos un producto nuevo.
""".strip().splitlines()

TELLS = """
Items that are dead on arrival within 30 days are replaced at no cost, subject to stock.
We replace items that are dead on arrival within 30 days.
Refunds go to the original payment within 5 business days after we receive the item.
You will get your money back within 5 business days after we receive the item.
If the item is defective, we'll send you a replacement.
If it arrived damaged, you can ask for a replacement or a refund.
You can return it within 30 days for a refund.
You can ask for a replacement in any store.
A refund needs a receipt.
Opened drones have a 15% restocking fee, which is deducted from the refund.
Once we receive the item, your refund is issued to the original payment.
An agent checks the order's status before a replacement is sent.
I can't offer a replacement before I know the order's status.
I haven't arranged a refund.
We can't refund shipping costs.
To see whether you can get a replacement, I need your order number.
What is your order number?
Before I can offer a replacement or a refund, I have to check the order's status.
Could you give me the order number, so that I can check whether a refund is possible?
Your order EM-104233 was delivered on 12 November.
Your order will be delivered on Monday.
Your order has been shipped.
We'll send you a return label by e-mail.
We'll send you a new shipping label.
You will receive a new tracking number.
I'll send you the details of your order privately.
I'll connect you to a human who can decide about a refund.
Would you like me to connect you to a human?
Would you like to know how refunds work?
Customers get their money back within 5 business days.
Plus members get 60 days to return.
Gift cards are not refundable.
No refund is possible without a receipt.
According to the policy you get a refund within 5 business days after the return was received.
When we have received the item, you get a refund within 5 business days.
A return needs a receipt; otherwise you will not get a refund.
Refunds are not issued in cash.
The restocking fee is 15%.
Same-day pickup is ready in 2 hours.
You'll receive your order within 3-5 business days.
You'll get an e-mail when it ships.
The dock supports two 4K displays.
ElectroCare covers a replacement if repair is not possible.
How long does a refund take?
A replacement is possible only within 30 days.
You may be eligible for a replacement if it was dead on arrival.
Do you mean the refund of the order or of the shipping?
We don't refund opened software.
The manufacturer replaces the battery if it holds less than 80%.
Your return window ends on 31 January 2027.
The return of EM-104274 was requested on 18 November.
EM-103264: refunded on 8 October 2026.
Order EM-103264: refunded.
We offer exchanges within 30 days.
Exchanges are free in stores.
Price match refunds the difference within 14 days.
You can swap it in any store within 30 days.
Replacement ink for the Quillmark 3600 is sold as QM-36.
I couldn't find a refund for that order.
It will arrive in a new box.
Wenn der Artikel defekt ist, schicken wir Ihnen Ersatz.
Defekte Artikel werden innerhalb von 30 Tagen ersetzt.
Eine Rückerstattung dauert 5 Werktage.
Si el artículo está defectuoso, le enviaremos un reemplazo.
Les articles défectueux sont remplacés sans frais si vous avez le reçu.
Ihre Bestellung wurde geliefert.
Would you like to know how refunds work?
I'd like to tell you about the returns policy.
Refunds go back to the original payment method.
You get your refund to the original payment method within 5 business days.
The refund takes 5 business days after the return was received.
We'll let you know about new products.
I'll check whether a refund is possible.
I can look up your order to see whether a replacement is possible.
Would you like me to connect you to a human about your refund?
You'll need a receipt for a refund.
Your order was placed on 8 November.
Your new dock works with two displays.
You can exchange it in a store.
We'll have your order ready in 2 hours.
You will find a new address on the site.
They can go back within 30 days for a refund.
They can be exchanged in any store.
They will tell you whether a refund is possible.
Keep the box, and if it was dead on arrival, we'll replace it.
If you kept the box and it arrived dead, we'll replace it.
I'm sorry, but I can confirm that you will not get a refund.
Your refund has not been issued.
The documents don't say that you'll get a refund.
That doesn't mean we'll replace it.
You will have a new manager from March.
They will give you a new contract to sign.
You're entitled to a reimbursement of $40 a month.
We will replace items that arrive dead.
We'll send a replacement to customers whose items arrived dead.
Someone from our team can help you with the refund.
A colleague will decide about the refund.
You'll get a new laptop every three years.
We ship the right item as soon as a scan shows that the wrong one is on its way.
The law does not let us swap; there we give another day.
Wir tauschen defekte Artikel innerhalb von 30 Tagen um.
Wir schicken Ihnen einen Ersatz, wenn der Artikel defekt ist.
""".strip().splitlines()


@pytest.mark.parametrize("sentence", COMMITS)
def test_this_commits(sentence: str) -> None:
    assert commits(sentence)


@pytest.mark.parametrize("sentence", TELLS)
def test_this_only_tells(sentence: str) -> None:
    assert not commits(sentence)


@pytest.mark.parametrize("sentence", [one for one in COMMITS if not one.endswith("?")])
@given(before=st.sampled_from(["Sorry to hear that. ", "Thanks! ", "The dock works with two displays; ", "- ", "1. "]))
@settings(max_examples=5, deadline=None)
def test_what_stands_before_it_hides_nothing(sentence: str, before: str) -> None:
    """A promise stays one after a courtesy, in a list, behind another clause."""
    assert commits(before + sentence)


@given(text=st.text(max_size=300))
@settings(deadline=500)
def test_any_text_is_judged(text: str) -> None:
    assert commits(text) in (True, False)


@pytest.mark.parametrize("mark", ["", "**", "_", "`", "*"])
def test_typography_changes_nothing(mark: str) -> None:
    """Markup, typographic apostrophes and odd spaces."""
    assert commits(f"We’ll {mark}send you a replacement{mark}\u00a0today.")
    assert not commits(f"Items {mark}that arrive dead{mark} are\u00a0replaced at no cost.")


@pytest.mark.parametrize("sentence", TELLS)
def test_marks_and_bold_change_nothing(sentence: str) -> None:
    assert not commits(f"**{sentence}** [1]")


@pytest.mark.parametrize(
    ("sentence", "quote", "promised"),
    [
        ("We'll send you a new one.", "Dead on arrival? We'll send you a new one.", False),
        ("We'll send you a new one.", "Dead on arrival? We'll send another.", True),
        ("We'll send you a new one today.", "We'll send you a new one today.", True),
        ("I've arranged a refund for you.", "I've arranged a refund for you.", True),
        ("A replacement is on its way.", "A replacement is on its way.", True),
        ("Your refund has been issued.", "Your refund has been issued.", True),
        ("You can return it today.", "You can return it today.", False),
    ],
)
def test_only_what_a_policy_can_say_may_be_quoted(sentence: str, quote: str, promised: bool) -> None:
    """A page can't promise this asker anything: what is of today, or was done, is no policy of ours."""
    citation = Citation(0, quote, "Returns", "", "", datetime(2026, 11, 23, tzinfo=UTC))
    assert promises(DraftSentence(sentence, (citation,))) is promised


@pytest.mark.parametrize("run", ["." * 400, "-" * 400, "'a' " * 100], ids=["dots", "dashes", "quoted letters"])
def test_a_run_of_marks_is_parted_in_one_way(run: str) -> None:
    """As the dots of a table of contents; a pattern that can part it in many ways would not come back."""
    assert not commits(f"You will find it under Settings {run} page 12.")
