"""Several vendor accounts in one deployment: each is a queue, and all of them are one service.

`open_accounts` opens them; `Accounts` knows in which one a task is, and `Router` to which one a new one goes.
`Mover` takes what is queued in an account that is paused to one that is not. `StoreOfAll` is all of them as one.
`Historian` writes down what happens in each.
"""

from __future__ import annotations

from aigcq.accounts.accounts import Accounts, OpenAccount, open_accounts
from aigcq.accounts.historian import Historian
from aigcq.accounts.moving import Mover, complete
from aigcq.accounts.routing import Router
from aigcq.accounts.whole import StoreOfAll

__all__ = ["Accounts", "Historian", "Mover", "OpenAccount", "Router", "StoreOfAll", "complete", "open_accounts"]
