"""The protocol of OpenAI's video service, which outlived it: `/v1/videos`, for unmodified clients.

`routes.py` is the index; a body is read by `body.py` and `brackets.py`, checked by `schema.py`, put into the
catalogue's words by `mapping.py`, `names.py` and `sizes.py`, and made a task by `creating.py`. `video.py` shows a
task as the protocol's video, `envelope.py` its errors.
"""
