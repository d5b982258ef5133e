"""One sweep, made once and read by many tests."""

import pytest

from tests.conftest import notebooks

GRID = "icc: [0, 0.1]\nmargin: [0.05, 0.1]\nframe: ''\n"


def sweeps(outputs):
    return [path for path in sorted((outputs / "sweeps").iterdir()) if not path.name.startswith(".")]


@pytest.fixture(scope="session")
def swept(once):
    def run(place):
        (place / "policy.yaml").write_text(GRID)
        return notebooks("sweep", "01", "--grid", place / "policy.yaml", "--output", place, "--jobs", 2)

    place, done = once("swept", run)
    (folder,) = sweeps(place)
    return place, folder, done.stdout
