"""The queue system test: `python test_queue.py [--url …] [--spend]`; exits 0 or 1."""

import sys

from aigcq.__main__ import main

if __name__ == "__main__":
    sys.argv[1:] = ["smoke", *sys.argv[1:]]
    main()
