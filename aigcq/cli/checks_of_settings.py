"""What `aigcq doctor` finds in the settings: what contradicts itself, or does not do what was meant."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from aigcq import prices
from aigcq.cli.checks import Check, ok, warn
from aigcq.config import Settings, environment_name

NAME: Final = "settings"
CREATE_RATE, DESCRIBE_RATE = 20.0, 100.0
"""What the vendor allows in a second."""
UNUSED: Final[dict[str, tuple[str, ...]]] = {"ceiling": ("threshold_decrease", "hold_seconds"), "step": ()}
"""Settings that a policy of the limit does not read."""


def of_settings(settings: Settings) -> list[Check]:
    """Return each contradiction, or that there is none."""
    found = [*_limits(settings), *_kept(settings), *_told(settings), *_money(settings)]
    return found or [ok(NAME, "They do not contradict each other.")]


def _limits(settings: Settings) -> Iterator[Check]:
    for name, most in (("create_rate", CREATE_RATE), ("describe_rate", DESCRIBE_RATE)):
        if getattr(settings, name) > most:
            yield warn(
                NAME,
                f"{environment_name(name)} is above the {most:g} calls per second that the vendor allows.",
                f"Set it to at most {most * 0.8:g}.",
            )
    for name in UNUSED[settings.limit_policy]:
        if name in settings.model_fields_set:
            variable = environment_name(name)
            yield warn(
                NAME,
                f"{variable} is set, but AIGCQ_LIMIT_POLICY={settings.limit_policy} does not read it.",
                f"Take {variable} out, or set AIGCQ_LIMIT_POLICY=step.",
            )
    if settings.rate_limit_action == "fail":
        yield warn(
            NAME,
            "RATE_LIMIT_ACTION=fail: a task that the vendor throttles fails instead of waiting for its turn.",
            "Set RATE_LIMIT_ACTION=requeue, unless your clients expect that.",
        )


def _kept(settings: Settings) -> Iterator[Check]:
    retention = settings.storage_retention_seconds
    if settings.storage.strip().lower() != "off" and 0 < retention < settings.result_ttl_seconds:
        yield warn(
            NAME,
            "Videos are deleted before the tasks that name them: AIGCQ_STORAGE_RETENTION_SECONDS is shorter than "
            "AIGCQ_RESULT_TTL_SECONDS.",
            "Let videos live at least as long as their tasks.",
        )
    if settings.idempotency_ttl_seconds < settings.save_seconds:
        yield warn(
            NAME,
            "An Idempotency-Key may be forgotten while its task still runs: AIGCQ_IDEMPOTENCY_TTL_SECONDS is shorter "
            "than AIGCQ_SAVE_SECONDS.",
            "Keep keys for a day at least: a client that repeats later pays twice.",
        )


def _told(settings: Settings) -> Iterator[Check]:
    url = settings.public_url
    if settings.webhook_url.get_secret_value() and not url:
        yield warn(
            NAME,
            "Webhooks are sent, but without AIGCQ_PUBLIC_URL they cannot name the address of a kept video.",
            "Set AIGCQ_PUBLIC_URL to how clients reach the API.",
        )
    if settings.auth != "off" and url.startswith("http://") and not settings.vendor_is_simulated:
        yield warn(
            NAME,
            "AIGCQ_PUBLIC_URL is plain HTTP: API keys travel where others can read them.",
            "Put the API behind HTTPS, and set AIGCQ_PUBLIC_URL to it.",
        )


def _money(settings: Settings) -> Iterator[Check]:
    budget = any(float(each) for each in (settings.budget_day, settings.budget_month))
    if budget and not prices.load(settings.prices).rows and settings.unpriced == "refuse":
        yield warn(
            NAME,
            "There is a budget, but no model has a price: every task is refused.",
            "Give prices in the file that AIGCQ_PRICES names, or set AIGCQ_UNPRICED=allow.",
        )
