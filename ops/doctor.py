"""`frontdesk doctor`: everything that can be checked before people rely on it, one line each."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

from bot.desk.errors import DeskError
from bot.engine.claude import check_model
from bot.orders import SqlOrders
from bot.outgoing_settings import secret_variable
from bot.prompting import PromptLibrary
from bot.slack.client import SlackClients
from bot.slack.connection import first_ticket, granted_scopes, who_we_are
from bot.store import open_store
from ingest.index import IndexUnavailable, make_reranker
from ingest.model import Source, SourceError
from ingest.schedule import utc_now
from ingest.source_settings import SourceSettings
from ingest.sources import Probing, make_source
from ops.checks import Check
from ops.config import Config
from ops.control import connect
from ops.knowledge import open_knowledge
from ops.operations import OperationError
from ops.reports import IndexReport
from ops.slack.manifest import compare_scopes, read_manifest
from ops.slack.on_call import check_on_call

MANIFEST = Path(__file__).parent / "slack" / "manifest.yaml"


def _ok(name: str, said: str) -> Check:
    return Check(name=name, verdict="ok", said=said)


def _failed(name: str, error: Exception | str) -> Check:
    return Check(name=name, verdict="failed", said=str(error))


def _warning(name: str, said: str) -> Check:
    return Check(name=name, verdict="warning", said=said)


async def examine(config: Config) -> list[Check]:
    """Every check, in the order in which they are best put right."""
    return [
        _ok("configuration", str(config.path)),
        *_prompts(config),
        *_sources(config),
        await _index(config),
        *[check async for check in _reranker(config)],
        *[check async for check in _database(config)],
        *[check async for check in _orders(config)],
        *_outgoing(config),
        await _model(config),
        *[check async for check in _slack(config)],
    ]


def _prompts(config: Config) -> Iterator[Check]:
    library = PromptLibrary(config.bot.prompt_dirs)
    for name, desk in config.bot.desks.items():
        try:
            ref = library.live(desk.prompt).ref
            yield _ok(f"prompt of {name}", f"{ref.name} {ref.version}")
        except DeskError as error:
            yield _failed(f"prompt of {name}", error)


def _sources(config: Config) -> Iterator[Check]:
    for name, settings in config.ingest.sources.items():
        try:
            yield _source(f"source {name}", make_source(name, settings, config.data_dir / "sources" / name), settings)
        except SourceError as error:
            yield _failed(f"source {name}", error)


def _source(check: str, source: Source, settings: SourceSettings) -> Check:
    if isinstance(source, Probing):
        return _ok(check, source.probe())
    listing = source.list()
    place = next((f" in {place}" for key in ("path", "url") if (place := getattr(settings, key, None))), "")
    said = f"{len(listing.items)} documents{place}"
    if listing.problems:
        return _warning(check, f"{said}; {listing.problems[0]}")
    if not listing.items:
        return _warning(check, f"{said}; it holds none of the formats that are read")
    return _ok(check, said)


async def _index(config: Config) -> Check:
    def report() -> IndexReport:
        with open_knowledge(config.ingest) as knowledge:
            knowledge.index.embedder.embed(["a question"])
            return knowledge.status()

    try:
        async with connect(config.data_dir) as remote:
            status = await remote.index_status() if remote else await asyncio.to_thread(report)
    except Exception as error:  # noqa: BLE001 - whatever it is, the other checks go on
        return _failed("index", error)
    said = f"{status.documents} documents, {status.chunks} chunks, {status.embedding_model}"
    if failed := sum(source.failed for source in status.sources):
        return _warning("index", f"{said}; {failed} could not be read, `frontdesk sync` says why")
    return _ok("index", said) if status.documents else _warning("index", f"{said}; fill it with `frontdesk sync`")


async def _reranker(config: Config) -> AsyncIterator[Check]:
    reranker = make_reranker(config.ingest.index)
    if reranker is None:
        return
    try:
        await asyncio.to_thread(reranker.load)
        yield _ok("reranker", str(config.ingest.index.reranker_dir))
    except IndexUnavailable as error:
        yield _failed("reranker", error)


async def _database(config: Config) -> AsyncIterator[Check]:
    try:
        store = await open_store(config.store_url, utc_now)
    except DeskError as error:
        yield _failed("database", error)
        return
    try:
        waiting, paused = await store.inbox.depth(), await store.settings.paused()
    except DeskError as error:
        yield _failed("database", error)
        return
    finally:
        await store.close()
    yield _kept(config, store.database.kind, waiting)
    for one in paused:
        by = f" by {one.by}" if one.by else ""
        since = f"{one.since:%Y-%m-%d %H:%M} UTC"
        yield _warning("answering", f"paused{by} at {since}; an admin resumes it in the bot's App Home")


def _kept(config: Config, kind: str, waiting: int) -> Check:
    name = {"sqlite": "SQLite", "postgresql": "Postgres"}[kind]
    said = f"{name}, {waiting} questions wait to be answered"
    if name == "Postgres" and config.ingest.index.qdrant_url is None:
        return _warning("database", f"{said}; several replicas need QDRANT_URL too, each has an index of its own now")
    return _ok("database", said)


async def _orders(config: Config) -> AsyncIterator[Check]:
    if config.bot.orders is None:
        return
    try:
        orders = SqlOrders(config.bot.orders)
    except DeskError as error:
        yield _failed("orders", error)
        return
    try:
        said = f"{await orders.count()} orders, numbered {', '.join(config.bot.orders.numbers)}"
        yield _ok("orders", said)
    except DeskError as error:
        yield _failed("orders", error)
    finally:
        await orders.close()


def _outgoing(config: Config) -> Iterator[Check]:
    """What can be known without telling anybody anything."""
    for hook in config.bot.webhooks:
        name, variable = f"webhook {hook.name}", secret_variable(hook.name)
        yield _ok(name, hook.url) if hook.secret else _failed(name, f"{variable} is not set: `serve` signs with it")
    if (email := config.bot.email) is None:
        return
    if email.username and email.password is None:
        yield _failed("email", f"SMTP_PASSWORD is not set, and {email.host} is to be told {email.username}'s")
    else:
        yield _ok("email", f"{email.sender} through {email.host}:{email.port}")


async def _model(config: Config) -> Check:
    if config.bot.model.api_key is None:
        return _warning("model", "ANTHROPIC_API_KEY is not set: the desk quotes the documents")
    try:
        return _ok("model", await check_model(config.bot.model))
    except DeskError as error:
        return _failed("model", error)


async def _slack(config: Config) -> AsyncIterator[Check]:
    slack = config.bot.slack
    if slack.lacking:
        yield _warning("slack", f"{slack.lacking} is not set: `serve` needs it, `try` does not")
        return
    clients = SlackClients(slack)
    await clients.open()
    try:
        me = await who_we_are(clients)
        if slack.mode == "socket":
            await first_ticket(clients)
        yield _ok("slack tokens", f"{me.user_id} in {me.team}")
        for check in compare_scopes(read_manifest(MANIFEST), await granted_scopes(clients)):
            yield check
        slas = {name: desk.sla for name, desk in config.bot.desks.items() if desk.sla}
        channels = {name: desk.escalation_channel or slack.admin_channel for name, desk in config.bot.desks.items()}
        async for check in check_on_call(slas, channels, clients):
            yield check
    except (DeskError, OperationError) as error:
        yield _failed("slack tokens", error)
    finally:
        await clients.close()
