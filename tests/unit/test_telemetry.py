"""Log lines tell what happened, on one line and in characters that print, and never a secret."""

from __future__ import annotations

import io
import json
import logging
import re
import sys
from collections.abc import Callable, Iterator
from contextlib import redirect_stderr
from typing import Any

import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st

from aigcq import telemetry
from aigcq.config import Settings

FORMATS = ["console", "json"]
HOSTILE = (
    "x\n12:00:00 settled task=t-2",
    "x\r12:00:00 settled",
    "\x1b[31mred",
    "\x9b31m",
    "\x07",
    "\x7f",
    "\u202etxt.exe",
    "\u2028",
    "\u2066\u200b",
    "\ud800",
    "\U000e0001",
    '"}\n{"event":"forged"}',
)
TEXT = st.text(st.characters()) | st.sampled_from(HOSTILE)
WORD = re.compile(r"[ -~]|\\u[0-9a-f]{4}")


@pytest.fixture(autouse=True)
def _as_it_was() -> Iterator[None]:
    loggers = [logging.getLogger(), *map(logging.getLogger, telemetry.SERVER)]
    before = [(each, each.handlers[:], each.propagate) for each in loggers]
    hook = sys.excepthook
    yield
    for each, handlers, propagate in before:
        each.handlers, each.propagate = handlers, propagate
    sys.excepthook = hook
    structlog.reset_defaults()


def said(log_format: str, tell: Callable[[Any], object]) -> str:
    """Return what a process with this format writes when `tell` is called with its logger."""
    written = io.StringIO()
    with redirect_stderr(written):
        telemetry.configure(Settings(log_format=log_format), "worker")
        tell(telemetry.logger())
    return written.getvalue()


def is_one_line(text: str) -> bool:
    return text.endswith("\n") and text[:-1].isprintable()


def _stumble(why: str) -> None:
    secret_key = "hush-hush"
    raise ValueError(f"{why} {len(secret_key)}")


def _stumbling(why: str) -> Callable[[Any], None]:
    def tell(log: Any) -> None:
        try:
            _stumble(why)
        except ValueError:
            log.exception("internal error", task="t-1")

    return tell


@pytest.mark.parametrize("log_format", FORMATS)
def test_a_traceback_shows_no_variables(log_format: str) -> None:
    text = said(log_format, _stumbling("letters:"))

    assert "_stumble" in text
    assert "letters: 9" in text
    assert "hush-hush" not in text


@pytest.mark.parametrize("log_format", FORMATS)
@given(event=TEXT, value=TEXT, nested=st.lists(TEXT, max_size=2))
def test_whatever_is_logged_is_one_line_that_prints(log_format: str, event: str, value: str, nested: list[str]) -> None:
    text = said(log_format, lambda log: log.info(event, why=value, each=nested, path={"of": value}))

    assert is_one_line(text), ascii(text)


LEVELS = st.sampled_from(["debug", "info", "warning", "error", "exception"])
VALUES = TEXT | st.none() | st.integers() | st.lists(TEXT, max_size=1)
NAMES = st.sampled_from(["task", "model", "path", "logger", "logger_name", "level", "x y"])


@given(level=LEVELS, event=TEXT, values=st.dictionaries(NAMES, VALUES, max_size=4))
def test_a_line_is_written_as_structlog_would_write_it(level: str, event: str, values: dict[str, object]) -> None:
    def line() -> str:
        return said("console", lambda log: getattr(log, level)(event, **values))[8:]  # behind the time

    with pytest.MonkeyPatch.context() as patch:
        sooner = line()
        patch.setattr(telemetry, "_sooner", lambda renderer: renderer)
        assert sooner == line()


@given(value=TEXT)
def test_a_machine_reads_the_value_that_was_logged(value: str) -> None:
    line = json.loads(said("json", lambda log: log.info("poll failed", why=value)))

    assert line["why"] == value


@pytest.mark.parametrize("value", ["一个小男孩", "Fjord · 42 €", "a=b 'c'"])
@pytest.mark.parametrize("log_format", FORMATS)
def test_what_prints_stays_readable(log_format: str, value: str) -> None:
    assert value in said(log_format, lambda log: log.info("poll failed", why=value))


@pytest.mark.parametrize("value", HOSTILE)
def test_an_object_that_shows_itself_is_no_way_around(value: str) -> None:
    class Shown:
        def __repr__(self) -> str:
            return value

    for log_format in FORMATS:
        assert is_one_line(said(log_format, lambda log: log.info("poll failed", why=Shown())))


@given(why=TEXT)
def test_no_line_of_a_traceback_looks_like_a_line_of_the_log(why: str) -> None:
    first, *rest = said("console", _stumbling(why)).splitlines()

    assert "internal error" in first
    assert rest
    assert [line for line in rest if not line.startswith(telemetry.INDENT) or not line.isprintable()] == []


@given(why=TEXT)
def test_a_traceback_for_machines_is_one_line(why: str) -> None:
    assert is_one_line(said("json", _stumbling(why)))


@pytest.mark.parametrize("value", sorted(set(HOSTILE) - {"\ud800"}))  # pytest keeps it, and cannot send it on
@pytest.mark.parametrize("name", ["uvicorn.error", "uvicorn.access", "asyncio", "aiohttp.client"])
@pytest.mark.parametrize("log_format", FORMATS)
def test_what_a_library_logs_is_a_line_of_ours(log_format: str, name: str, value: str) -> None:
    for each in telemetry.SERVER:  # as uvicorn sets them up
        logging.getLogger(each).handlers = [logging.StreamHandler(io.StringIO())]

    text = said(log_format, lambda _: logging.getLogger(name).warning("said %s\n", value))

    assert is_one_line(text), ascii(text)
    assert name in text


@pytest.mark.parametrize("log_format", FORMATS)
def test_a_library_that_logs_wrongly_is_a_line_all_the_same(log_format: str) -> None:
    logging.getLogger().handlers = []  # those of pytest fail the test

    text = said(log_format, lambda _: logging.getLogger("aiohttp.client").warning("%d\n", "x\x1b[31m"))

    assert is_one_line(text), ascii(text)


def test_a_terminal_that_is_gone_disturbs_no_library(capsys: pytest.CaptureFixture[str]) -> None:
    logging.getLogger().handlers = []
    gone = io.StringIO()
    with redirect_stderr(gone):
        telemetry.configure(Settings(), "worker")
    gone.close()

    logging.getLogger("aiohttp.client").warning("hello")

    assert "Logging error" in capsys.readouterr().err


def test_an_access_log_that_is_off_stays_off() -> None:
    access = logging.getLogger("uvicorn.access")
    access.handlers, access.propagate = [], False  # as uvicorn does

    said("console", lambda log: log.info("api started"))

    assert not access.hasHandlers()  # as uvicorn asks


@pytest.mark.parametrize("log_format", FORMATS)
def test_what_ends_the_process_is_a_line_of_the_log(log_format: str) -> None:
    error = ValueError("x\n12:00:00 settled")

    text = said(log_format, lambda _: sys.excepthook(ValueError, error, None))

    assert "crashed" in text
    assert not [line for line in text.splitlines() if line.startswith("12:00:00 settled")]
