"""Reads frontdesk.toml and, by ops.environment, the environment into the two frozen settings models; the only reader of
either.

Every mistake is one ConfigError line: which setting, what is wrong, an example.
"""

import difflib
import json
import re
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar, get_args, get_origin

from pydantic import BaseModel, SecretStr, ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

import prompts
from bot.desk.human_path import Move
from bot.outgoing_settings import secret_variable
from bot.settings import BotSettings
from ingest.settings import IngestSettings
from ops.environment import ConfigError, Environment, apply_webhook_secrets
from ops.learnt_sources import add_learnt_sources

__all__ = ["DEMO", "FILE_NAME", "PACKAGE_PROMPTS", "Config", "ConfigError", "find_config", "load_config"]

Model = TypeVar("Model", bound=BaseModel)
FILE_NAME = "frontdesk.toml"
PACKAGE_PROMPTS = Path(next(iter(prompts.__path__)))
DEMO = Path("ops/demo/electromart") / FILE_NAME


# Where each variable goes: (section of the file, its field there). Secrets have no place in the file.
_PLACES = {
    "slack_bot_token": ("slack", "bot_token"),
    "slack_app_token": ("slack", "app_token"),
    "slack_signing_secret": ("slack", "signing_secret"),
    "slack_api_url": ("slack", "api_url"),
    "anthropic_api_key": ("model", "api_key"),
    "anthropic_base_url": ("model", "base_url"),
    "qdrant_url": ("index", "qdrant_url"),
    "qdrant_api_key": ("index", "qdrant_api_key"),
    "database_url": (None, "database_url"),
    "orders_url": ("orders", "url"),
    "smtp_password": ("email", "password"),
}
_BOT = frozenset(
    {
        "desks",
        "slack",
        "monitoring",
        "model",
        "answering",
        "limits",
        "learning",
        "triage",
        "gaps",
        "orders",
        "webhooks",
        "email",
        "database_url",
        "retention_days",
    }
)
_INGEST = frozenset({"sources", "index", "database_url"})


@dataclass(frozen=True, slots=True)
class Config:
    """The whole configuration. `path` is the file it came from."""

    path: Path
    bot: BotSettings
    ingest: IngestSettings

    @property
    def data_dir(self) -> Path:
        return self.bot.data_dir

    @property
    def store_url(self) -> str:
        """Where questions and answers are kept, as SQLAlchemy's URL. Holds a password where DATABASE_URL does."""
        url = self.bot.database_url
        return url.get_secret_value() if url else f"sqlite:///{self.data_dir / 'frontdesk.sqlite3'}"


def find_config(given: Path | None, folder: Path) -> Path:
    """The file to use: the given one, ./frontdesk.toml, or in Frontdesk's own repository the demo's."""
    if given is not None:
        return given
    for candidate in (folder / FILE_NAME, folder / DEMO):
        if candidate.is_file():
            return candidate
    raise ConfigError(f"no {FILE_NAME} here; write one with `frontdesk init`, or name one with --config FILE")


def load_config(path: Path) -> Config:
    """Read and check the file and the environment. Raises ConfigError."""
    try:
        raw = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise ConfigError(f"{path} does not exist; write one with `frontdesk init`") from error
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path} can't be read ({error})") from error
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{path} is not valid TOML: {error}") from error
    try:
        add_learnt_sources(raw)
    except ValueError as error:
        raise ConfigError(f"{path.name}: {error}") from error
    known = _BOT | _INGEST | {"data_dir"}
    for key in raw:
        if key not in known or key == "database_url":
            raise ConfigError(f"{path.name}: {key} is not a setting{_nearest(key, known)}")
    folder = path.resolve().parent
    _refuse_secrets(raw, path)
    _apply_environment(raw)
    _resolve_paths(raw, folder)
    bot = {key: raw[key] for key in _BOT & raw.keys()} | {
        "data_dir": raw["data_dir"],
        "prompt_dirs": (folder / "prompts", PACKAGE_PROMPTS),
    }
    ingest = {key: raw[key] for key in _INGEST & raw.keys()} | {"data_dir": raw["data_dir"]}
    config = Config(path, _validated(BotSettings, bot, path), _validated(IngestSettings, ingest, path))
    _check_references(config)
    return config


def _resolve_paths(raw: dict[str, Any], folder: Path) -> None:
    """Relative paths are relative to the file, wherever the command is run."""

    def absolute(table: Any, key: str) -> None:
        if isinstance(table, dict) and isinstance(table.get(key), str):
            table[key] = folder / Path(table[key]).expanduser()

    raw.setdefault("data_dir", ".frontdesk")
    absolute(raw, "data_dir")
    absolute(raw.get("index"), "model_dir")
    absolute(raw.get("index"), "reranker_dir")
    absolute(raw.get("triage"), "layers")
    _resolve_orders(raw.get("orders"), folder)
    sources = raw.get("sources")
    for source in sources.values() if isinstance(sources, dict) else ():
        absolute(source, "path")
        absolute(source, "token_file")


def _resolve_orders(table: Any, folder: Path) -> None:
    """A path to an SQLite file becomes its URL."""
    url = table.get("url") if isinstance(table, dict) else None
    text = url.get_secret_value() if isinstance(url, SecretStr) else url
    if isinstance(text, str) and "://" not in text:
        table["url"] = f"sqlite:///{folder / Path(text).expanduser()}"


def _refuse_secrets(raw: Mapping[str, Any], path: Path) -> None:
    for variable, (section, name) in _PLACES.items():
        table = raw.get(section) if section else raw
        if isinstance(table, dict) and name in table and name not in ("api_url", "base_url", "qdrant_url", "url"):
            raise ConfigError(f"{path.name}: {section}.{name} belongs in the environment, as {variable.upper()}")
    hooks = raw.get("webhooks")
    for hook in hooks if isinstance(hooks, list) else ():
        if isinstance(hook, dict) and "secret" in hook:
            variable = secret_variable(str(hook.get("name")))
            raise ConfigError(f"{path.name}: webhooks.secret belongs in the environment, as {variable}")
    orders = raw.get("orders")
    if isinstance(orders, dict) and re.match(r"[^/]*://[^/@]*:[^/@]+@", str(orders.get("url"))):
        raise ConfigError(f"{path.name}: orders.url holds a password; it belongs in the environment, as ORDERS_URL")


def _apply_environment(raw: dict[str, Any]) -> None:
    for variable, value in Environment().model_dump(exclude_none=True).items():
        section, name = _PLACES[variable]
        if section == "email" and section not in raw:
            continue  # SMTP_PASSWORD is a name that others use too
        table = raw.setdefault(section, {}) if section else raw
        if isinstance(table, dict):
            table[name] = value
    hooks = raw.get("webhooks")
    apply_webhook_secrets([hook for hook in hooks if isinstance(hook, dict)] if isinstance(hooks, list) else [])


def _validated(model: type[Model], values: Mapping[str, Any], path: Path) -> Model:
    try:
        return model.model_validate(values)
    except ValidationError as error:
        errors = error.errors(include_url=False, include_input=False)
        # A misspelt name first: what it was meant to set is then missing too.
        raise ConfigError(
            _sentence(model, min(errors, key=lambda one: one["type"] != "extra_forbidden"), path)
        ) from None


def _sentence(model: type[BaseModel], error: ErrorDetails, path: Path) -> str:
    """One line: the setting, what is wrong, an example. The rejected value is left out: it may be a secret."""
    kind, wrong = error["type"], error["msg"].removeprefix("Value error, ")
    loc = [str(part) for part in error["loc"]] + (["kind"] if kind.startswith("union_tag_") else [])
    place, parent, field = _located(model, loc)
    variable = next((name for name, (section, name_there) in _PLACES.items() if place == [section, name_there]), None)
    setting = variable.upper() if variable else f"{path.name}: {'.'.join(place)}" if place else path.name
    if kind == "extra_forbidden":
        return f"{path.name}: {'.'.join(place)} is not a setting{_nearest(place[-1], list(parent.model_fields))}"
    if kind == "union_tag_invalid":
        wrong = f"not a kind of source; known: {error['ctx']['expected_tags']}"
    elif kind in ("missing", "union_tag_not_found"):
        wrong = "is missing"
    example = f"; example: {place[-1]} = {json.dumps(field.examples[0])}" if field and field.examples else ""
    return f"{setting}: {wrong}{example}"


def _located(model: type[BaseModel], loc: Sequence[str]) -> tuple[list[str], type[BaseModel], FieldInfo | None]:
    """An error's place as it stands in the file, with the model and the field there. In a table of tables a name comes
    first, then, where there are several kinds of table, the kind, which is no part of the place."""
    place, parts = list[str](), list(loc)
    field: FieldInfo | None = None
    while parts:
        part = parts.pop(0)
        place.append(part)
        if (found := model.model_fields.get(part)) is None:
            continue
        field, models = found, _models(found.annotation)
        if models and get_origin(found.annotation) is dict and parts:
            place.append(parts.pop(0))
        kinds = {str(kind): each for each in models for kind in get_args(_annotation(each, "kind"))}
        if len(models) > 1 and parts:
            model = kinds.get(parts[0], models[0])
            field = model.model_fields[parts[0]] if parts[0] not in kinds else None
            place += parts[:1] if parts[0] not in kinds else []
            parts.pop(0)
        elif models:
            model, field = models[0], None
    return place, model, field


def _models(annotation: Any) -> list[type[BaseModel]]:
    """The models that a field's type is made of."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [model for inner in get_args(annotation) for model in _models(inner)]


def _annotation(model: type[BaseModel], name: str) -> Any:
    return field.annotation if (field := model.model_fields.get(name)) else None


def _check_references(config: Config) -> None:
    for name, desk in config.bot.desks.items():
        for source in desk.sources:
            if source not in config.ingest.sources:
                known = ", ".join(config.ingest.sources)
                raise ConfigError(
                    f"{config.path.name}: desks.{name}.sources names {source!r}, which is not a source; known: {known}"
                )
    _check_outgoing(config)


def _check_outgoing(config: Config) -> None:
    """What webhooks and e-mail say of desks and of events."""
    known, moves = sorted(config.bot.desks), [move.value for move in Move]
    named: list[tuple[str, Iterable[str], Sequence[str]]] = []
    for number, hook in enumerate(config.bot.webhooks):
        named += [(f"webhooks.{number}.desks", hook.desks, known), (f"webhooks.{number}.events", hook.events, moves)]
    if email := config.bot.email:
        named += [("email.to", email.to if isinstance(email.to, dict) else (), known)]
        named += [("email.events", email.events, moves)]
    for setting, words, real in named:
        for word in words:
            if word not in real:
                what = "an event" if setting.endswith("events") else "a desk"
                wrong = f"{setting} names {word!r}, which is not {what}{_nearest(word, real)}"
                raise ConfigError(f"{config.path.name}: {wrong}")


def _nearest(word: str, known: Sequence[str] | frozenset[str]) -> str:
    match = difflib.get_close_matches(word, sorted(known), n=1)
    return f"; did you mean {match[0]}?" if match else f"; known: {', '.join(sorted(known))}"
