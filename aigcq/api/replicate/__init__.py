"""Replicate's protocol: `/v1/predictions`, for unmodified clients.

`routes.py` has the predictions, `catalogue_routes.py` the models, `file_routes.py` the files that clients send before.
A body is checked by `schema.py`, its `input` put into our words by `inputs.py`, its model found by `models.py`, its
picture by `pictures.py`; `creating.py` makes it a task. `prediction.py` shows a task as the protocol's prediction,
`errors.py` its errors, `waiting.py` is what `Prefer: wait` asks for.
"""
