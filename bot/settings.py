"""The bot's part of frontdesk.toml and of the environment. Frozen; secrets are SecretStr."""

from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, SecretStr, model_validator

Positive = Annotated[int, Field(gt=0)]
SlackId = Annotated[str, Field(pattern=r"^[A-Z][A-Z0-9]{2,}$")]
ChannelId = Annotated[str, Field(pattern=r"^[CG][A-Z0-9]{2,}$")]


class Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class DeskSettings(Section):
    """[desks.NAME]. The first desk is the default; `sources` empty means all of them."""

    prompt: str
    sources: tuple[str, ...] = ()
    channels: tuple[ChannelId, ...] = ()
    escalation_channel: ChannelId | None = None


class SlackSettings(Section):
    """[slack] and the SLACK_* variables."""

    admins: tuple[SlackId, ...] = ()
    admin_channel: ChannelId | None = None
    agents: tuple[SlackId, ...] = ()
    bot_token: SecretStr | None = None
    app_token: SecretStr | None = None
    signing_secret: SecretStr | None = None
    api_url: str = "https://slack.com/api/"


class ModelSettings(Section):
    """[model] and the ANTHROPIC_* variables. Prices are dollars a million tokens; without them cost is unknown."""

    name: str = "claude-sonnet-5-5"
    max_tokens: Positive = 1024
    effort: Literal["low", "medium", "high"] | None = None
    deadline_s: Annotated[float, Field(gt=0, le=600)] = 45.0
    price_input: float | None = None
    price_output: float | None = None
    price_cache_read: float | None = None
    price_cache_write: float | None = None
    api_key: SecretStr | None = None
    base_url: str | None = None


class AnsweringSettings(Section):
    """[answering]: how much is searched and what counts as found."""

    passages: Positive = 6
    candidates: Positive = 24
    min_similarity: Annotated[float, Field(ge=-1, le=1)] = 0.30
    history_turns: Positive = 12
    workers: Positive = 8
    deadline_s: Annotated[float, Field(gt=0)] = 120.0
    max_attempts: Positive = 3
    max_question_chars: Positive = 8000


class BotSettings(Section):
    data_dir: Path
    prompt_dirs: tuple[Path, ...]  # looked through in order: beside frontdesk.toml, then the package
    desks: dict[str, DeskSettings] = {}
    slack: SlackSettings = SlackSettings()
    model: ModelSettings = ModelSettings()
    answering: AnsweringSettings = AnsweringSettings()
    database_url: SecretStr | None = None

    @model_validator(mode="after")
    def _has_desks(self) -> Self:
        if not self.desks:
            raise ValueError('no desk is configured; add [desks.support] with prompt = "electromart"')
        claimed = [channel for desk in self.desks.values() for channel in desk.channels]
        if twice := {channel for channel in claimed if claimed.count(channel) > 1}:
            raise ValueError(f"channel {min(twice)} belongs to two desks; a channel has one")
        return self
