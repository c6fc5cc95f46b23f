"""JSON logs (structlog), one object a line on standard error, item id on every line.

Nothing from a mail but its item id, sizes and our own words may be logged at info level;
no secret is ever logged. On a terminal the same events are shown in colour.
"""

from __future__ import annotations

import logging
import sys

import structlog


class _StandardError:
    """Writes a line to whatever standard error is at that moment."""

    def msg(self, message: str) -> None:
        """One event, one write: lines of several processes do not mix."""
        sys.stderr.write(message + "\n")
        sys.stderr.flush()

    log = debug = info = warn = warning = error = critical = fatal = exception = msg


def configure(*, role: str, json_lines: bool | None = None, level: str = "info") -> None:
    """Set up logging of this process; `json_lines` defaults to "not a terminal"."""
    as_json = not sys.stderr.isatty() if json_lines is None else json_lines
    renderer: structlog.types.Processor = (
        structlog.processors.JSONRenderer(ensure_ascii=False)
        if as_json
        else structlog.dev.ConsoleRenderer()
    )
    number = logging.getLevelNamesMapping()[level.upper()]
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=lambda *_arguments: _StandardError(),
        cache_logger_on_first_use=True,
    )
    structlog.contextvars.bind_contextvars(role=role)
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr, format="%(message)s")
