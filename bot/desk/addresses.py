"""The links, hosts and e-mail addresses of a sentence, and whether a cited source has them (rule 4). Pure."""

import re
from collections.abc import Sequence

from bot.desk.model import Passage
from bot.desk.words import flat

LINK = re.compile(r"(?:[a-z][a-z0-9+.-]*://|www\.|mailto:|tel:)[^\s<>|)\]\"'`]+", re.IGNORECASE)
_LINK_TARGET = re.compile(r"\]\(\s*<?([^)\s>]+)|^\s*\[[^\]]+\]:\s*(\S+)|<([^>|\s]+)\|")  # in Markdown, and in mrkdwn
_NAME = r"(?:[\w-]+\.)+[^\W\d_]{2,}|\d{1,3}(?:\.\d{1,3}){3}"
_HOST = re.compile(rf"(?<![\w@./`-])(?:{_NAME})(?![\w@`-])(?!\.\w)", re.IGNORECASE)
_HOSTS_OF_A_SOURCE = re.compile(_NAME, re.IGNORECASE)  # also those of its links and e-mail addresses
_EMAIL = re.compile(r"[\w.+-]+@(?:[\w-]+\.)+[a-z]{2,}", re.IGNORECASE)
_FILE = re.compile(r"\.(?:md|py|[jt]s|sh|ya?ml|json|toml|pdf|csv|txt|docx|html?|png|zip|log|ini|cfg)$", re.IGNORECASE)
_CODE = re.compile(r"`[^`]+`")


def foreign_links(text: str, cited: Sequence[Passage]) -> list[str]:
    allowed = {_address(passage.url) for passage in cited}
    prose = _CODE.sub(lambda code: " " if _is_of_a_source(code[0], cited) else code[0], text)
    targets = [url for match in _LINK_TARGET.finditer(prose) for url in match.groups() if url]
    return [url for url in dict.fromkeys([*LINK.findall(prose), *targets]) if _address(url) not in allowed]


def _is_of_a_source(code: str, cited: Sequence[Passage]) -> bool:
    """Code is no link: a command that a cited page gives may call that page's own site."""
    wanted = flat(code.strip("`"))
    sites = {_site(url) for url in LINK.findall(code)}
    return any(wanted in flat(passage.text) and sites <= {_site(passage.url)} for passage in cited)


def _site(url: str) -> str:
    return ".".join(url.split("://")[-1].split("/")[0].split("@")[-1].split(":")[0].lower().split(".")[-2:])


def foreign_names(text: str, sources: Sequence[str]) -> list[str]:
    """E-mail addresses and domains that no cited source names. A file's name is no domain."""
    whole = " ".join(sources).lower()
    hosts_of_sources = _HOSTS_OF_A_SOURCE.findall(whole)
    known = {*hosts_of_sources, *(host.removeprefix("www.") for host in hosts_of_sources), *_EMAIL.findall(whole)}
    prose = LINK.sub(" ", text)
    found = _HOST.finditer(prose)
    hosts = [host[0] for host in found if not _FILE.search(host[0]) or prose.startswith("/", host.end())]
    return [name for name in dict.fromkeys([*_EMAIL.findall(prose), *hosts]) if name.lower() not in known]


def _address(url: str) -> str:
    return url.rstrip(".,;:!?*_").split("#")[0].rstrip("/").lower()


def without_bare_hosts(text: str, cited: Sequence[Passage]) -> str:
    """Slack makes a link of any domain it sees. A code span stays text."""
    if "```" in text:
        return text
    links = " ".join([*LINK.findall(text), *(passage.url for passage in cited)])
    linked = frozenset(_HOSTS_OF_A_SOURCE.findall(links.lower()))

    def coded(match: re.Match[str]) -> str:
        return match[0] if match[0][0] == "`" or match[0].lower() in linked else f"`{match[0]}`"

    return re.sub(f"{_CODE.pattern}|{_HOST.pattern}", coded, text, flags=re.IGNORECASE)
