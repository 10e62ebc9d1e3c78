"""What Prometheus reads: `/metrics`."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import PlainTextResponse

from aigcq.exporter import CONTENT_TYPE, Scrape

router = APIRouter(tags=["operation"])


@router.get("/metrics", response_class=PlainTextResponse)
async def metrics(request: Request) -> PlainTextResponse:
    """Return figures of this process and of the queue, as Prometheus reads them; see docs/reference/metrics.md.

    Without Redis it answers too, with `aigcq_redis_up 0`. Where keys are needed, AIGCQ_METRICS_TOKEN
    is good for it too.
    """
    scrape: Scrape = request.app.state.scrape
    return PlainTextResponse(await scrape.text(), headers={"Content-Type": CONTENT_TYPE})
