"""How the simulator behaves; every setting can be changed while it runs."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final, Self

from aigcq.simulator import faults as fault_names
from aigcq.simulator.capabilities import table

DAY: Final = 86_400.0


class Overflow(StrEnum):
    """What happens to a task beyond the account's concurrency; only the first is likely in the real service."""

    ASYNC_FAIL = "async_fail"
    """It gets a TaskId and ends 1-8 s later with ErrCode 70000, ErrCodeExt RequestLimitExceeded."""
    SYNC_REJECT = "sync_reject"
    """It is refused with RequestLimitExceeded, and nothing is created."""
    QUEUE = "queue"
    """It waits in status WAITING, by TasksPriority, then by age."""


class SettingsError(ValueError):
    """Settings that cannot work; `problems` says for each name what is wrong with it."""

    def __init__(self, problems: Mapping[str, str]) -> None:
        super().__init__("; ".join(f"{name}: {problem}" for name, problem in problems.items()))
        self.problems = dict(problems)


@dataclass(frozen=True, kw_only=True)
class SimulatorSettings:
    """The simulator's settings. Seconds are those of the vendor's clock; only latencies are divided by `speed`.

    Raises:
        SettingsError: a value cannot work; it names each one.
    """

    secret_id: str = "AKIDsimulator"
    """The account that always exists."""

    secret_key: str = field(default="simulator-secret", repr=False)
    """Its key."""

    credentials: Mapping[str, str] = field(default_factory=dict, repr=False)
    """More accounts: SecretId to SecretKey. Concurrency, rates and SessionIds are counted per account."""

    owners: Mapping[str, str] = field(default_factory=dict)
    """Further keys of one account: SecretId to the SecretId under which its tasks are."""

    concurrency: int = 1
    """How many tasks of one account may be processed at once."""

    concurrency_per_model: Mapping[str, int] = field(default_factory=dict)
    """How many of them may be of one ModelName; a name that is not in it has no limit of its own."""

    overflow: Overflow = Overflow.ASYNC_FAIL
    """What happens to a task beyond that."""

    speed: float = 1.0
    """Divides every latency: 60 makes a minute of rendering a second."""

    latency: tuple[float, float] | None = None
    """Seconds of rendering (min, max), uniformly drawn, instead of the model's own; not divided by `speed`.

    Failures that would take longer than max are shortened to it.
    """

    create_rate: int = 20
    """CreateAigcVideoTask requests that one account may send within one second."""

    describe_rate: int = 100
    """Requests of each other Action that one account may send within one second."""

    seed: int = 0
    """Of latencies and faults. A new one starts the dice anew."""

    faults: Mapping[str, float] = field(default_factory=dict)
    """Probability (0 to 1) by fault name; see `aigcq.simulator.faults`."""

    slow_seconds: float = 5.0
    """How late an answer is when `slow` strikes."""

    hang_seconds: float = 120.0
    """How long a request is held, at most, when `hang` strikes."""

    dedup_seconds: float = 3 * DAY
    """How long a SessionId stays taken."""

    refused_burns_session: bool = False
    """Whether a create that was refused (concurrency, quota, InternalError) takes its SessionId all the same."""

    listing_delay_seconds: float = 0.0
    """How late a new task shows up in DescribeTasks."""

    url_ttl_seconds: float = 7 * DAY
    """How long a temporary video can be downloaded after the task has finished."""

    retention_seconds: float = 3 * DAY
    """How long after its creation a task can be described."""

    gateway_skew_seconds: float = 0.0
    """How far the clock that checks signatures is ahead; beyond ±300 every call ends in SignatureExpire."""

    public_url: str = ""
    """Base of FileUrl, e.g. `http://10.0.0.5:8090`; empty = whatever Host the client used."""

    video_longest_side: int = 640
    """Width or height of the files that are really encoded, pixels; the model's own size would cost seconds of CPU."""

    video_cache_bytes: int = 256 * 1024 * 1024
    """Encoded videos kept on disk; the least recently downloaded go first."""

    remembered_tasks: int = 100_000
    """Tasks kept in memory; beyond it the oldest finished ones are forgotten."""

    def __post_init__(self) -> None:
        problems: dict[str, str] = {}
        for name, rule in _RULES.items():
            try:
                object.__setattr__(self, name, rule(getattr(self, name)))
            except (TypeError, ValueError) as error:
                problems[name] = str(error)
        if problems:
            raise SettingsError(problems)

    @property
    def keys(self) -> Mapping[str, str]:
        """Every account's SecretKey, by SecretId."""
        return {**self.credentials, self.secret_id: self.secret_key}

    @staticmethod
    def parse_faults(text: str) -> dict[str, float]:
        """Read `reply_lost=0.1,async_fail:InternalError=0.02`.

        Raises:
            SettingsError: an unknown name, or a probability that is none.
        """
        pairs = (part.rpartition("=") for part in text.split(",") if part.strip())
        try:
            return dict(_faults({name.strip(): float(probability) for name, _, probability in pairs}))
        except (TypeError, ValueError) as error:
            raise SettingsError({"faults": str(error)}) from None

    def changed(self, changes: Mapping[str, Any]) -> Self:
        """Return settings with `changes` (field names and JSON values) applied.

        Raises:
            SettingsError: an unknown name or a bad value; nothing is changed then.
        """
        names = {each.name for each in dataclasses.fields(self)}
        if unknown := sorted(set(changes) - names):
            raise SettingsError({name: f"unknown; there are {', '.join(sorted(names))}" for name in unknown})
        return dataclasses.replace(self, **changes)

    def as_json(self) -> dict[str, Any]:
        """Return the settings as JSON values, without the keys of the accounts."""
        document = dataclasses.asdict(self)
        document["secret_key"] = "***"
        document["credentials"] = dict.fromkeys(self.credentials, "***")
        return document


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(f"must be a text, not {value!r}")
    return value


def _name(value: object) -> str:
    if not _text(value):
        raise ValueError("must not be empty")
    return str(value)


def _flag(value: object) -> bool:
    if not isinstance(value, bool):
        raise TypeError(f"must be true or false, not {value!r}")
    return value


def _whole(least: int | None = None) -> Callable[[object], int]:
    def rule(value: object) -> int:
        if not isinstance(value, int) or isinstance(value, bool) or (least is not None and value < least):
            raise ValueError(f"must be a whole number{'' if least is None else f', at least {least}'}, not {value!r}")
        return value

    return rule


def _number(least: float | None = 0.0, *, positive: bool = False) -> Callable[[object], float]:
    def rule(value: object) -> float:
        if not isinstance(value, int | float) or isinstance(value, bool) or not abs(value) < float("inf"):
            raise TypeError(f"must be a number, not {value!r}")
        if (least is not None and value < least) or (positive and value == 0):
            raise ValueError(f"must be {'more than' if positive else 'at least'} {least}, not {value!r}")
        return float(value)

    return rule


def _mapping(value: object) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise TypeError(f"must map names to values, not {value!r}")
    return dict(value)


def _faults(value: object) -> Mapping[str, float]:
    faults = _mapping(value)
    if unknown := [name for name in faults if not fault_names.is_known(name)]:
        known = ", ".join((*fault_names.KNOWN, "async_fail:<ErrCodeExt>"))
        raise ValueError(f"unknown fault {', '.join(unknown)}; there are {known}")
    for name, probability in faults.items():
        if not 0 <= _number(None)(probability) <= 1:
            raise ValueError(f"{name} must be a probability from 0 to 1, not {probability!r}")
    return {name: float(probability) for name, probability in faults.items()}


def _per_model(value: object) -> Mapping[str, int]:
    limits = _mapping(value)
    if unknown := set(limits) - table().names:
        raise ValueError(f"unknown model {', '.join(sorted(unknown))}; there are {', '.join(sorted(table().names))}")
    return {name: _whole(1)(limit) for name, limit in limits.items()}


def _credentials(value: object) -> Mapping[str, str]:
    return {_name(secret_id): _name(key) for secret_id, key in _mapping(value).items()}


def _latency(value: object) -> tuple[float, float] | None:
    if value is None:
        return None
    if not isinstance(value, list | tuple) or len(value) != 2:
        raise ValueError(f"must be two numbers of seconds, [min, max], not {value!r}")
    shortest, longest = (_number()(each) for each in value)
    if shortest > longest:
        raise ValueError(f"min must not exceed max, not {value!r}")
    return shortest, longest


def _overflow(value: object) -> Overflow:
    if value not in list(Overflow):
        raise ValueError(f"must be one of {', '.join(Overflow)}, not {value!r}")
    return Overflow(str(value))


_RULES: Final[Mapping[str, Callable[[object], object]]] = {
    "secret_id": _name,
    "secret_key": _name,
    "credentials": _credentials,
    "owners": _credentials,
    "concurrency": _whole(1),
    "concurrency_per_model": _per_model,
    "overflow": _overflow,
    "speed": _number(positive=True),
    "latency": _latency,
    "create_rate": _whole(1),
    "describe_rate": _whole(1),
    "seed": _whole(),
    "faults": _faults,
    "slow_seconds": _number(),
    "hang_seconds": _number(),
    "dedup_seconds": _number(),
    "refused_burns_session": _flag,
    "listing_delay_seconds": _number(),
    "url_ttl_seconds": _number(),
    "retention_seconds": _number(),
    "gateway_skew_seconds": _number(None),
    "public_url": _text,
    "video_longest_side": _whole(64),
    "video_cache_bytes": _whole(0),
    "remembered_tasks": _whole(1),
}
