"""`python -m drivesynth`."""

from drivesynth.cli import main

main()
