"""The HTTP API: one file per dialect; `app.py` puts them together."""

from aigcq.api.app import create_app

__all__ = ["create_app"]
