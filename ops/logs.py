"""Logging for an operator: one line an event on stderr, no secrets (they are SecretStr and never formatted)."""

import logging


def log_to_stderr(*, verbose: bool) -> None:
    """Warnings only, or with `verbose` also what a service does."""
    logging.basicConfig(
        level=logging.INFO if verbose else logging.WARNING, format="%(asctime)s %(levelname)s %(name)s: %(message)s"
    )
    # One line a request of these is noise at this level, and their addresses can hold tokens.
    for noisy in ("httpx", "httpcore", "apscheduler", "slack_sdk", "alembic", "pdfminer", "aiosqlite"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
