"""A worker: `python worker.py`."""

import sys

from aigcq.__main__ import main

if __name__ == "__main__":
    sys.argv[1:] = ["worker", *sys.argv[1:]]
    main()
