"""frontdesk.toml and the environment: what is read, and the one line that a mistake gives."""

import re
from pathlib import Path

import pytest

from ops.config import ConfigError, find_config, load_config
from ops.init import write_project

MINIMAL = """
[desks.support]
prompt = "electromart"
[sources.docs]
kind = "folder"
path = "docs"
"""
TOKENS = (
    "SLACK_BOT_TOKEN",
    "SLACK_APP_TOKEN",
    "ANTHROPIC_API_KEY",
    "QDRANT_URL",
    "DATABASE_URL",
    "ORDERS_URL",
    "SLACK_API_URL",
)


@pytest.fixture(autouse=True)
def _no_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in TOKENS:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(f"{name}_FILE", raising=False)


def write(folder: Path, text: str) -> Path:
    path = folder / "frontdesk.toml"
    path.write_text(text)
    return path


def test_five_lines_are_a_whole_configuration(tmp_path: Path) -> None:
    config = load_config(write(tmp_path, MINIMAL))
    assert config.ingest.sources["docs"].path == tmp_path / "docs"
    assert config.data_dir == tmp_path / ".frontdesk"
    assert config.bot.prompt_dirs[0] == tmp_path / "prompts"
    assert config.bot.desks["support"].prompt == "electromart"


def test_variables_are_read_directly_and_from_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "token").write_text("xapp-1-secret\n")
    monkeypatch.setenv("SLACK_BOT_TOKEN", "xoxb-1-secret")
    monkeypatch.setenv("SLACK_APP_TOKEN_FILE", str(tmp_path / "token"))
    monkeypatch.setenv("SLACK_API_URL", "http://127.0.0.1:1/api")
    slack = load_config(write(tmp_path, MINIMAL)).bot.slack
    assert slack.bot_token is not None
    assert slack.app_token is not None
    assert (slack.bot_token.get_secret_value(), slack.app_token.get_secret_value()) == (
        "xoxb-1-secret",
        "xapp-1-secret",
    )
    assert slack.api_url == "http://127.0.0.1:1/api/"
    assert "1-secret" not in repr(slack)


def test_nothing_can_be_changed_after_the_start(tmp_path: Path) -> None:
    config = load_config(write(tmp_path, MINIMAL))
    with pytest.raises(Exception, match="frozen"):
        config.bot.slack.api_url = "http://elsewhere/"  # type: ignore[misc]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("[desks.a]\n[sources.docs]\nkind='folder'\npath='d'", 'desks.a.prompt: is missing; example: prompt = "electromart"'),
        ("[desks.a]\nprompt='x'", "no source is configured; add [sources.docs]"),
        ("[sources.docs]\nkind='folder'\npath='d'", "no desk is configured; add [desks.support]"),
        (MINIMAL + "schedule='hourly'", 'sources.docs.schedule: neither an interval nor a cron expression'),
        (MINIMAL + "schedule='61 * * * *'", 'sources.docs.schedule: neither an interval nor a cron expression'),
        (MINIMAL + "shrink_limit=30", "sources.docs.shrink_limit: Input should be less than or equal to 1; example: shrink_limit = 0.3"),
        (MINIMAL + "kind2='x'", "sources.docs.kind2 is not a setting; did you mean kind?"),
        (MINIMAL.replace("prompt", "promt"), "desks.support.promt is not a setting; did you mean prompt?"),
        ("desk='a'" + MINIMAL, "desk is not a setting; did you mean desks?"),
        (MINIMAL + "[slack]\nbot_token='xoxb-1'", "slack.bot_token belongs in the environment, as SLACK_BOT_TOKEN"),
        (MINIMAL + "[slack]\nadmins=['#ops']", "slack.admins.0: String should match pattern"),
        (MINIMAL.replace("electromart\"", "x\"\nsources=['docz']"), "desks.support.sources names 'docz', which is not a source; known: docs"),
        (MINIMAL.replace("folder", "ftp"), "sources.docs.kind: not a kind of source; known: 'folder', 'git', 'website', 'feed', 'resolved'; example: kind = \"folder\""),
        (MINIMAL + "audience = 'staff'", "sources.docs.audience: 'staff' is no audience; it is one or several of \"public\", \"everyone\", \"members\", "),
        (MINIMAL.replace('kind = "folder"', ""), 'sources.docs.kind: is missing; example: kind = "folder"'),
        (MINIMAL.replace('path = "docs"', ""), 'sources.docs.path: is missing; example: path = "docs"'),
        (MINIMAL.replace("docs]", "git]").replace("folder", "git") + "brunch='x'", "sources.git.brunch is not a setting; did you mean branch?"),
        (MINIMAL.replace("folder", "git") + "url='https://x.example/r'", "sources.docs: needs either url or path"),
        (MINIMAL.replace("folder", "feed") + "format='xml'", "sources.docs.format: Input should be 'csv', 'tsv', 'json' or 'jsonl'; example: format = \"csv\""),
        (MINIMAL.replace("folder", "website").replace("path", "url"), 'sources.docs.url: not an address that begins with http:// or https://; example: url = "https://docs.example.com/"'),
        (MINIMAL.replace("folder", "website").replace('path = "docs"', "url = 'https://me:secret@x.example/'"), "sources.docs.url: holds a user name or password"),
        (MINIMAL + "[desks.support.hours]\nmon = '09:00-17:00'", 'desks.support.hours.zone: is missing; example: zone = "Europe/Berlin"'),
        (MINIMAL + "[desks.support.hours]\nzone = 'UTC'\nmon = '9 to 5'", 'desks.support.hours.mon: not times of one day in their order, such as 09:00-12:30, 13:15-17:30; example: mon = "09:00-17:30"'),
        (MINIMAL + "[desks.support.hours]\nzone = 'UTC'\nholidays_of = 'DE'", "desks.support.hours: the desk is never open; say when it is, such as mon ="),
        (MINIMAL + "[desks.support.sla]\nfirst_response = { 3 = 'soon' }", "desks.support.sla.first_response.3: Input should be a valid timedelta"),
        (MINIMAL + "[desks.support.sla]\nfirst_respons = { 3 = '2h' }", "desks.support.sla.first_respons is not a setting; did you mean first_response?"),
        ("[desks", "is not valid TOML"),
        ("desks = 3", "desks: Input should be a valid dictionary"),
    ],
)  # fmt: skip
def test_a_mistake_is_one_line_that_names_the_setting(tmp_path: Path, text: str, expected: str) -> None:
    with pytest.raises(ConfigError) as error:
        load_config(write(tmp_path, text))
    assert expected in str(error.value)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("SLACK_BOT_TOKEN", "xapp-secret", "SLACK_BOT_TOKEN: not a token of this kind, which begins with xoxb-"),
        ("SLACK_API_URL", "slack.com", "SLACK_API_URL: String should match pattern"),
        ("QDRANT_URL", "localhost", "QDRANT_URL: String should match pattern"),
        ("ANTHROPIC_API_KEY_FILE", "/nowhere/at/all", "ANTHROPIC_API_KEY_FILE: /nowhere/at/all can't be read"),
    ],
)
def test_a_wrong_variable_is_named_and_its_value_kept_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, value: str, expected: str
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(ConfigError) as error:
        load_config(write(tmp_path, MINIMAL))
    assert expected in str(error.value)
    assert "xapp-secret" not in str(error.value)


def test_the_file_is_found_or_asked_for(tmp_path: Path) -> None:
    """The given one, the folder's own, the demo's inside the repository, or one line that says how to get one."""
    with pytest.raises(ConfigError, match="frontdesk init"):
        find_config(None, tmp_path)
    demo = tmp_path / "ops/demo/electromart/frontdesk.toml"
    demo.parent.mkdir(parents=True)
    demo.touch()
    assert find_config(None, tmp_path) == demo
    assert find_config(None, tmp_path / "ops/demo/electromart") == demo
    assert find_config(tmp_path / "other.toml", tmp_path) == tmp_path / "other.toml"
    with pytest.raises(ConfigError, match="does not exist"):
        load_config(tmp_path / "other.toml")


def test_the_kinds_that_init_comments_on_can_be_switched_on(tmp_path: Path) -> None:
    list(write_project(tmp_path, "docs", "2026-03-01"))
    path = tmp_path / "frontdesk.toml"
    before, kinds, after = re.split(r"(?=# \[sources\.handbook\])|(?=\[slack\])", path.read_text())
    path.write_text(before + re.sub(r"(?m)^# ", "", kinds) + after)
    sources = load_config(path).ingest.sources
    assert [source.kind for source in sources.values()] == ["folder", "git", "website", "feed"]
    assert sources["handbook"].token_file == tmp_path / "git-token"  # type: ignore[union-attr]


ORDERS = """
[orders]
url = "orders.sqlite"
numbers = ["EM-######"]
number = "nr"
status = "state"
email = "mail"
"""


def test_a_path_to_orders_is_relative_to_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also the one from the environment; the address is a secret there."""
    orders = load_config(write(tmp_path, MINIMAL + ORDERS)).bot.orders
    assert orders is not None
    assert orders.url.get_secret_value() == f"sqlite:///{tmp_path}/orders.sqlite"
    monkeypatch.setenv("ORDERS_URL", "postgresql://shop:s3cret@db/shop")
    orders = load_config(write(tmp_path, MINIMAL + ORDERS.replace('url = "orders.sqlite"', ""))).bot.orders
    assert orders is not None
    assert orders.url.get_secret_value() == "postgresql://shop:s3cret@db/shop"
    assert "s3cret" not in repr(orders)


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ('"orders.sqlite"', '"postgresql://u:pass@db/x"', "orders.url holds a password; it belongs in the environment, as ORDERS_URL"),
        ('email = "mail"', "", "set either email, the orders' column with the customer's address, or [orders.customers]"),
        ('email = "mail"', '[orders.customers]\nid = "id"', 'orders.customers.table: is missing; example: table = "customers"'),
        ('email = "mail"', 'email = "mail"\n[orders.items]\ntable = "i"\norder = "o"', "items need a name or a sku"),
        ('"EM-######"', '"EM-%d"', 'orders.numbers.0: String should match pattern'),
        ('status = "state"', "", 'orders.status: is missing; example: status = "status"'),
        ('email = "mail"', 'email = "mail"\ncarier = "c"', "orders.carier is not a setting; did you mean carrier?"),
        ('email = "mail"', 'email = "mail"\ndesks = ["sales"]', "orders.desks names 'sales', which is not a desk"),
    ],
)  # fmt: skip
def test_a_mistake_in_orders_says_which_setting(tmp_path: Path, old: str, new: str, expected: str) -> None:
    with pytest.raises(ConfigError) as raised:
        load_config(write(tmp_path, MINIMAL + ORDERS.replace(old, new)))
    assert expected in str(raised.value)
    assert "pass@" not in str(raised.value)
