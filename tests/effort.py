"""How hard the slowest random tests try: a part of their examples in `make test`, all of them in `make thorough`."""

import os

THOROUGH = "THOROUGH" in os.environ


def examples(number: int) -> int:
    """So many random examples, or a third of them."""
    return number if THOROUGH else max(4, number // 3)
