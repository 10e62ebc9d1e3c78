"""`python -m aigcq` and `aigcq`: the command line."""

import signal

if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
    # Loading the libraries takes a second: Ctrl-C in it ends the process, without a traceback.
    signal.signal(signal.SIGINT, signal.SIG_DFL)

from aigcq.cli import main  # after the line above

if signal.getsignal(signal.SIGINT) is signal.SIG_DFL:
    signal.signal(signal.SIGINT, signal.default_int_handler)

if __name__ == "__main__":
    main()
