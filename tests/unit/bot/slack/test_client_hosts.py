"""Where the bot's token may go."""

import pytest
from yarl import URL

from bot.settings import SlackSettings
from bot.slack.client import SlackClients

SLACK, LOCAL = "https://slack.com/api/", "http://127.0.0.1:4567/api/"


@pytest.mark.parametrize(
    ("api", "url", "may"),
    [
        (SLACK, "https://files.slack.com/files-pri/T1-F1/download/a.txt", True),
        (SLACK, "https://slack.com/files-pri/T1-F1/a.txt", True),
        (SLACK, "https://acme.enterprise.slack.com/files-pri/T1-F1/a.txt", True),
        (SLACK, "http://files.slack.com/a.txt", False),
        (SLACK, "https://files.slack.com:8443/a.txt", False),
        (SLACK, "https://evilslack.com/a.txt", False),
        (SLACK, "https://slack.com.evil.example/a.txt", False),
        (SLACK, "https://files.slack.com@evil.example/a.txt", False),
        (SLACK, "https://evil.example/files.slack.com", False),
        (SLACK, "file:///etc/passwd", False),
        (SLACK, "/etc/passwd", False),
        (LOCAL, "http://127.0.0.1:4567/files-pri/T1-F1/a.txt", True),
        (LOCAL, "http://127.0.0.1:4568/files-pri/T1-F1/a.txt", False),
        (LOCAL, "https://files.slack.com/a.txt", False),
    ],
)
def test_the_token_goes_to_slacks_hosts_only(api: str, url: str, may: bool) -> None:
    assert SlackClients(SlackSettings(api_url=api)).is_slacks(URL(url)) is may
