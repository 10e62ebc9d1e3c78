"""aigcq: a queue in front of Tencent Cloud VOD's AIGC video generation."""

from importlib.metadata import PackageNotFoundError, version

try:
    __version__ = version("aigcq")
except PackageNotFoundError:  # run from a checkout that was never installed (`python worker.py`)
    __version__ = "0.1.0"
