"""What labels may say: words of a set that does not grow, whatever clients and the vendor send."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Final

from aigcq import catalogue
from aigcq.errors import AigcqError

OTHER: Final = "other"
_METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS"})


def model_of(name: str) -> str:
    """Return a model as the catalogue knows it."""
    return name if name in _models() else OTHER


def family_of(name: str) -> str:
    """Return a model without its version as the catalogue knows it."""
    return name if name in _families() else OTHER


def code_of(code: str) -> str:
    """Return the code of an error as the tree of errors knows it; empty stays empty."""
    return code if not code or code in _codes() else OTHER


def method_of(method: str) -> str:
    return method if method in _METHODS else OTHER


@cache
def _models() -> frozenset[str]:
    return frozenset(f"{model.name}-{each.version}" for model in catalogue.load().models for each in model.versions)


@cache
def _families() -> frozenset[str]:
    return frozenset(model.name for model in catalogue.load().models)


@cache
def _codes() -> frozenset[str]:
    return frozenset(each.code for each in _tree(AigcqError))


def _tree(cls: type[AigcqError]) -> Iterator[type[AigcqError]]:
    yield cls
    for each in cls.__subclasses__():
        yield from _tree(each)
