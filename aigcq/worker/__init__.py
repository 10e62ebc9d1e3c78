"""Claim, submit, poll, settle: what happens to a task between the queue and the video.

`worker.py` takes deliveries and stops in order; `driver.py` drives one of them to its end;
`submission.py` is the protocol that never pays twice; `listener.py` hears what others do;
`stop.py` ends waits early.
"""
