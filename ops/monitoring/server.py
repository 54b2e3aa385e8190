"""/healthz, /readyz and /metrics, on a port of their own in both modes: nobody outside needs them."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiohttp import web
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from bot.settings import MonitoringSettings
from ops.monitoring.figures import Figures
from ops.monitoring.meter import Gauges, PrometheusMeter

log = logging.getLogger(__name__)
_TICK_S = 0.5


@asynccontextmanager
async def serve_monitoring(
    settings: MonitoringSettings, meter: PrometheusMeter, figures: Figures
) -> AsyncIterator[None]:
    """While the block runs, unless the port is 0. A port that is taken is logged: a desk that answers unwatched is
    better than one that does not answer."""
    if not settings.port:
        yield
        return
    runner = web.AppRunner(_application(meter, figures), access_log=None, shutdown_timeout=1)
    await runner.setup()
    lag = asyncio.create_task(_watch_lag(meter.now))
    try:
        try:
            await web.TCPSite(runner, settings.host, settings.port).start()
        except OSError as error:
            where = f"{settings.host}:{settings.port}"
            log.error("no health and no metrics: monitoring.port, %s can't be listened on (%s)", where, error.strerror)
        yield
    finally:
        lag.cancel()
        await runner.cleanup()


def _application(meter: PrometheusMeter, figures: Figures) -> web.Application:
    async def healthz(_: web.Request) -> web.Response:
        """Restart me when this is not 200. It is answered by the loop that answers questions: stuck, it is silent."""
        alive = figures.alive()
        return web.json_response({"alive": alive}, status=200 if alive else 503)

    async def readyz(_: web.Request) -> web.Response:
        """Whether questions can be answered, and which part is missing."""
        parts = await figures.parts()
        told = {"ready": parts.ready, **parts.told(writes=figures.writes)}
        return web.json_response(told, status=200 if parts.ready else 503)

    async def metrics(_: web.Request) -> web.Response:
        await figures.read_into(meter.now)
        return web.Response(body=generate_latest(meter.registry), headers={"Content-Type": CONTENT_TYPE_LATEST})

    application = web.Application()
    for handler in (healthz, readyz, metrics):
        application.router.add_get(f"/{handler.__name__}", handler)
    return application


async def _watch_lag(gauges: Gauges) -> None:
    loop = asyncio.get_running_loop()
    while True:
        due = loop.time() + _TICK_S
        await asyncio.sleep(_TICK_S)
        gauges.loop_lag.set(loop.time() - due)
