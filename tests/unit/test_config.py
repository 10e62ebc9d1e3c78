"""The settings: the base specification's names, no surprise, no secret in any text."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from aigcq import config
from aigcq.config import Settings, env_example, names, read
from aigcq.errors import ConfigurationError

BASE_SPEC = {
    "TENCENTCLOUD_SECRET_ID": None,
    "TENCENTCLOUD_SECRET_KEY": None,
    "VOD_SUBAPP_ID": 1320866336,
    "REDIS_HOST": "redis",
    "REDIS_PORT": 6379,
    "REDIS_DB": 0,
    "DEFAULT_THRESHOLD": 12,
    "MAX_THRESHOLD": 12,
    "MIN_THRESHOLD": 2,
    "THRESHOLD_DECREASE": 2,
    "THRESHOLD_INCREASE": 1,
    "RECOVERY_INTERVAL": 60,
    "WORKER_POLL_INTERVAL": 2,
    "WORKER_BLOCK_TIME": 5000,
}
"""As written in the base specification; `-` there is None here."""
SECRET = "s3cr3t-that-must-not-be-seen"


@pytest.mark.parametrize(("name", "default"), BASE_SPEC.items())
def test_the_base_specification_s_names_have_its_defaults(name, default):
    value = getattr(read(), name.lower())

    assert (value if default is not None else value.get_secret_value() or None) == default


@pytest.mark.parametrize(("name", "default"), [(name, value) for name, value in BASE_SPEC.items() if value])
def test_the_base_specification_s_names_are_read_from_the_environment(monkeypatch, name, default):
    other = "localhost" if name == "REDIS_HOST" else str(int(default) + 1)
    monkeypatch.setenv(name, other)
    monkeypatch.setenv("MAX_THRESHOLD", "13")

    assert str(getattr(read(), name.lower())).removesuffix(".0") == other


def test_settings_are_read_from_dot_env_and_the_environment_has_the_last_word(monkeypatch):
    Path(".env").write_text("MAX_THRESHOLD=5\nAIGCQ_QUEUE=from-file\nSOMEONE_ELSES=x\n")
    monkeypatch.setenv("MAX_THRESHOLD", "7")

    settings = read()

    assert (settings.max_threshold, settings.queue) == (7, "from-file")


def test_an_empty_value_counts_as_not_set(monkeypatch):
    monkeypatch.setenv("REDIS_PORT", "")

    assert read().redis_port == 6379


@pytest.mark.parametrize("where", ["environment", "file"])
def test_an_unknown_name_of_ours_is_an_error_that_names_it(monkeypatch, where):
    if where == "environment":
        monkeypatch.setenv("AIGCQ_LEASE_SECOND", "3")
    else:
        Path(".env").write_text("AIGCQ_LEASE_SECOND=3\n")

    with pytest.raises(ConfigurationError, match="AIGCQ_LEASE_SECOND"):
        read()


def test_unknown_names_of_others_are_ignored(monkeypatch):
    monkeypatch.setenv("REDIS_SOMETHING", "x")

    assert read() == read()


@pytest.mark.parametrize("name", ["TENCENTCLOUD_SECRET_ID", "TENCENTCLOUD_SECRET_KEY"])
def test_a_placeholder_is_no_credential(monkeypatch, name):
    Path(".env").write_text(env_example())

    settings = read()

    assert getattr(settings, name.lower()).get_secret_value() == ""
    assert not settings.has_credentials


def test_both_halves_of_a_credential_are_needed(monkeypatch):
    monkeypatch.setenv("TENCENTCLOUD_SECRET_ID", "id")
    assert not read().has_credentials
    monkeypatch.setenv("TENCENTCLOUD_SECRET_KEY", "key")
    assert read().has_credentials


@pytest.mark.parametrize("value", ["1", "4", "100"])
def test_the_maximum_alone_is_enough(monkeypatch, value):
    monkeypatch.setenv("MAX_THRESHOLD", value)

    assert read().max_threshold == int(value)


@pytest.mark.parametrize(
    ("low", "high"),
    [
        ("MIN_THRESHOLD", "DEFAULT_THRESHOLD"),
        ("DEFAULT_THRESHOLD", "MAX_THRESHOLD"),
        ("MIN_THRESHOLD", "MAX_THRESHOLD"),
    ],
)
def test_thresholds_that_contradict_each_other_are_refused_by_name(monkeypatch, low, high):
    monkeypatch.setenv(low, "9")
    monkeypatch.setenv(high, "8")

    with pytest.raises(ConfigurationError, match=f"{low} must not be above {high}"):
        read()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("REDIS_PORT", "0"),
        ("MAX_THRESHOLD", "0"),
        ("RECOVERY_INTERVAL", "0"),
        ("WORKER_BLOCK_TIME", "-1"),
        ("RATE_LIMIT_ACTION", "drop"),
        ("AIGCQ_LEASE_SECONDS", "0.1"),
        ("AIGCQ_QUEUE", "a}b"),
        ("VOD_SUBAPP_ID", "mine"),
        ("AIGCQ_WEBHOOK_URL", "example.com/hook"),
        ("AIGCQ_WEBHOOK_SECRET", "whsec_dG9vIHNob3J0"),
    ],
)
def test_an_impossible_value_is_an_error_that_names_the_setting(monkeypatch, name, value):
    monkeypatch.setenv(name, value)

    with pytest.raises(ConfigurationError, match=name.removeprefix(config.PREFIX)):
        read()


SECRETS = [name for name, field in names().items() if "Secret" in str(field.annotation)]


VALID = {
    "AIGCQ_WEBHOOK_URL": f"https://example.com/{SECRET}",
    "AIGCQ_WEBHOOK_SECRET": f"whsec_{SECRET.replace('-', '+')}x000",
}
"""A value that such a secret can have, where not every text will do."""


@pytest.mark.parametrize("name", SECRETS)
def test_a_secret_is_in_no_text(monkeypatch, name):
    value = VALID.get(name, SECRET)
    monkeypatch.setenv(name, value)

    settings = read()

    attribute = getattr(settings, next(key for key in Settings.model_fields if config.environment_name(key) == name))
    assert attribute.get_secret_value() == value
    assert value not in f"{settings!r} {settings} {settings.model_dump()} {settings.model_dump_json()} {attribute}"


@pytest.mark.parametrize("name", SECRETS)
def test_a_secret_is_in_no_error(monkeypatch, name):
    monkeypatch.setenv(name, SECRET)
    monkeypatch.setenv("REDIS_PORT", SECRET)

    with pytest.raises(ConfigurationError) as caught:
        read()

    assert SECRET not in f"{caught.value} {caught.value!r} {caught.getrepr(style='native')}"


def test_everything_that_is_secret_is_known_to_be():
    words = "SECRET|TOKEN|PASSWORD|API_KEY|REDIS_URL|WEBHOOK_URL|ACCESS_KEY"
    secret = {name for name in names() if re.search(words, name)}

    assert set(SECRETS) == secret


@pytest.mark.parametrize("name", names())
def test_every_setting_has_a_meaning_and_stands_in_the_example(name):
    assert names()[name].description
    assert re.search(rf"(?m)^(# )?{name}=", env_example())


@pytest.mark.parametrize("name", [name for name in names() if name not in BASE_SPEC])
def test_names_of_ours_are_prefixed_and_seconds_say_so(name):
    standards = {"REDIS_URL", "REDIS_PASSWORD", "REDIS_SENTINEL_PASSWORD", "CONSUMER_NAME", "RATE_LIMIT_ACTION"}

    assert name.startswith(("AIGCQ_", "TENCENTCLOUD_")) or name in standards


def test_the_example_gives_the_defaults():
    Path(".env").write_text(env_example().replace("# AIGCQ", "AIGCQ").replace("# T", "T").replace("# R", "R"))

    assert read() == Settings(_env_file=None)


def test_settings_are_frozen():
    with pytest.raises(ValueError, match="frozen"):
        read().queue = "other"


def test_a_worker_may_miss_two_renewals():
    assert read().renew_seconds * 3 == read().lease_seconds


@pytest.mark.parametrize(
    ("endpoint", "simulated"),
    [
        ("https://vod.tencentcloudapi.com", False),
        ("http://127.0.0.1:9000", True),
        ("http://simulator:9000", True),
        ("https://127.0.0.1:9000", False),
        ("http://127.0.0.1.example.com", False),
    ],
)
def test_only_an_endpoint_of_our_own_costs_nothing(endpoint, simulated):
    assert read(tencentcloud_endpoint=endpoint).vendor_is_simulated is simulated


def test_the_prefix_is_ours():
    assert config.PREFIX == "AIGCQ_"


def test_a_misspelt_name_is_told_what_may_be_meant(monkeypatch):
    monkeypatch.setenv("AIGCQ_LEASE_SECOND", "3")

    with pytest.raises(ConfigurationError, match=r"Is AIGCQ_LEASE_SECONDS meant\?"):
        read()


@pytest.mark.parametrize("name", ["AIGCQ_LOG_LEVEL", "AIGCQ_LEASE_SECONDS", "REDIS_PORT"])
def test_an_impossible_value_is_told_under_the_whole_name(monkeypatch, name):
    monkeypatch.setenv(name, "no")

    with pytest.raises(ConfigurationError, match=f"^{name}: "):
        read()


def test_a_sentence_of_ours_stands_alone(monkeypatch):
    monkeypatch.setenv("MIN_THRESHOLD", "9")
    monkeypatch.setenv("MAX_THRESHOLD", "8")

    with pytest.raises(ConfigurationError, match="^MIN_THRESHOLD must"):
        read()


@pytest.mark.parametrize(
    ("name", "written", "read_as"),
    [("AIGCQ_LOG_LEVEL", "INFO", "info"), ("AIGCQ_LOG_FORMAT", "JSON", "json"), ("RATE_LIMIT_ACTION", "Fail", "fail")],
)
def test_words_may_be_written_large(monkeypatch, name, written, read_as):
    monkeypatch.setenv(name, written)

    assert getattr(read(), name.removeprefix("AIGCQ_").lower()) == read_as


def test_a_file_in_another_encoding_is_told_so():
    Path(".env").write_bytes("CONSUMER_NAME=工人".encode("gbk"))

    with pytest.raises(ConfigurationError, match="not UTF-8"):
        read()


@pytest.mark.parametrize(
    ("alarm", "horizon"), [(71 * 3600, 71 * 3600), (71 * 3600, 48 * 3600), (48 * 3600, 72 * 3600), (0, 71 * 3600)]
)
def test_the_alarm_comes_before_the_horizon_and_the_horizon_before_the_vendor_forgets(alarm, horizon):
    with pytest.raises(ConfigurationError, match="AIGCQ_HORIZON"):
        read(horizon_alarm_seconds=alarm, horizon_seconds=horizon)


def test_no_session_id_is_sent_again_when_the_vendor_has_forgotten_it():
    with pytest.raises(ConfigurationError, match="AIGCQ_SESSION_SECONDS"):
        read(session_seconds=72 * 3600)
