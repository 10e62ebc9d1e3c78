"""The API: `uvicorn app:app --reload --host 0.0.0.0 --port 8000`."""

from aigcq.api import create_app

app = create_app()
