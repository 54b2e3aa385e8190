"""The `git` command on a bare clone of our own: no shell, no prompt, no hook, no helper protocol, and always an end."""

import base64
import fcntl
import os
import re
import shutil
import signal
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

from ingest.model import SourceError

_TIP = "refs/frontdesk/tip"
_SAFE = (
    *("-c", "protocol.allow=never"),
    *(part for name in ("https", "http", "ssh", "git", "file") for part in ("-c", f"protocol.{name}.allow=always")),
    *("-c", "core.hooksPath=/dev/null", "-c", "gc.autoDetach=false", "-c", "maintenance.autoDetach=false"),
    *("-c", "http.lowSpeedLimit=1000", "-c", "http.lowSpeedTime=60", "-c", "credential.interactive=false"),
)
_FIXED_VARIABLES = {
    "LC_ALL": "C",
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_ASKPASS": "true",
    "GCM_INTERACTIVE": "never",
    "GIT_SSH_COMMAND": "ssh -o BatchMode=yes",
    "GIT_NO_REPLACE_OBJECTS": "1",
}
_KEPT_VARIABLES = ("GIT_SSH", "GIT_SSH_COMMAND", "GIT_SSH_VARIANT", "GIT_SSL_CAINFO", "GIT_SSL_CAPATH")


def remote_address(value: str) -> str:
    """A setting's check: https, http, ssh or git, or user@host:path; nothing that git could take for an option."""
    if re.search(r"[\s\x00-\x1f]", value) or value.startswith("-"):
        raise ValueError("not the address of a repository")
    parts = urlsplit(value)
    if parts.scheme in ("http", "https", "ssh", "git") and "//" in value and parts.hostname:
        if parts.password is not None or (parts.username is not None and parts.scheme != "ssh"):
            raise ValueError("holds a user name or password; put a token into a file and name it with token_file")
        if parts.hostname.startswith("-") or (parts.username or "").startswith("-"):
            raise ValueError("not the address of a repository")
    elif not re.fullmatch(r"(?:\w[\w.-]*@)?\w[\w.-]*:(?!//|-)[^:]+", value):
        raise ValueError("not the address of a repository; for one on this machine use path")
    return value


class Clone:
    """One branch of `remote` with its whole history, so that the date of each file's last change is exact."""

    def __init__(self, path: Path, remote: str, token_file: Path | None, time_limit: float) -> None:
        self._path = path
        self._remote = remote
        self._token_file = token_file
        self._time_limit = time_limit
        self._lock: int | None = None
        self._reader: subprocess.Popen[bytes] | None = None

    @contextmanager
    def held(self) -> Iterator[None]:
        """The clone is ours alone, also after a crash that left a git running: that one still holds the lock."""
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            lock = os.open(self._path.with_suffix(".lock"), os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as error:
            raise SourceError(f"Its clone in {self._path.parent} can't be written ({error.strerror}).") from error
        try:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError as error:
                raise SourceError("Another process is fetching it right now; try again when it is done.") from error
            self._lock = lock
            yield
        finally:
            self._lock = None
            os.close(lock)

    def update(self, ref: str, commit: str) -> str:
        """Have this commit of the remote's ref, or a newer one; the commit. A rewritten history is followed."""
        if self._tip() != commit:
            self.run("init", "--quiet", "--bare", "--template=", "--", str(self._path), bare=False)
            options = ("--quiet", "--no-tags", "--no-write-fetch-head", "--no-recurse-submodules")
            self.run("fetch", *options, "--", self._remote, f"+{ref}:{_TIP}")
        return self._tip()

    def is_sound(self) -> bool:
        """Whether all that it should hold is there, and no lock of a git that was killed."""
        if not self._path.exists():
            return True
        if next(self._path.rglob("*.lock"), None) is not None:  # nobody else has the clone now
            return False
        try:
            self.run("fsck", "--connectivity-only", "--no-dangling", "--no-progress")
        except SourceError:
            return False
        return True

    def discard(self) -> None:
        self.close()
        shutil.rmtree(self._path, ignore_errors=True)

    def remote_tip(self, branch: str | None) -> tuple[str, str, str]:
        """(branch, ref, commit) as the remote has them now."""
        wanted = f"refs/heads/{branch}" if branch else "HEAD"
        said = self.run("ls-remote", "--symref", "--", self._remote, wanted, bare=False).decode(errors="replace")
        name, commit = branch or "HEAD", ""
        for line in said.splitlines():
            value, _, ref = line.partition("\t")
            if ref == wanted and value.startswith("ref: refs/heads/"):
                name = value.removeprefix("ref: refs/heads/")
            elif ref == wanted:
                commit = value
        if not commit:
            raise SourceError(f"It has no branch {branch}." if branch else "It is empty.")
        return name, wanted, commit

    def changes(self, commits: str, folder: str) -> dict[str, float]:
        """Path -> when the last of these commits changed it, in seconds since 1970."""
        arguments = ("log", "-c", "--name-only", "--no-renames", "-z", "--format=%x01%ct", commits, "--", folder or ".")
        dates = dict[str, float]()
        for part in self.run(*arguments).split(b"\x01")[1:]:
            when, *paths = part.decode(errors="replace").split("\0")
            for path in (path.removeprefix("\n") for path in paths if when.isdigit()):
                dates[path] = max(dates.get(path, 0.0), float(when))
        return dates

    def commit_date(self, commit: str) -> float:
        return float(self.run("show", "-s", "--format=%ct", commit).split()[-1])

    def is_ancestor(self, old: str, new: str) -> bool:
        return self.run("merge-base", old, new, check=False).decode().strip() == old

    def blob(self, oid: str, most: int) -> bytes:
        """Raises SourceError. One git serves all of a sync's reads."""
        reader = self._reader = self._reader or self._start("cat-file", "--batch")
        assert reader.stdin is not None
        assert reader.stdout is not None
        try:
            reader.stdin.write(oid.encode() + b"\n")
            reader.stdin.flush()
            header = reader.stdout.readline().split()
            if len(header) != 3:
                raise SourceError("It is not in the clone any more; the next sync fetches it again.")
            size = int(header[2])
            if size > most:
                raise SourceError(f"It is larger than {most // 2**20} MiB; split it.")
            data = reader.stdout.read(size + 1)
        except (OSError, ValueError) as error:
            self.close()
            raise SourceError(f"Git could not read it ({error}).") from error
        except SourceError:
            self.close()
            raise
        if len(data) != size + 1:
            self.close()
            raise SourceError("Git broke off while reading it.")
        return data[:-1]

    def close(self) -> None:
        reader, self._reader = self._reader, None
        if reader is not None:
            reader.kill()
            reader.communicate()

    def run(self, *arguments: str, check: bool = True, bare: bool = True) -> bytes:
        """What git prints. Raises SourceError with what it complains of, unless `check` is off."""
        process = self._start(*arguments, bare=bare)
        try:
            said, complaint = process.communicate(timeout=self._time_limit)
        except subprocess.TimeoutExpired as error:
            raise SourceError(f"`git {arguments[0]}` took longer than {self._time_limit:g} seconds.") from error
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)  # its transport helpers, too
                process.communicate()
        if process.returncode and check:
            raise SourceError(f"`git {arguments[0]}` failed ({self._readable(complaint)}).")
        return said

    def _start(self, *arguments: str, bare: bool = True) -> subprocess.Popen[bytes]:
        place = (f"--git-dir={self._path}",) if bare else ()
        reads = arguments[0] == "cat-file" and "--batch" in arguments
        try:
            return subprocess.Popen(  # noqa: S603 - no shell, and nothing that git could take for an option
                ["git", *place, *_SAFE, *arguments],  # noqa: S607 - the git of the machine
                stdin=subprocess.PIPE if reads else subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL if reads else subprocess.PIPE,
                env=self._environment(),
                start_new_session=True,
                cwd="/",  # else it would read the settings of a repository that we happen to be started in
                pass_fds=() if self._lock is None else (self._lock,),
            )
        except OSError as error:
            raise SourceError(f"git can't be started ({error.strerror}); install it.") from error

    def _environment(self) -> Mapping[str, str]:
        """Ours without what would point git elsewhere. A token is given here, where no list of processes shows it."""
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
        kept = {name: os.environ[name] for name in _KEPT_VARIABLES if name in os.environ}
        return {**inherited, **_FIXED_VARIABLES, **kept, **self._authorization()}

    def _authorization(self) -> Mapping[str, str]:
        if self._token_file is None:
            return {}
        try:
            token = self._token_file.read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            raise SourceError(f"token_file {self._token_file} can't be read.") from error
        basic = base64.b64encode(f"x-access-token:{token}".encode()).decode()
        parts = urlsplit(self._remote)
        return {
            "GIT_CONFIG_COUNT": "1",
            "GIT_CONFIG_KEY_0": f"http.{parts.scheme}://{parts.netloc}/.extraHeader",
            "GIT_CONFIG_VALUE_0": f"Authorization: Basic {basic}",
        }

    def _tip(self) -> str:
        if not self._path.exists():
            return ""
        return self.run("rev-parse", "--quiet", "--verify", f"{_TIP}^{{commit}}", check=False).decode().strip()

    def _readable(self, complaint: bytes) -> str:
        lines = [line.strip() for line in complaint.decode(errors="replace").splitlines() if line.strip()]
        told = next(
            (line for line in lines if line.startswith(("fatal:", "error:"))), lines[-1] if lines else "no reason"
        )
        return re.sub(r"//[^/@\s]*@", "//", told.removeprefix("fatal: ").removeprefix("error: "))[:300]
