"""A stage that shows nothing."""

from bot.desk.model import DraftSentence


class Unseen:
    """bot.desk.ports.Stage of an answer that is shown once it is whole, if it is worth showing."""

    async def progress(self, text: str) -> None:
        return None

    async def sentence(self, sentence: DraftSentence) -> None:
        return None
