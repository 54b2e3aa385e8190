"""Where people read a file of a repository: at its host, on its branch, at a line."""

import re
from urllib.parse import quote, urlsplit

# host -> (a file's address below the repository's, what leads to a line of its source)
_HOSTS = (
    ("github", "/blob/{branch}/{path}", "?plain=1#L{line}"),
    ("gitlab", "/-/blob/{branch}/{path}", "?plain=1#L{line}"),
    ("bitbucket", "/src/{branch}/{path}", "#lines-{line}"),
    ("codeberg", "/src/branch/{branch}/{path}", "?display=source#L{line}"),
    ("gitea", "/src/branch/{branch}/{path}", "?display=source#L{line}"),
    ("forgejo", "/src/branch/{branch}/{path}", "?display=source#L{line}"),
)
_SCP = re.compile(r"(?:[^@/\s]+@)?([^:/\s]+):(?!//)(.+)")


class Links:
    """`template` is the setting `link`; without it the host's own way, where the host is known; else the bare path."""

    def __init__(self, url: str | None, template: str | None) -> None:
        self._template, self.line_anchor = "", ""
        if template:
            at = template.find("#") if "{line}" in template else -1
            self._template = template if at < 0 else template[:at]
            self.line_anchor = "" if at < 0 else template[at:]
        elif (place := _web_place(url)) is not None:
            host = place.split("/")[2]
            for name, below, anchor in _HOSTS:
                if name in host:
                    self._template, self.line_anchor = place + below, anchor
                    break

    def to(self, branch: str, path: str) -> str:
        # The branch, not the commit: with each commit every document's link would be another.
        return self._template.replace("{branch}", quote(branch)).replace("{path}", quote(path)) or path


def _web_place(url: str | None) -> str | None:
    """The repository's page, from any form of its address; without user, port of ssh, and ".git"."""
    if url is None:
        return None
    parts = urlsplit(url)
    if parts.scheme in ("http", "https", "ssh", "git"):
        host = parts.hostname or ""
        if parts.scheme in ("http", "https") and parts.port:
            host = f"{host}:{parts.port}"
        path = parts.path
    elif scp := _SCP.fullmatch(url):
        host, path = scp[1], "/" + scp[2].lstrip("/")
    else:
        return None
    scheme = "http" if parts.scheme == "http" else "https"
    return f"{scheme}://{host}{path.rstrip('/').removesuffix('.git')}"
