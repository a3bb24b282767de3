"""``python -m sidecar`` is the command ``sidecar``."""

from sidecar.cli.program import main

if __name__ == "__main__":
    main()
