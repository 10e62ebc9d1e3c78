"""What a video costs: the price table, and what it makes of a request. Pure, and exact.

Amounts are whole millionths of the currency. A price is a decimal as it was written, and each amount is
rounded once, up: nobody is ever told less than is paid.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_CEILING, Decimal, InvalidOperation
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Any, Final

import yaml
from pydantic import AfterValidator, BeforeValidator, Field, StringConstraints, ValidationError, model_validator

from aigcq.capability import Data
from aigcq.errors import ConfigurationError
from aigcq.request import VideoRequest

MILLION: Final = 1_000_000
MOST: Final = 10**15
"""Millionths: no budget is larger, so that sums stay exact where numbers are doubles."""
CONDITIONS: Final = ("version", "resolution", "audio", "off_peak", "references", "scene_type")


def _decimal(value: str) -> str:
    """Refuse what is no amount; YAML's own numbers are refused before, for they are not exact."""
    try:
        amount = Decimal(value)
    except InvalidOperation:
        amount = Decimal("NaN")
    if not amount.is_finite() or not 0 < amount < 1_000_000:
        raise ValueError('must be a decimal above 0 as text, like "0.35"')
    return value


def _date(value: object) -> str:
    return value.isoformat() if isinstance(value, date) else str(value)


Price = Annotated[str, StringConstraints(strict=True, pattern=r"^[0-9]{1,6}(\.[0-9]{1,9})?$"), AfterValidator(_decimal)]
Dated = Annotated[str, BeforeValidator(_date), StringConstraints(pattern=r"^\d{4}-\d\d-\d\d$")]
Words = Annotated[str, Field(min_length=1, max_length=200)]


class Row(Data):
    """One price, and what it is of. What is not said is not asked."""

    model: Words
    version: Words | None = None
    resolution: Words | None = None
    audio: bool | None = None
    off_peak: bool | None = None
    references: bool | None = None
    scene_type: Words | None = None
    price: Price
    source: Words | None = None
    dated: Dated | None = None

    @property
    def conditions(self) -> dict[str, str | bool]:
        """What a request must be for this price, letter case aside."""
        said = {name: getattr(self, name) for name in ("model", *CONDITIONS)}
        return {name: _folded(value) for name, value in said.items() if value is not None}

    def of(self, model: str, version: str) -> bool:
        """Return whether it is of this version of a model."""
        said = (self.version or version).casefold()
        return self.model.casefold() == model.casefold() and said == version.casefold()

    def fits(self, facts: Mapping[str, str | bool]) -> bool:
        """Return whether a request of which these are the facts has this price."""
        if facts["scene_type"] and self.scene_type is None:
            return False
        return all(facts[name] == value for name, value in self.conditions.items())


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """What a video will cost, if nothing is known better."""

    amount: int | None
    """Millionths of the currency; None: nobody knows."""
    reason: str = ""
    """Why nobody knows."""
    price: str = ""
    """Of one second, as a decimal."""
    least_seconds: float = 0.0
    """So many seconds are billed at least."""
    currency: str = ""


class Prices(Data):
    """A price table."""

    currency: Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")]
    dated: Dated
    source: Words
    rows: tuple[Row, ...] = ()
    least_seconds: Mapping[str, Annotated[float, Field(gt=0, le=600)]] = {}
    assumed_seconds: Mapping[str, Annotated[float, Field(gt=0, le=600)]] = {}
    elsewise: Mapping[str, Words] = {}

    @model_validator(mode="after")
    def _each_price_is_said_once(self) -> Prices:
        seen: list[dict[str, str | bool]] = []
        for number, row in enumerate(self.rows, 1):
            if row.conditions in seen:
                raise ValueError(f"row {number} is of the same as row {seen.index(row.conditions) + 1}")
            seen.append(row.conditions)
        return self

    @property
    def known(self) -> bool:
        """Whether there is any price."""
        return bool(self.rows)

    def estimate(self, request: VideoRequest) -> Estimate:
        """Return what a resolved request will cost: it makes one video."""
        name = f"{request.model_name} {request.model_version}"
        if how := _of(self.elsewise, request):
            return Estimate(amount=None, reason=f"The price of {name} is not one of seconds: {how}.")
        if (row := self._row(request)) is None:
            return Estimate(amount=None, reason=f"The price table has no price for {_described(request)}.")
        seconds, least = request.duration or _of(self.assumed_seconds, request), _of(self.least_seconds, request) or 0.0
        if not seconds:
            return Estimate(amount=None, reason=f"How long a video of {name} will be is not known before.")
        amount = cost(row.price, seconds, least)
        return Estimate(amount=amount, price=row.price, least_seconds=least, currency=self.currency)

    def public(self) -> dict[str, Any]:
        """Return the table as `GET /aigc/models` shows it: JSON values only."""
        return self.model_dump(mode="json", exclude_none=True)

    def of(self, model: str, version: str) -> dict[str, Any] | None:
        """Return what is known of the prices of a model, JSON values only; None: nothing."""
        elsewise = _named(self.elsewise, model, version)
        own = [row for row in self.rows if row.of(model, version) and not elsewise]
        exact = [row.conditions | {"version": None} for row in own if row.version]
        rows = [row for row in own if row.version or row.conditions | {"version": None} not in exact]
        if not rows and not elsewise:
            return None
        prices = sorted((row.price for row in rows), key=Decimal)
        return {
            "currency": self.currency,
            "least": prices[0] if prices else None,
            "most": prices[-1] if prices else None,
            "least_seconds": _named(self.least_seconds, model, version),
            "assumed_seconds": _named(self.assumed_seconds, model, version),
            "elsewise": elsewise,
            "rows": [row.model_dump(mode="json", exclude_none=True, exclude={"model", "version"}) for row in rows],
        }

    def _row(self, request: VideoRequest) -> Row | None:
        facts = _facts(request)
        fitting = [row for row in self.rows if row.fits(facts)]
        return max(fitting, key=lambda row: (len(row.conditions), Decimal(row.price)), default=None)


def cost(price: str, seconds: float, least_seconds: float = 0.0) -> int:
    """Return what so many seconds cost, in millionths: never less than is paid."""
    billed = max(Decimal(str(seconds)), Decimal(str(least_seconds)))
    return int((Decimal(price) * MILLION * billed).to_integral_value(ROUND_CEILING))


def shown(amount: int) -> str:
    """Return an amount as people read it: `1.5`, `0.000001`."""
    whole, rest = divmod(abs(amount), MILLION)
    return f"{'-' if amount < 0 else ''}{whole}" + (f".{rest:06}".rstrip("0") if rest else "")


def millionths(amount: str | Decimal) -> int:
    """Return an amount that a person has written, in millionths; what is finer is cut off.

    Raises:
        ValueError: it is none.
    """
    try:
        value = Decimal(amount)
    except InvalidOperation:
        value = Decimal("NaN")
    if not value.is_finite() or not 0 <= value * MILLION <= MOST:
        raise ValueError("must be an amount like 12.50")
    return int(value * MILLION)


@cache
def load(path: str = "") -> Prices:
    """Read the table at `path`, or the one that is part of the package; once, for a process.

    Raises:
        ConfigurationError: there is none, or a row cannot be right; the message says which.
    """
    try:
        text = Path(path).read_text("utf-8") if path else (files("aigcq") / "prices.yaml").read_text("utf-8")
        return parse(text)
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise ConfigurationError(f"AIGCQ_PRICES={path} cannot be read: {error}") from None
    except ValidationError as error:
        wrong = "; ".join(_readable(each) for each in error.errors())
        raise ConfigurationError(f"AIGCQ_PRICES={path}: {wrong}") from None


def parse(text: str) -> Prices:
    """Return the table that `text` describes.

    Raises:
        pydantic.ValidationError: it describes none.
        yaml.YAMLError: it is no YAML.
    """
    return Prices.model_validate(yaml.safe_load(text))


def _facts(request: VideoRequest) -> dict[str, str | bool]:
    return {
        "model": request.model_name.casefold(),
        "version": request.model_version.casefold(),
        "resolution": (request.resolution or "").casefold(),
        "audio": request.audio_generation == "Enabled",
        "off_peak": request.off_peak == "Enabled",
        "references": bool(request.reference_images),
        "scene_type": (request.scene_type or "").casefold(),
    }


def _described(request: VideoRequest) -> str:
    """Return what a row would have to say."""
    words: Sequence[str] = [f"{request.model_name} {request.model_version}", request.resolution or "", _with(request)]
    return " ".join(filter(None, words))


def _with(request: VideoRequest) -> str:
    facts = _facts(request)
    said = [name for name in ("audio", "off_peak", "references") if facts[name]]
    return " ".join(f"with {name}" for name in said) + (f" scene {request.scene_type}" if request.scene_type else "")


def _of(table: Mapping[str, Any], request: VideoRequest) -> Any:
    return _named(table, request.model_name, request.model_version)


def _named(table: Mapping[str, Any], model: str, version: str) -> Any:
    """Return what a table says of a model; of its version before the model as a whole."""
    names = {name.casefold(): value for name, value in table.items()}
    return names.get(f"{model}-{version}".casefold(), names.get(model.casefold()))


def _folded(value: str | bool) -> str | bool:
    return value.casefold() if isinstance(value, str) else value


def _readable(item: Mapping[str, Any]) -> str:
    where = [str(part + 1) if isinstance(part, int) else str(part) for part in item["loc"]]
    return ": ".join(filter(None, [" ".join(where), str(item["msg"]).removeprefix("Value error, ")]))
