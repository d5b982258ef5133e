"""What a warm server imports once, so that the kernels forked from it need not: the scientific stack and the helpers.

Nothing here may start a thread, an event loop, a socket or a figure, since a fork copies none of them soundly.
"""

import gc
import importlib
import os
import pkgutil
import sys
from contextlib import suppress
from multiprocessing import spawn

from helpers.runs.server import BACKEND

_STACK = (
    "ipykernel.kernelapp",
    "ipykernel.zmqshell",
    "matplotlib.backends.backend_agg",
    "matplotlib.backends.backend_svg",
    "matplotlib.pyplot",
    "pandera.pandas",
    # Imported by pandera at its first check, where hypothesis is installed.
    "pandera.strategies.pandas_strategies",
    "PIL.PngImagePlugin",
    "pyarrow.parquet",
    "scipy.stats",
    "seaborn",
    "statsmodels.api",
    "statsmodels.genmod.generalized_estimating_equations",
    "statsmodels.miscmodels.ordinal_model",
)
_OURS = ("helpers", "helpers.cases", "helpers.disclosure", "helpers.parameters")

# Without it figures vanish.
os.environ.setdefault("MPLBACKEND", BACKEND)
# Where Python looks for modules, without what the server's client has beside it.
PATH = list(sys.path)

for _name in _STACK:
    # What is missing is missed, and told of, by the notebook that needs it.
    with suppress(ImportError):
        importlib.import_module(_name)
for _package in _OURS:
    for _module in pkgutil.iter_modules(importlib.import_module(_package).__path__, f"{_package}."):
        importlib.import_module(_module.name)

# A child would import the main module of its client, which no kernel needs, and which may take as long as all the rest.
spawn._fixup_main_from_name = spawn._fixup_main_from_path = lambda _: None

# What is imported stays as it is, so that the collector of a kernel touches, and thereby copies, none of its memory.
gc.collect()
gc.freeze()
