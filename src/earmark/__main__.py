"""`python -m earmark` is the command `earmark`."""

from earmark.cli import main

main()
