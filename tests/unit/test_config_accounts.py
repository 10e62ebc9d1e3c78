"""The file of accounts: each is settings of its own, what is wrong is named, and no secret is ever told."""

from __future__ import annotations

from pathlib import Path

import pytest

from aigcq import config
from aigcq.config import accounts, read
from aigcq.config.account import only
from aigcq.errors import ConfigurationError
from aigcq.limit import Law

SECRET = "s3cr3t-that-must-not-be-seen"
TWO = """
accounts:
  - name: east
    secret_id: AKIDeast
    secret_key: east-key
    sub_app_id: 7
    max_threshold: 3
  - name: west
    secret_id: AKIDwest
    secret_key: west-key
    endpoint: http://127.0.0.1:8091
    region: ap-guangzhou
    models: [Kling-3.0, Vidu]
    tenants: [ads, default]
"""


def written(text: str) -> config.Settings:
    """Return settings that name a file with this text."""
    Path("accounts.yaml").write_text(text)
    return read(accounts="accounts.yaml")


def one(**fields: object) -> config.Settings:
    lines = {"name": "a", "secret_id": "AKID", "secret_key": SECRET} | fields
    return written("accounts:\n  - " + "\n    ".join(f"{name}: {value}" for name, value in lines.items() if value))


def test_without_a_file_the_settings_are_the_one_account(monkeypatch):
    monkeypatch.setenv("AIGCQ_QUEUE", "mine")
    settings = read()

    (account,) = accounts(settings)

    assert (account.name, account.settings) == ("mine", settings)
    assert account.settings is settings
    assert account.serves("anyone") and account.makes("Kling-3.0")


def test_each_account_is_settings_with_a_queue_and_credentials_of_its_own():
    east, west = accounts(written(TWO))

    assert [each.settings.queue for each in (east, west)] == ["east", "west"]
    keys = [each.settings.tencentcloud_secret_key.get_secret_value() for each in (east, west)]
    assert keys == ["east-key", "west-key"]
    assert (east.settings.vod_subapp_id, east.settings.max_threshold) == (7, 3)
    assert west.settings.tencentcloud_endpoint == "http://127.0.0.1:8091"
    assert west.settings.tencentcloud_region == "ap-guangzhou"


def test_what_an_account_does_not_say_is_everyone_s(monkeypatch):
    monkeypatch.setenv("MAX_THRESHOLD", "20")
    monkeypatch.setenv("AIGCQ_LEASE_SECONDS", "33")

    east, west = accounts(written(TWO))

    assert (east.settings.max_threshold, west.settings.max_threshold) == (3, 20)
    assert {each.settings.lease_seconds for each in (east, west)} == {33}


def test_a_default_never_contradicts_what_the_file_sets():
    (account, _) = accounts(written(TWO))

    assert Law.of(account.settings).maximum == Law.of(account.settings).default == 3


def test_credentials_of_the_environment_are_no_account_s(monkeypatch):
    monkeypatch.setenv("TENCENTCLOUD_SECRET_ID", "AKIDenvironment")
    monkeypatch.setenv("TENCENTCLOUD_TOKEN", SECRET)

    east, _ = accounts(written(TWO))

    assert east.settings.tencentcloud_secret_id.get_secret_value() == "AKIDeast"
    assert east.settings.tencentcloud_token.get_secret_value() == ""


def test_a_secret_may_stand_in_a_file_beside_it_or_in_a_variable(monkeypatch, tmp_path):
    (tmp_path / "key").write_text("from-a-file\n")
    monkeypatch.setenv("EAST_ID", "AKIDvariable")

    (account,) = accounts(one(secret_id="", secret_id_env="EAST_ID", secret_key="", secret_key_file="key"))

    assert account.settings.tencentcloud_secret_id.get_secret_value() == "AKIDvariable"
    assert account.settings.tencentcloud_secret_key.get_secret_value() == "from-a-file"


def test_an_account_says_whom_it_serves_and_what_it_makes():
    east, west = accounts(written(TWO))

    assert east.serves("anyone") and east.makes("Kling-2.1")
    assert west.serves("ads") and west.serves("default") and not west.serves("films")
    assert west.makes("Kling-3.0") and west.makes("Vidu-q2") and not west.makes("Kling-2.1")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (TWO.replace("name: west", "name: east"), "two accounts named east"),
        (TWO.replace("region:", "regin:"), "account west: there is no field regin; there is: .*region"),
        (TWO.replace("max_threshold: 3", "max_threshold: 0"), "account east: max_threshold: .*greater than or equal"),
        (TWO.replace("sub_app_id: 7", "sub_app_id: x"), "account east: sub_app_id: "),
        (TWO.replace("    secret_key: west-key\n", ""), "account west: secret_id and secret_key are missing"),
        (TWO.replace("west-key", "your_secret_key_here"), "account west: secret_id and secret_key are missing"),
        (TWO.replace("name: west", "name: we}st"), "account we}st: name: "),
        (TWO.replace("- name: west\n    ", "- "), "account 2: name: Field required"),
        ("accounts: []", "at least one account"),
        ("- name: x", "must be a list `accounts:`"),
        ("accounts: [{]", "is not YAML, line 1"),
        (
            "accounts: [{name: a, min_threshold: 9, max_threshold: 2, secret_id: i, secret_key: k}]",
            "MIN_THRESHOLD must",
        ),
    ],
)
def test_what_is_wrong_in_the_file_is_named(text, told):
    with pytest.raises(ConfigurationError, match=told):
        accounts(written(text))


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"secret_key_file": "key"}, "secret_key and secret_key_file: give one"),
        ({"secret_key": "", "secret_key_file": "gone"}, r"secret_key_file gone cannot be read \(No such file"),
        ({"secret_key": "", "secret_key_env": "GONE"}, "secret_key_env names GONE, which is not set"),
    ],
)
def test_a_secret_that_cannot_be_read_is_named(fields, told):
    with pytest.raises(ConfigurationError, match=told):
        accounts(one(**fields))


def test_a_file_that_is_not_there_is_named():
    with pytest.raises(ConfigurationError, match=r"AIGCQ_ACCOUNTS: nowhere\.yaml cannot be read"):
        accounts(read(accounts="nowhere.yaml"))


@pytest.mark.parametrize(
    "fields", [{}, {"regin": "x"}, {"max_threshold": SECRET}, {"secret_id": "[1"}, {"secret_id": ""}]
)
def test_no_secret_is_in_an_error_or_in_what_is_printed(fields):
    settings = one(**fields)
    try:
        told = repr(accounts(settings))
    except ConfigurationError as error:
        told = str(error)

    assert SECRET not in told


def test_an_account_that_is_not_there_is_named_with_those_that_are():
    with pytest.raises(ConfigurationError, match="no account 'north'; there is: east, west"):
        only(accounts(written(TWO)), "north")
