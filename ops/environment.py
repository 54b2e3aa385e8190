"""The variables of the environment, and nothing else of it (ops/decisions/0003-the-environment-is-read-in-ops.md)."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pydantic import SecretStr, create_model
from pydantic_settings import BaseSettings, EnvSettingsSource, PydanticBaseSettingsSource, SettingsConfigDict

from bot.outgoing_settings import secret_variable


class ConfigError(Exception):
    """The configuration can't be used. One line for people; nothing was started or changed."""


class _FileOrValue(EnvSettingsSource):
    """NAME from the environment, or the stripped content of the file that NAME_FILE names."""

    def __call__(self) -> dict[str, Any]:
        values = super().__call__()
        for name in self.settings_cls.model_fields:
            path = self.env_vars.get(f"{name}_file")
            if path is None:
                continue
            if name in values:
                raise ConfigError(f"{name.upper()} and {name.upper()}_FILE are both set; keep one")
            try:
                values[name] = Path(path).read_text(encoding="utf-8").strip()
            except (OSError, UnicodeDecodeError) as error:
                raise ConfigError(f"{name.upper()}_FILE: {path} can't be read ({error})") from error
        return values


class Variables(BaseSettings):
    """Variables of the environment; each also as NAME_FILE. An empty one counts as not set."""

    model_config = SettingsConfigDict(frozen=True, extra="ignore", env_ignore_empty=True)

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        return (_FileOrValue(settings_cls),)


class Environment(Variables):
    """Those that Frontdesk reads, beside the webhooks' secrets."""

    slack_bot_token: SecretStr | None = None
    slack_app_token: SecretStr | None = None
    slack_signing_secret: SecretStr | None = None
    slack_api_url: str | None = None
    anthropic_api_key: SecretStr | None = None
    anthropic_base_url: str | None = None
    qdrant_url: str | None = None
    qdrant_api_key: SecretStr | None = None
    database_url: SecretStr | None = None
    orders_url: SecretStr | None = None
    smtp_password: SecretStr | None = None


def apply_webhook_secrets(hooks: Sequence[dict[str, Any]]) -> None:
    """Into the webhooks' tables: a variable a webhook, named after it. Raises ConfigError."""
    names = {secret_variable(str(hook.get("name"))).lower(): hook for hook in hooks}
    fields: dict[str, Any] = dict.fromkeys(names, (SecretStr | None, None))
    found = create_model("WebhookSecrets", __base__=Variables, **fields)()
    for name, value in found.model_dump(exclude_none=True).items():
        names[name]["secret"] = value
