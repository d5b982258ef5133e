"""Say something on standard output; apart, so that it takes no time to import."""

import sys


def say(text: str) -> None:
    """Print; a reader who has read enough (``| head``), or a full disk behind it, does not undo a run."""
    try:
        print(text, flush=True)
    except OSError:
        sys.stdout = None
