"""Pictures of every page, to be looked at: both languages, both themes, a desktop and a phone.

python -m tests.browser.screenshots OUT [PAGE…]
"""

from __future__ import annotations

import itertools
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

from playwright.sync_api import Browser, Page

from tests.acceptance.cluster import Cluster
from tests.browser.desk import SIZES, chromium, looking, service

LOCALES: Final = {"en": "en-GB", "zh": "zh-CN"}
THEMES: Final = ("light", "dark")
FILMS: Final[list[dict[str, Any]]] = [
    {"prompt": "一只橘猫在窗台上伸懒腰，清晨的阳光透过纱帘"},
    {"prompt": "A fox runs through fresh snow at sunrise, the camera low and close behind it"},
    {"prompt": "海浪拍打礁石，航拍镜头缓缓拉远", "model_name": "Kling", "model_version": "2.5", "duration": 5},
    {"prompt": "A paper boat drifts down a rainy street, neon in the puddles", "model_name": "Vidu",
     "model_version": "q3-turbo", "duration": 5},
    {"prompt": "城市夜景延时摄影，车流如织", "model_version": "02"},
    {"prompt": "A potter's hands shape wet clay on a wheel, close-up", "model_name": "Kling", "model_version": "3.0",
     "duration": 5},
]  # fmt: skip
SETTLE_MS: Final = 1200


def main(out: Path, wanted: list[str]) -> None:
    out.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(prefix="aigcq-shots-") as folder, service(Path(folder), latency="1-2") as cluster:
        pages = furnished(cluster)
        with chromium() as browser:
            for name, address in pages.items():
                if not wanted or name in wanted:
                    taken(browser, cluster, out, name, address)


def furnished(cluster: Cluster) -> dict[str, str]:
    """Let there be something of everything; return where each page is."""
    made = [create(cluster, **film, metadata={"order": f"A-{1040 + at}"}) for at, film in enumerate(FILMS * 2)]
    cluster.until_ended(made)
    cluster.change_simulator(faults={"async_fail:InputTextSensitiveContentDetected": 1})
    failed = create(cluster, prompt="A prompt that the vendor's moderation refuses")
    cluster.until_ended([failed])
    cluster.change_simulator(faults={}, latency=[600, 900])
    later = [create(cluster, **film) for film in FILMS[:5]]
    cluster.http.post(f"{cluster.api_url}/aigc/tasks/{later[-1]}/cancel").raise_for_status()
    cluster.until(lambda: cluster.status(later[0])["phase"] == "generating")
    return {
        "overview": "", "tasks": "tasks", "task": f"tasks/{made[-1]}", "task-failed": f"tasks/{failed}",
        "task-running": f"tasks/{later[0]}", "task-queued": f"tasks/{later[3]}", "create": "create",
        "create-running": f"create?task={later[0]}", "create-done": f"create?task={made[0]}", "gallery": "gallery",
        "viewer": f"gallery?video={made[0]}", "operate": "operate", "operate-workers": "operate/workers",
        "operate-dead": "operate/dead", "operate-keys": "operate/keys", "empty": "tasks?status=failed&model=OS-2.0",
    }  # fmt: skip


def create(cluster: Cluster, **fields: Any) -> str:
    return str(cluster.create(**fields)["task_id"])


def taken(browser: Browser, cluster: Cluster, out: Path, name: str, address: str) -> None:
    for language, theme, size in itertools.product(LOCALES, THEMES, SIZES):
        context = looking(browser, cluster.api_url, size=size, locale=LOCALES[language], color_scheme=theme)
        page = context.new_page()
        page.goto(f"/#/{address}")
        page.wait_for_timeout(SETTLE_MS)
        whole(page)
        path = out / f"{name}-{language}-{theme}-{size}.png"
        page.screenshot(path=path)
        print(path, flush=True)
        context.close()


def whole(page: Page) -> None:
    """Make the window as high as the page: what sticks to its edge is then where it belongs, and pictures load."""
    size = page.viewport_size
    assert size
    high = page.evaluate("document.documentElement.scrollHeight")
    page.set_viewport_size({"width": size["width"], "height": min(4000, max(size["height"], high))})
    page.wait_for_timeout(300)


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "screenshots"), sys.argv[2:])
