"""What this process has done, counted: the instruments of the process, as `telemetry` is its log.

They are of the process, like its logger, and there is one of each: whoever counts does not have to be given
anything, and a scrape finds all of it. What is said in the log is counted from the line (`events.py`); the rest, which
is no news to a person, where it happens. Labels are words of a small set: no ids, no tenants, no text of anybody.
"""

from aigcq.metrics.events import counted
from aigcq.metrics.instruments import (
    HELD,
    HTTP_REQUESTS,
    HTTP_SECONDS,
    LISTENERS,
    REDIS_SECONDS,
    REGISTRY,
    SUBMISSIONS,
    VENDOR_SECONDS,
    Documented,
    documented,
    exported,
)
from aigcq.metrics.words import code_of, family_of, method_of, model_of

__all__ = [
    "HELD", "HTTP_REQUESTS", "HTTP_SECONDS", "LISTENERS", "REDIS_SECONDS", "REGISTRY", "SUBMISSIONS", "VENDOR_SECONDS",
    "Documented", "code_of", "counted", "documented", "exported", "family_of", "method_of", "model_of",
]  # fmt: skip
