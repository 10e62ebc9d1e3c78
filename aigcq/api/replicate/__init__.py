"""Replicate's protocol: `/v1/predictions`, for unmodified clients.

`routes.py` has the predictions, `catalogue_routes.py` the models, `file_routes.py` the files that clients send before.
A body is checked by `schema.py`, its `input` put into our words by `inputs.py`, its model found by `models.py`, its
picture by `pictures.py`; `creating.py` makes it a task. `prediction.py` shows a task as the protocol's prediction,
`errors.py` its errors, `waiting.py` is what `Prefer: wait` asks for.
"""

from aigcq.api.replicate.errors import Errors, is_replicate
from aigcq.api.replicate.prediction import hook_body
from aigcq.api.replicate.routes import router

__all__ = ["Errors", "hook_body", "is_replicate", "router"]
