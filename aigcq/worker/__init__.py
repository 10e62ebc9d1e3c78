"""Claim, submit, poll, settle: what happens to a task between the queue and the video.

`worker.py` takes deliveries and stops in order; `driver.py` drives one of them, `settler.py` ends it;
`submission.py` is the protocol that never pays twice; `rhythm.py` says when to look at a vendor task;
`listener.py` hears what others do; `stop.py` ends waits early.
"""
