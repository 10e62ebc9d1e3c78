"""`python -m aigcq`: the command line."""

from aigcq.cli import main

main()
