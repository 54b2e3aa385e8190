"""The bot's part of frontdesk.toml and of the environment. Frozen; secrets are SecretStr."""

from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, SecretStr, model_validator

from bot.gaps_settings import GapsSettings
from bot.handover_settings import HandoverSettings
from bot.human_time_settings import HoursSettings, SlaSettings
from bot.outgoing_settings import EmailSettings, WebhookSettings
from bot.section import Section
from bot.triage_settings import TriageSettings

Positive = Annotated[int, Field(gt=0)]


def _starts(prefix: str) -> Callable[[SecretStr], SecretStr]:
    """A token of the wrong kind is the commonest mistake; say which kind belongs here, never the token."""

    def check(secret: SecretStr) -> SecretStr:
        if not secret.get_secret_value().startswith(prefix):
            raise ValueError(f"not a token of this kind, which begins with {prefix}")
        return secret

    return check


SlackId = Annotated[str, Field(pattern=r"^[A-Z][A-Z0-9]{2,}$")]
ChannelId = Annotated[str, Field(pattern=r"^[CG][A-Z0-9]{2,}$")]


class DeskSettings(Section):
    """[desks.NAME]. The first desk is the default; `sources` empty means all of them."""

    prompt: str = Field(examples=["electromart"])
    sources: tuple[str, ...] = ()
    channels: tuple[ChannelId, ...] = Field((), examples=[["C0123456789"]])
    escalation_channel: ChannelId | None = Field(None, examples=["C0123456789"])
    escalation_sees_orders: bool = False  # everybody in the escalation channel may see the askers' orders
    reopen_days: Annotated[int, Field(ge=0, le=365)] = 14  # so long an asker may go on with a request that is over
    suggestions: Annotated[tuple[str, ...], Field(max_length=4)] = Field((), examples=[["What can I return?"]])
    hours: HoursSettings | None = None  # None: its humans are always there
    sla: SlaSettings | None = None  # None: the defaults, of which askers are told nothing
    handover: HandoverSettings = HandoverSettings()


class SlackSettings(Section):
    """[slack] and the SLACK_* variables."""

    admins: tuple[SlackId, ...] = Field((), examples=[["U0123456789"]])
    admin_channel: ChannelId | None = Field(None, examples=["C0123456789"])
    agents: tuple[SlackId, ...] = Field((), examples=[["U0123456789"]])  # who may claim; empty: the channel's members
    listens_to_bots: tuple[SlackId, ...] = Field((), examples=[["B0123456789"]])  # ids of bots, apps or bots' users
    bot_token: Annotated[SecretStr, AfterValidator(_starts("xoxb-"))] | None = None
    app_token: Annotated[SecretStr, AfterValidator(_starts("xapp-"))] | None = None
    signing_secret: SecretStr | None = None
    mode: Literal["socket", "http"] = "socket"
    host: str = "127.0.0.1"  # in HTTP mode: where Slack's requests, or a proxy's in front, are listened for
    port: Annotated[int, Field(ge=1, le=65535)] = 3000
    api_url: Annotated[str, Field(pattern=r"^https?://"), AfterValidator(lambda url: url.rstrip("/") + "/")] = Field(
        "https://slack.com/api/", examples=["https://slack.com/api/"]
    )
    rate_limit_factor: float = Field(1.0, gt=0, examples=[1.0])  # of Slack's published limits

    @property
    def lacking(self) -> str:
        """The first variable that the mode needs and that is not set; "" when all are."""
        second = ("SLACK_APP_TOKEN", self.app_token)
        if self.mode == "http":
            second = ("SLACK_SIGNING_SECRET", self.signing_secret)
        return next((name for name, value in (("SLACK_BOT_TOKEN", self.bot_token), second) if value is None), "")


class MonitoringSettings(Section):
    """[monitoring]: where /healthz, /readyz and /metrics are, in both modes."""

    host: str = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=65535)] = 8485  # 0: none


class ModelSettings(Section):
    """[model] and the ANTHROPIC_* variables. Prices are dollars a million tokens; without them cost is unknown."""

    name: str = "claude-sonnet-5-5"
    max_tokens: Positive = 1024
    effort: Literal["low", "medium", "high"] | None = Field(None, examples=["low"])
    deadline_s: float = Field(45.0, gt=0, le=600, examples=[45])
    retries: Annotated[int, Field(ge=0, le=10)] = 2  # of a call that failed at once
    daily_budget_usd: float | None = Field(None, gt=0, examples=[5.0])  # a day begins at 00:00 UTC
    price_input: float | None = None
    price_output: float | None = None
    price_cache_read: float | None = None
    price_cache_write: float | None = None
    api_key: SecretStr | None = None
    base_url: str | None = None

    @model_validator(mode="after")
    def _can_count(self) -> Self:
        prices = (self.price_input, self.price_output, self.price_cache_read, self.price_cache_write)
        if self.daily_budget_usd is not None and None in prices:
            raise ValueError("daily_budget_usd needs all four prices: without them nobody knows what was spent")
        return self


class CustomerColumns(Section):
    """[orders.customers]: the table that has the customers' addresses, where the orders' own table has none."""

    table: str = Field(examples=["customers"])
    id: str = "id"
    email: str = "email"
    order_column: str = Field("customer_id", examples=["customer_id"])  # in the orders' table; it holds an `id`


class ItemColumns(Section):
    """[orders.items]"""

    table: str = Field(examples=["order_items"])
    order: str = Field(examples=["order_number"])  # which order a row belongs to
    refers_to: str | None = Field(None, examples=["id"])  # the orders' column that `order` holds; default: the number
    sku: str | None = None
    name: str | None = None
    quantity: str | None = None
    price: str | None = None

    @model_validator(mode="after")
    def _has_a_name(self) -> Self:
        if not (self.sku or self.name):
            raise ValueError("items need a name or a sku")
        return self


class HistoryColumns(Section):
    """[orders.history]: what happened to an order, a row an event."""

    table: str = Field(examples=["order_history"])
    order: str = Field(examples=["order_number"])
    refers_to: str | None = Field(None, examples=["id"])
    at: str = "at"
    note: str = "note"


class OrdersSettings(Section):
    """[orders] and ORDERS_URL: a database that is there already, read only. Names are its tables and columns."""

    url: SecretStr = Field(examples=["orders.sqlite"])
    numbers: Annotated[
        tuple[Annotated[str, Field(pattern=r"^[A-Za-z0-9#_./-]*##[A-Za-z0-9#_./-]*$")], ...], Field(min_length=1)
    ] = Field(examples=[["EM-######"]])  # how order numbers look: # is a digit
    desks: tuple[str, ...] = ()  # empty: every desk looks up orders
    currency: str = "$"
    table: str = Field("orders", examples=["orders"])
    number: str = Field(examples=["order_number"])
    status: str = Field(examples=["status"])
    email: str | None = None
    placed: str | None = None
    shipped: str | None = None
    delivered: str | None = None
    carrier: str | None = None
    tracking: str | None = None
    total: str | None = None
    customers: CustomerColumns | None = None
    items: ItemColumns | None = None
    history: HistoryColumns | None = None

    @model_validator(mode="after")
    def _knows_the_owner(self) -> Self:
        if (self.email is None) == (self.customers is None):
            raise ValueError("set either email, the orders' column with the customer's address, or [orders.customers]")
        return self


class AnsweringSettings(Section):
    """[answering]: how much is searched and what counts as found."""

    passages: Positive = 6
    candidates: Positive = 24
    min_similarity: Annotated[float, Field(ge=-1, le=1)] | None = None  # by who writes: see bot/engine/query_engine.py
    unasked_similarity: Annotated[float, Field(ge=-1, le=1)] = 0.57  # measured: see bot/desk/unasked.py
    history_turns: Positive = 12
    history_chars: Positive = 6000
    workers: Positive = 8
    deadline_s: Annotated[float, Field(gt=0)] = 120.0
    max_attempts: Positive = 3
    drain_s: Annotated[float, Field(ge=0)] = 20.0
    max_question_chars: Positive = 8000


class LimitSettings(Section):
    """[limits]: what one asker, one channel or one bot may take of the desk."""

    per_user_per_minute: Positive = 10
    per_user_per_day: Positive = 500
    per_channel_per_minute: Positive = 60
    longest_delay_s: Annotated[int, Field(ge=0, le=86_400)] = 300  # a question that would wait longer is refused
    bot_answers: Positive = 5  # to listed bots, with no person in between


class LearningSettings(Section):
    """[learning]: what resolved threads taught becomes documents. `desks` empty: all."""

    enabled: bool = False
    desks: tuple[str, ...] = Field((), examples=[["support"]])
    expiry_months: Literal[0, 3, 6, 12] = 12  # unless the approver chooses another; 0: for ever


class BotSettings(Section):
    data_dir: Path
    prompt_dirs: tuple[Path, ...]  # looked through in order: beside frontdesk.toml, then the package
    desks: dict[str, DeskSettings] = Field(default_factory=dict)
    slack: SlackSettings = SlackSettings()
    monitoring: MonitoringSettings = MonitoringSettings()
    model: ModelSettings = ModelSettings()
    answering: AnsweringSettings = AnsweringSettings()
    limits: LimitSettings = LimitSettings()
    learning: LearningSettings = LearningSettings()
    triage: TriageSettings = TriageSettings()
    gaps: GapsSettings = GapsSettings()
    orders: OrdersSettings | None = None
    webhooks: tuple[WebhookSettings, ...] = ()
    email: EmailSettings | None = None
    database_url: SecretStr | None = None
    retention_days: Positive | None = Field(None, examples=[365])

    @model_validator(mode="after")
    def _has_desks(self) -> Self:
        if not self.desks:
            raise ValueError('no desk is configured; add [desks.support] with prompt = "electromart"')
        claimed = [channel for desk in self.desks.values() for channel in desk.channels]
        if twice := {channel for channel in claimed if claimed.count(channel) > 1}:
            raise ValueError(f"channel {min(twice)} belongs to two desks; a channel has one")
        if self.orders and (unknown := set(self.orders.desks) - self.desks.keys()):
            raise ValueError(f"orders.desks names {min(unknown)!r}, which is not a desk")
        if unknown := set(self.learning.desks) - self.desks.keys():
            raise ValueError(f"learning.desks names {min(unknown)!r}, which is not a desk")
        if unknown := set(self.triage.desks) - self.desks.keys():
            raise ValueError(f"triage.desks names {min(unknown)!r}, which is not a desk")
        return self

    @property
    def learning_desks(self) -> tuple[str, ...]:
        """Those that learn."""
        return (self.learning.desks or tuple(self.desks)) if self.learning.enabled else ()

    @property
    def triage_desks(self) -> tuple[str, ...]:
        """Those whose complaints are triaged."""
        return (self.triage.desks or tuple(self.desks)) if self.triage.enabled else ()

    @model_validator(mode="after")
    def _tells_outside(self) -> Self:
        names = [hook.name for hook in self.webhooks]
        if twice := {name for name in names if names.count(name) > 1 or name == "email"}:
            raise ValueError(f"webhooks: the name {min(twice)!r} is taken; each has one of its own")
        return self
