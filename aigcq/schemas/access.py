"""Keys and tenants, as administrators handle them."""

from __future__ import annotations

from typing import Annotated, Final, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StrictFloat, StrictInt, WithJsonSchema

from aigcq.api_key import NAME_MAX_CHARS
from aigcq.request import Number, Printable
from aigcq.schemas.answer import Answer
from aigcq.tenant import DEFAULT, NAME

MILLIONTHS: Final = 1_000_000
"""In which amounts are kept: they are whole numbers, so that nothing is lost by counting."""
LONGEST_SECONDS: Final = 10 * 365 * 86400
MOST: Final = 1_000_000_000

TenantName = Annotated[str, Field(pattern=f"^{NAME.pattern}$")]
Word = Literal["create", "read", "admin"]
Amount = Annotated[
    StrictInt | StrictFloat,
    Field(ge=0, le=MOST),
    Number,
    WithJsonSchema({"type": "number", "minimum": 0, "maximum": MOST}),
]
"""Counted to the millionth."""


class _Body(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True, hide_input_in_errors=True)


class NewKey(_Body):
    """A key to be made."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"tenant": "trailers", "name": "render farm"}]})

    tenant: TenantName = DEFAULT
    """For whom it is: what is made with it belongs to this tenant."""
    name: Annotated[Printable, Field(max_length=NAME_MAX_CHARS)] = ""
    """What you will know it by."""
    scopes: Annotated[tuple[Word, ...], Field(min_length=1, max_length=3)] = ("create", "read")
    """What it is good for; `admin`: everything, for every tenant."""
    expires_in_seconds: Annotated[int, Field(ge=1, le=LONGEST_SECONDS), Number] | None = None
    """After that it is good for nothing; null: never."""


class Rotation(_Body):
    """How a key is replaced."""

    overlap_seconds: Annotated[int, Field(ge=1, le=30 * 86400), Number] = 86400
    """For so long the old one goes on."""


class KeyInfo(Answer):
    """A key, without what opens."""

    id: str
    tenant: str
    name: str
    scopes: list[Word]
    state: Literal["active", "expired", "revoked"]
    created_at: AwareDatetime
    expires_at: AwareDatetime | None
    """Null: never."""
    revoked_at: AwareDatetime | None
    last_used_at: AwareDatetime | None
    """To the minute; null: never."""


class KeyMade(KeyInfo):
    """A key that was just made: this is the one time that it is shown."""

    key: str
    """Keep it; only its hash is kept here."""


class KeyList(Answer):
    """All keys, the newest first; revoked and expired ones too."""

    keys: list[KeyInfo]


class TenantSettings(_Body):
    """What a tenant may take; 0: no limit of its own. What is left out is as by default."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"weight": 2, "max_live": 3, "budget_day": 12.5}]})

    weight: Annotated[float, Field(gt=0, le=1000), Number] = 1.0
    """Its share of the account beside others that want it as well."""
    max_live: Annotated[int, Field(ge=0, le=100_000), Number] = 0
    """How many of its videos may be made at once."""
    backlog_limit: Annotated[int, Field(ge=0, le=MOST), Number] = 0
    """How many of its tasks may be unfinished."""
    requests_per_minute: Annotated[int, Field(ge=0, le=MOST), Number] = 0
    """How many requests each of its keys may make."""
    budget_day: Amount = 0
    """What it may spend in a day, in the currency of the price table."""
    budget_month: Amount = 0
    """The same in a month."""


class TenantInfo(Answer):
    """A tenant, and what it may take; 0: no limit of its own."""

    name: str
    weight: float
    max_live: int
    backlog_limit: int
    requests_per_minute: int
    budget_day: float
    """In the currency of the price table."""
    budget_month: float


class TenantList(Answer):
    """All tenants with settings of their own; any other has the defaults."""

    tenants: list[TenantInfo]
