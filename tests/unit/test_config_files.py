"""Secrets out of files: NAME_FILE in place of NAME, for every secret and for nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest

from aigcq import config
from aigcq.config import Settings, env_example, read
from aigcq.errors import ConfigurationError
from tests.unit.test_config import SECRET, SECRETS, VALID


def in_a_file(name, content):
    path = Path(f"{name}.txt").resolve()
    path.write_bytes(content)
    return str(path)


def value_of(settings, name):
    attribute = next(key for key in Settings.model_fields if config.environment_name(key) == name)
    return getattr(settings, attribute).get_secret_value()


@pytest.mark.parametrize("where", ["environment", "file"])
@pytest.mark.parametrize("newline", ["", "\n", "\r\n"])
@pytest.mark.parametrize("name", SECRETS)
def test_every_secret_may_stand_in_a_file_of_its_own(monkeypatch, name, newline, where):
    value = VALID.get(name, SECRET)
    path = in_a_file(name, (value + newline).encode())
    if where == "environment":
        monkeypatch.setenv(f"{name}_FILE", path)
    else:
        Path(".env").write_text(f"{name}_FILE={path}\n")

    assert value_of(read(), name) == value


def test_only_the_newline_at_the_end_of_a_secret_is_left_out(monkeypatch):
    monkeypatch.setenv("REDIS_PASSWORD_FILE", in_a_file("password", b" pass word \n"))

    assert read().redis_password.get_secret_value() == " pass word "


@pytest.mark.parametrize("name", SECRETS)
def test_a_secret_that_is_given_twice_is_an_error_that_names_both(monkeypatch, name):
    monkeypatch.setenv(name, SECRET)
    monkeypatch.setenv(f"{name}_FILE", in_a_file(name, b"other"))

    with pytest.raises(ConfigurationError, match=f"{name} and {name}_FILE") as caught:
        read()
    assert SECRET not in str(caught.value)


def test_a_file_beside_a_placeholder_counts(monkeypatch):
    Path(".env").write_text(env_example())
    monkeypatch.setenv("TENCENTCLOUD_SECRET_KEY_FILE", in_a_file("key", b"key"))

    assert read().tencentcloud_secret_key.get_secret_value() == "key"


def test_an_empty_name_of_a_file_counts_as_not_set(monkeypatch):
    monkeypatch.setenv("REDIS_PASSWORD_FILE", "")

    assert read().redis_password.get_secret_value() == ""


@pytest.mark.parametrize(
    ("content", "why"), [(None, "No such file"), (b"\xff", "not UTF-8"), (b"x" * 70_000, "too large")]
)
def test_a_secret_s_file_that_cannot_be_read_is_an_error_that_names_the_setting(monkeypatch, content, why):
    path = "/nowhere/secret" if content is None else in_a_file("secret", content)
    monkeypatch.setenv("AIGCQ_WEBHOOK_SECRET_FILE", path)

    with pytest.raises(ConfigurationError, match=f"^AIGCQ_WEBHOOK_SECRET_FILE: .*{why}"):
        read()


def test_what_a_file_holds_must_be_as_good_as_what_the_environment_holds(monkeypatch):
    monkeypatch.setenv("AIGCQ_WEBHOOK_SECRET_FILE", in_a_file("secret", SECRET.encode()))

    with pytest.raises(ConfigurationError, match="^AIGCQ_WEBHOOK_SECRET: ") as caught:
        read()
    assert SECRET not in f"{caught.value}"


@pytest.mark.parametrize("name", ["AIGCQ_QUEUE_FILE", "AIGCQ_LOG_LEVEL_FILE", "AIGCQ_SECRET_FILE"])
def test_what_is_no_secret_stands_in_no_file(monkeypatch, name):
    monkeypatch.setenv(name, "/run/secrets/x")

    with pytest.raises(ConfigurationError, match=name):
        read()


@pytest.mark.parametrize("name", SECRETS)
def test_the_example_says_which_settings_may_stand_in_a_file(name):
    assert f" Or {name}_FILE." in env_example()
