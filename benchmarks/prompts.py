"""What is asked for: seeded requests, as clients send them and as the route resolves them."""

from __future__ import annotations

from pathlib import Path
from random import Random
from typing import Any, Final
from uuid import UUID

from aigcq import catalogue
from aigcq.request import VideoRequest
from aigcq.schemas import CreateTask

WORDS: Final = Path(__file__).with_name("words.txt").read_text("utf-8").split()


def prompt(rng: Random, length: int = 500) -> str:
    """Return a text of exactly `length` bytes that reads, and compresses, about as a prompt does."""
    text = ""
    while len(text) < length:
        text += rng.choice(WORDS) + rng.choice([" ", " ", " ", ", ", ". "])
    return text[:length].strip().ljust(length, ".")


def body(rng: Random, length: int = 500) -> dict[str, Any]:
    """Return what a client would POST."""
    return {
        "prompt": prompt(rng, length),
        "model_name": "Hailuo",
        "model_version": "2.3",
        "duration": 6,
        "resolution": "768P",
    }


def resolved(rng: Random, length: int = 500) -> VideoRequest:
    """Return such a request as the route has it: validated, every default of its model filled in."""
    return CreateTask.model_validate(body(rng, length)).to_request(catalogue.load())


def identified(rng: Random) -> tuple[str, VideoRequest]:
    """Return a task's id and its request: of one seed always the same ones."""
    return str(UUID(int=rng.getrandbits(128), version=4)), resolved(rng)
