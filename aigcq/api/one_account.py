"""Of several accounts the one that a request is about."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

from fastapi import Depends, Query

from aigcq.api.audit import ActingStore
from aigcq.errors import InvalidRequest
from aigcq.store import Store

Account = Annotated[str, Query(description="The name of one account, where there are several; by default all.")]


def _named(store: ActingStore, account: Account = "") -> Store:
    if account and account not in store.names:
        raise InvalidRequest("account", "There is no such account.", list(store.names))
    return store.named(account) if account else store


AccountStore = Annotated[Store, Depends(_named)]
"""The queue of the account that the request names, or of all, for what is written down."""


def told_of(store: Store) -> Sequence[str]:
    """Return what an answer says of the accounts that something was done to; nothing where there is one."""
    return store.names if len(store.names) > 1 else []
