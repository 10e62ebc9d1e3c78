"""What was spent: `/aigc/spend`."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.responses import StreamingResponse

from aigcq.api.books import csv_by_model, csv_by_task, spend_of
from aigcq.api.dependencies import CallerDep, SettingsDep, StoreDep
from aigcq.api.problems import described
from aigcq.caller import ANYONE, Scope
from aigcq.errors import ScopeMissing
from aigcq.schemas import Spend
from aigcq.tenant import NAME, inward

router = APIRouter(prefix="/aigc", tags=["spend"])

CSV = "text/csv; charset=utf-8"
Month = Annotated[
    str, Query(pattern=r"^(20\d\d-(0[1-9]|1[0-2]))?$", description="`2026-11`; by default the month that it is.")
]


def whose(
    caller: CallerDep,
    tenant: Annotated[
        str,
        Query(
            pattern=f"^({NAME.pattern})?$",
            description="Of one tenant; by default of all that you may see. Another one's takes the scope `admin`.",
        ),
    ] = "",
) -> str | None:
    """Return of whom the caller may be told, as records have it; None: of everybody.

    Raises:
        ScopeMissing: it may not be told of that tenant, whether there is one or not.
    """
    if caller.sees == ANYONE:
        return inward(tenant) if tenant else None
    if tenant and inward(tenant) != caller.sees:
        raise ScopeMissing(Scope.ADMIN)
    return caller.sees


Whose = Annotated[str | None, Depends(whose)]


@router.get("/spend", responses=described(422, 503))
async def spend(request: Request, store: StoreDep, settings: SettingsDep, whose: Whose, month: Month = "") -> Spend:
    """Tell what was spent in a month, by day, tenant and model, and what the budgets have left.

    With `Accept: text/csv` as CSV, like `GET /aigc/spend.csv`."""
    found = await spend_of(store, _month(month, store), whose)
    if "text/csv" in request.headers.get("accept", ""):
        return Response(csv_by_model(found), media_type=CSV)  # type: ignore[return-value]  # the framework sends it as it is
    return found


@router.get("/spend.csv", responses=described(422, 503), response_class=Response)
async def spend_csv(
    store: StoreDep, whose: Whose, month: Month = "", by: Literal["model", "task"] = "model"
) -> Response:
    """Export a month as CSV: by day, tenant and model; or by task, for what is on record still."""
    wanted = _month(month, store)
    name = f"spend-{wanted[:4]}-{wanted[4:]}-by-{by}.csv"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    if by == "task":
        return StreamingResponse(csv_by_task(store, wanted, whose), media_type=CSV, headers=headers)
    return Response(csv_by_model(await spend_of(store, wanted, whose)), media_type=CSV, headers=headers)


def _month(given: str, store: StoreDep) -> str:
    return given.replace("-", "") or store.connection.today[:6]
