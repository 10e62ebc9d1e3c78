"""The bare chain's second half: hears of a task by a blocking XREAD, and calls the vendor.

python -m benchmarks.chain
"""

from __future__ import annotations

import os

import aiohttp
import uvloop
from redis.asyncio import Redis

from aigcq.store.control import entries_of
from benchmarks.doors import STREAM

PROMPT = "x" * 500


async def hear() -> None:
    redis = Redis.from_url(os.environ["REDIS_URL"], decode_responses=True, legacy_responses=False, socket_timeout=None)
    after = "0"
    async with aiohttp.ClientSession() as session:
        while True:
            for entry_id, fields in entries_of(await redis.xread({STREAM: after}, block=5000)):
                after = entry_id
                body = {"Prompt": PROMPT, "SessionContext": fields["task"]}
                headers = {"X-TC-Action": "CreateAigcVideoTask"}
                async with session.post(os.environ["TENCENTCLOUD_ENDPOINT"], json=body, headers=headers) as answer:
                    await answer.read()


if __name__ == "__main__":
    uvloop.run(hear())
