"""Every knob, read once from the environment and `.env`.

The base specification's names are used as they are; ours start with `AIGCQ_`. Seconds end in
`_SECONDS`. `.env.example` and the configuration reference are generated from this class.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Any, Final, Literal, Self
from urllib.parse import urlsplit

from dotenv import dotenv_values
from pydantic import Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic import PositiveFloat as Positive
from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings, SettingsConfigDict

from aigcq.errors import ConfigurationError

PREFIX: Final = "AIGCQ_"
VENDOR_MEMORY_SECONDS: Final = 72 * 3600.0
"""After that the vendor knows neither its task nor the SessionId any more."""
ENV_FILE: Final = ".env"
DEFAULT_REDIS_HOST: Final = "redis"
PLACEHOLDERS: Final = frozenset({"your_secret_id_here", "your_secret_key_here"})
"""What `.env.example` says in place of a credential; it counts as not set."""

Threshold = Annotated[int, Field(ge=1, le=100_000)]
Milliseconds = Annotated[int, Field(ge=1, le=3_600_000)]
Memory = Annotated[float, Field(gt=0, lt=VENDOR_MEMORY_SECONDS)]
Port = Annotated[int, Field(ge=1, le=65535)]


def _named(name: str, default: Any) -> Any:
    """A setting whose name is a standard or the base specification's, without our prefix."""
    return Field(default=default, validation_alias=name)


class Settings(BaseSettings):
    """Settings from the environment and `.env`; frozen once read."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX,
        env_file=ENV_FILE,
        env_ignore_empty=True,
        extra="ignore",  # unknown AIGCQ_ names are refused by `read`; .env may hold others'
        frozen=True,
        populate_by_name=True,
        use_attribute_docstrings=True,
        hide_input_in_errors=True,  # an error must not print a secret
    )

    # The vendor
    tencentcloud_secret_id: SecretStr = _named("TENCENTCLOUD_SECRET_ID", SecretStr(""))
    """Tencent Cloud SecretId. Without it the real vendor cannot be called; the demo needs none."""
    tencentcloud_secret_key: SecretStr = _named("TENCENTCLOUD_SECRET_KEY", SecretStr(""))
    """Tencent Cloud SecretKey."""
    tencentcloud_token: SecretStr = _named("TENCENTCLOUD_TOKEN", SecretStr(""))
    """Session token of temporary credentials."""
    tencentcloud_endpoint: str = _named("TENCENTCLOUD_ENDPOINT", "https://vod.tencentcloudapi.com")
    """Where the vendor's API is; the simulator is `http://127.0.0.1:PORT`."""
    tencentcloud_region: str = _named("TENCENTCLOUD_REGION", "")
    """Region header; this API does not need one."""
    vod_subapp_id: Annotated[int, Field(ge=1)] = _named("VOD_SUBAPP_ID", 1320866336)
    """VOD application id (SubAppId)."""

    # Redis
    redis_url: SecretStr = _named("REDIS_URL", SecretStr(""))
    """`redis://`, `unix://`, `redis+sentinel://` or `redis+cluster://` address; replaces the next four settings."""
    redis_host: str = _named("REDIS_HOST", DEFAULT_REDIS_HOST)
    """Redis host. If it is the default and does not resolve, the embedded Valkey is used."""
    redis_port: Port = _named("REDIS_PORT", 6379)
    """Redis port."""
    redis_db: Annotated[int, Field(ge=0)] = _named("REDIS_DB", 0)
    """Redis database."""
    redis_password: SecretStr = _named("REDIS_PASSWORD", SecretStr(""))
    """Redis password."""
    redis_sentinel_password: SecretStr = _named("REDIS_SENTINEL_PASSWORD", SecretStr(""))
    """Password of the Sentinels, if they have one; the one in REDIS_URL is for the servers that they watch."""
    min_replicas: Annotated[int, Field(ge=0, le=100)] = 0
    """How many replicas must have a new task before it is acknowledged, and a submission before it is sent."""
    replica_wait_seconds: Annotated[float, Field(gt=0, le=60)] = 2.0
    """How long they may take; then a create answers 503 (the task may be there), and a submission waits."""

    # The limit
    default_threshold: Threshold = _named("DEFAULT_THRESHOLD", 12)
    """How many videos may run at once before anything is known of the account."""
    max_threshold: Threshold = _named("MAX_THRESHOLD", 12)
    """The most that may ever run at once."""
    min_threshold: Threshold = _named("MIN_THRESHOLD", 2)
    """The threshold never falls below this; with `ceiling` it may fall to 1 unless this is set."""
    threshold_decrease: Threshold = _named("THRESHOLD_DECREASE", 2)
    """`step`: how far the threshold falls when the vendor answers RequestLimitExceeded."""
    threshold_increase: Threshold = _named("THRESHOLD_INCREASE", 1)
    """How far it rises at once: `step` after each quiet RECOVERY_INTERVAL, `ceiling` with each probe that holds."""
    recovery_interval: Positive = _named("RECOVERY_INTERVAL", 60)
    """Seconds: `step` raises the threshold after so long without an error, `ceiling` probes at most so often."""
    rate_limit_action: Literal["requeue", "fail"] = _named("RATE_LIMIT_ACTION", "requeue")
    """`requeue`: a throttled task keeps its place and runs later. `fail`: it fails, as first specified."""
    limit_policy: Literal["ceiling", "step"] = "ceiling"
    """Which law adapts the threshold: `ceiling` finds the vendor's own limit, `step` is as first specified."""
    hold_seconds: Positive = 2.0
    """`step`: after a refusal nothing is submitted for this long."""

    # The worker
    worker_poll_interval: Positive = _named("WORKER_POLL_INTERVAL", 2)
    """Seconds between vendor polls of one running task, and the longest time between two looks at the queue."""
    worker_block_time: Milliseconds = _named("WORKER_BLOCK_TIME", 5000)
    """Milliseconds that a blocking read of Redis may last."""
    consumer_name: str = _named("CONSUMER_NAME", "")
    """Name of this worker; a unique instance id is appended. Default: the host's name."""
    worker_concurrency: Annotated[int, Field(ge=1, le=100_000)] = 1000
    """The most tasks one worker process drives at once."""
    lease_seconds: Annotated[float, Field(ge=0.5, le=3600)] = 15.0
    """A delivery that is not renewed for this long may be reclaimed by another worker."""
    drain_seconds: Positive = 10.0
    """How long a worker may take to stop after SIGTERM."""
    max_attempts: Annotated[int, Field(ge=1, le=100)] = 4
    """How often a task is tried when the vendor fails it for a passing reason; throttling never counts."""
    max_deaths: Annotated[int, Field(ge=1, le=100)] = 3
    """A task whose workers died so often in a row, before they could renew its lease, fails as poisoned."""
    backoff_base_seconds: Positive = 2.0
    """Upper bound of the first delay before another try; it doubles with each."""
    backoff_max_seconds: Positive = 300.0
    """Longest delay before another try."""
    create_rate: Positive = 15.0
    """Submissions per second, all workers together. The vendor allows 20."""
    create_burst: Annotated[int, Field(ge=1)] = 3
    """Submissions that may go at once."""
    describe_rate: Positive = 80.0
    """Status calls per second, all workers together. The vendor allows 100."""
    describe_burst: Annotated[int, Field(ge=1)] = 20
    """Status calls that may go at once."""
    vendor_listing: bool = True
    """Read the vendor's list of finished tasks where there are too many to look at each one in time."""
    vendor_events: bool = False
    """Take the vendor's events of finished videos as hints. Only where nobody else needs those of this SubAppId."""
    vendor_timeout_seconds: Annotated[float, Field(gt=0, le=120)] = 20.0
    """How long one call to the vendor may take."""
    resend_seconds: Positive = 60.0
    """Longest delay before a submission of unknown outcome is sent again with the same SessionId."""
    search_seconds: Positive = 600.0
    """How long a vendor task that is known to exist is searched for before a person must."""
    session_seconds: Memory = 60 * 3600.0
    """A SessionId older than this is never sent again: the vendor forgets it after 72 hours."""
    horizon_alarm_seconds: Memory = 48 * 3600.0
    """A task that was sent so long ago and has not ended raises an alarm, in the log and in `/health`."""
    horizon_seconds: Memory = 71 * 3600.0
    """A vendor task this old is collected for the last time and else given up: the vendor forgets it after 72 hours."""
    refused_burns_session: bool = False
    """Whether the vendor keeps the SessionId of a request that it refused. Not known; false is what tests suggest."""

    # The queue
    queue: Annotated[str, Field(pattern=r"^[A-Za-z0-9_.-]{1,64}$")] = "default"
    """Name of the queue; one queue is one vendor account."""
    backlog_limit: Annotated[int, Field(ge=1)] = 100_000
    """Unfinished tasks beyond which new ones are refused with 429."""
    result_ttl_seconds: Positive = 7 * 86400.0
    """How long an ended task is kept."""
    idempotency_ttl_seconds: Positive = 7 * 86400.0
    """How long an Idempotency-Key is remembered."""
    priority_boost: Annotated[int, Field(ge=0, le=1_000_000)] = 100
    """Places that one step of tasks_priority moves a task forward; ten steps bound how far anyone is overtaken."""
    events_cap: Annotated[int, Field(ge=100)] = 10_000
    """About how many events are kept."""

    # The service
    public_url: str = ""
    """How clients and the vendor reach this service, e.g. `https://video.example.com`."""
    max_body_bytes: Annotated[int, Field(ge=1024)] = 1024 * 1024
    """The largest body of a request. Files are given by URL or file id, so that no request needs more."""
    body_seconds: Positive = 30.0
    """How long the body of a request may take to arrive."""
    data_dir: Path = Path(".aigcq")
    """Where the embedded store keeps its data."""
    log_format: Literal["console", "json"] = "console"
    """`console` for people, `json` for machines."""
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    """The least important line that is logged."""

    @field_validator("tencentcloud_secret_id", "tencentcloud_secret_key")
    @classmethod
    def _a_placeholder_is_no_credential(cls, value: SecretStr) -> SecretStr:
        return SecretStr("") if value.get_secret_value() in PLACEHOLDERS else value

    @field_validator("rate_limit_action", "log_format", "log_level", mode="before")
    @classmethod
    def _words_may_be_written_large(cls, value: object) -> object:
        return value.lower() if isinstance(value, str) else value

    @model_validator(mode="after")
    def _thresholds_that_were_set_agree(self) -> Self:
        """A default never contradicts what was set: `MAX_THRESHOLD=4` alone is enough (see `limit.Law`)."""
        for low, high in (
            ("min_threshold", "default_threshold"),
            ("default_threshold", "max_threshold"),
            ("min_threshold", "max_threshold"),
        ):
            if {low, high} <= self.model_fields_set and getattr(self, low) > getattr(self, high):
                raise ValueError(f"{low.upper()} must not be above {high.upper()}")
        return self

    @model_validator(mode="after")
    def _the_alarm_comes_before_the_horizon(self) -> Self:
        if self.horizon_alarm_seconds >= self.horizon_seconds:
            alarm, horizon = (environment_name(name) for name in ("horizon_alarm_seconds", "horizon_seconds"))
            raise ValueError(f"{alarm} must be below {horizon}: an alarm is for acting before")
        return self

    @property
    def renew_seconds(self) -> float:
        """How often a worker renews its leases: two renewals may be missed."""
        return self.lease_seconds / 3

    @property
    def vendor_is_simulated(self) -> bool:
        """Whether calls cost nothing: the endpoint is on this machine or the simulator's service in Compose."""
        url = urlsplit(self.tencentcloud_endpoint)
        return url.scheme == "http" and url.hostname in ("127.0.0.1", "localhost", "::1", "simulator")

    @property
    def has_credentials(self) -> bool:
        return bool(self.tencentcloud_secret_id.get_secret_value() and self.tencentcloud_secret_key.get_secret_value())


def read(**overrides: Any) -> Settings:
    """Return the settings of the environment, with `overrides` by attribute name.

    Raises:
        ConfigurationError: a value is impossible or an `AIGCQ_…` name does not exist.
    """
    try:
        present = [*os.environ, *dotenv_values(ENV_FILE)]
        if unknown := sorted({name for name in present if name.upper().startswith(PREFIX)} - set(names())):
            raise ConfigurationError(f"There is no setting {', '.join(unknown)}.{_meant(unknown[0])}")
        return Settings(**overrides)
    except UnicodeDecodeError:
        raise ConfigurationError(f"{ENV_FILE} is not UTF-8: save it in that encoding.") from None
    except ValidationError as error:
        raise ConfigurationError("; ".join(_readable(item) for item in error.errors())) from None


def names() -> Mapping[str, FieldInfo]:
    """Return every setting by the name it has in the environment, in order."""
    return {environment_name(name): field for name, field in Settings.model_fields.items()}


def env_example() -> str:
    """Return the text of `.env.example`: every setting with its meaning and default."""
    lines = ["# Configuration of aigcq. Copy to .env; every line may be left out.", ""]
    for name, field in names().items():
        lines += [f"# {field.description}", _example_line(name, field), ""]
    return "\n".join(lines)


def _example_line(name: str, field: FieldInfo) -> str:
    if name in ("TENCENTCLOUD_SECRET_ID", "TENCENTCLOUD_SECRET_KEY"):
        return f"{name}=your_{name.removeprefix('TENCENTCLOUD_').lower()}_here"
    value = field.default.get_secret_value() if isinstance(field.default, SecretStr) else field.default
    shown = f"{value:g}" if isinstance(value, float) and value < 1_000_000 else str(value)
    written = name in _BASE_SPEC
    return f"{name}={shown}" if written else f"# {name}={shown.lower() if isinstance(value, bool) else shown}"


_BASE_SPEC: Final = frozenset({
    "VOD_SUBAPP_ID", "REDIS_HOST", "REDIS_PORT", "REDIS_DB", "DEFAULT_THRESHOLD", "MAX_THRESHOLD", "THRESHOLD_DECREASE",
    "THRESHOLD_INCREASE", "RECOVERY_INTERVAL", "WORKER_POLL_INTERVAL", "WORKER_BLOCK_TIME",
})  # fmt: skip


def environment_name(attribute: str) -> str:
    """Return the name that a setting has in the environment."""
    return str(Settings.model_fields[attribute].validation_alias or PREFIX + attribute.upper())


def _meant(unknown: str) -> str:
    near = get_close_matches(unknown.upper(), names(), n=1, cutoff=0.8)
    return f" Is {near[0]} meant?" if near else " The names are in .env.example."


def _readable(item: Mapping[str, Any]) -> str:
    """Return pydantic's error with the setting's name in the environment."""
    fields = Settings.model_fields
    where = [environment_name(str(part)) if part in fields else str(part) for part in item["loc"]]
    return ": ".join([*where, str(item["msg"]).removeprefix("Value error, ")])
