"""Files that people share: what the app is told of one, and the address where it can be fetched."""

import mimetypes
import time
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import quote

from aiohttp import web

from ops.workspace.faults import Faults
from ops.workspace.methods import method
from ops.workspace.rules import Refused
from ops.workspace.state import Json, SharedFile, State
from ops.workspace.web_api import BOT_TOKEN, WebApi

SCOPE = "files:read"
DOWNLOAD = "files.download"  # as faults and the wire log name it
MOST_BYTES = 16 * 2**20
_LOGIN = "<!DOCTYPE html><html lang='en-US'><head><title>Slack</title></head><body>Sign in to ElectroMart</body></html>"
_SHOWN = ("image/png", "image/jpeg", "image/gif", "image/webp")


def share(state: State, user: str, name: str, content: bytes, base_url: str, **fields: Any) -> Json:
    """Keep a file of `user`, not yet in a message. `fields` replace what Slack would say of it, such as its mode."""
    identifier = state.number("F0")
    mimetype = fields.pop("mimetype", None) or mimetypes.guess_type(name)[0] or "application/octet-stream"
    private = f"{base_url}/files-pri/{state.team.id}-{identifier}"
    known = {
        "id": identifier,
        "created": int(state.clock()),
        "name": name,
        "title": name,
        "mimetype": mimetype,
        "filetype": PurePosixPath(name).suffix.lstrip(".").lower() or "binary",
        "user": user,
        "size": len(content),
        "mode": "hosted",
        "is_external": False,
        "is_public": True,
        "file_access": "visible",
        "url_private": f"{private}/{quote(name, safe='')}",
        "url_private_download": f"{private}/download/{quote(name, safe='')}",
    }
    state.files[identifier] = SharedFile(known | fields, content)
    return state.files[identifier].json


def file_of(state: State, identifier: str) -> SharedFile:
    try:
        return state.files[identifier]
    except KeyError:
        raise Refused("file_not_found", "files.exist", f"there is no file {identifier}") from None


@method("files.info", "file", "count page cursor limit", scope=SCOPE, tier=4)
def files_info(api: WebApi, given: Json) -> Json:
    return {"file": file_of(api.state, given["file"]).json | {"file_access": "visible"}, "comments": []}


def add_routes(application: web.Application, api: WebApi, faults: Faults) -> None:
    served = _Files(api, faults)
    application.router.add_get("/files-pri/{file}/{name}", served.download)
    application.router.add_get("/files-pri/{file}/download/{name}", served.download)
    application.router.add_get("/file/{file}", served.shown)


class _Files:
    def __init__(self, api: WebApi, faults: Faults) -> None:
        self._api, self._faults = api, faults

    async def download(self, request: web.Request) -> web.Response:
        """For the app, with its token. Like Slack it answers 200 with its login page to a token that may not."""
        began, identifier = time.perf_counter(), request.match_info["file"].partition("-")[2]
        fault = self._faults.next(DOWNLOAD, {})
        await self._faults.stand(DOWNLOAD, {}, after=False)
        allowed = request.headers.get("Authorization") == f"Bearer {BOT_TOKEN}" and SCOPE in self._api.scopes
        held = self._api.state.files.get(identifier)
        if fault:
            response = web.Response(status=fault.status or 500, headers=fault.headers)
        elif not allowed:
            response = web.Response(text=_LOGIN, content_type="text/html")
        elif held is None:
            response = web.Response(status=404)
        else:
            response = web.Response(body=held.content, headers=_as_download(held))
        self._log(identifier, response, allowed, began)
        return response

    async def shown(self, request: web.Request) -> web.Response:
        """For the page. Only pictures are shown by the browser; all else, which may hold a script, it saves."""
        held = self._api.state.files.get(request.match_info["file"])
        if held is None:
            raise web.HTTPNotFound
        if held.json["mimetype"] not in _SHOWN:
            return web.Response(body=held.content, headers=_as_download(held))
        headers = {"Content-Type": held.json["mimetype"], "X-Content-Type-Options": "nosniff"}
        return web.Response(body=held.content, headers=headers)

    def _log(self, identifier: str, response: web.Response, allowed: bool, began: float) -> None:
        ok = response.status == 200 and allowed
        self._api.state.log(
            direction="bot->slack",
            kind="file",
            name=DOWNLOAD,
            ok=ok,
            error=None if ok else "login_page" if response.status == 200 else f"status_{response.status}",
            rule=None if allowed else f"scopes.{SCOPE}",
            ms=round((time.perf_counter() - began) * 1000, 1),
            request={"file": identifier},
            response={"status": response.status, "type": response.content_type},
        )


def _as_download(held: SharedFile) -> dict[str, str]:
    return {
        "Content-Type": held.json["mimetype"],
        "Content-Disposition": f"attachment; filename*=UTF-8''{quote(held.json['name'], safe='')}",
        "X-Content-Type-Options": "nosniff",
    }
