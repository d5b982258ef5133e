"""How papermill executes a notebook here: over local sockets, within limits, and a kernel that ends early is a failure."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import uuid4

import nbformat
from jupyter_client import AsyncKernelManager
from jupyter_client.provisioning import KernelProvisionerFactory
from jupyter_core.paths import jupyter_runtime_dir
from nbclient.exceptions import CellExecutionError, DeadKernelError
from papermill.clientwrap import PapermillNotebookClient
from papermill.engines import Engine, papermill_engines
from traitlets import Unicode, default

from helpers.runs.kernels import COLD, PROVISIONER
from helpers.runs.watch import Watch

NAME = "helpers"
# ipykernel says at its start over what it talks; --colors keeps escape codes out of saved errors.
_ARGUMENTS = ["--IPKernelApp.log_level=ERROR", "--InteractiveShell.colors=NoColor", "--matplotlib=inline"]


class _Manager(AsyncKernelManager):
    """A kernel that is talked to over sockets in a private folder, not over ports that others could take or listen to."""

    transport = Unicode("ipc")

    @default("connection_file")
    def _in_the_private_folder(self) -> str:
        # The sockets lie beside it, and by default they would lie in the working directory.
        return str(Path(jupyter_runtime_dir()) / f"{uuid4().hex[:12]}.json")


class Client(PapermillNotebookClient):
    """Executes cells under a watch."""

    watch: Watch
    dead = False

    def execute(self, **kwargs: Any) -> nbformat.NotebookNode:
        """Execute all cells, up to the first that fails."""
        self.reset_execution_trackers()
        with self.setup_kernel(**kwargs):
            self.papermill_execute_cells()
            if not self.dead:
                reply = self.wait_for_reply(self.kc.kernel_info())
                self.nb.metadata["language_info"] = reply["content"]["language_info"]
        return self.nb

    async def async_start_new_kernel(self, **kwargs: Any) -> None:
        """Start a kernel and its watch."""
        # jupyter_client reads this once, and a process may have several sessions.
        KernelProvisionerFactory.instance().default_provisioner_name = os.environ.get(PROVISIONER, COLD)
        await super().async_start_new_kernel(**kwargs)
        self.watch.begin(self.km.provisioner.pid)

    def papermill_execute_cells(self) -> None:
        """As papermill does, but that a dead kernel is an error of the cell that it died in."""
        for index, cell in enumerate(self.nb.cells):
            self.nb_man.cell_start(cell, index)
            self.watch.cell()
            try:
                self.execute_cell(cell, index)
            except CellExecutionError as error:
                _must_not_end_itself(cell)
                self.nb_man.cell_exception(cell, cell_index=index, exception=error)
                return
            except DeadKernelError as error:
                self.dead = True
                cell.outputs.append(nbformat.v4.new_output("error", ename="DeadKernelError", evalue=self._why(), traceback=[]))
                self.nb_man.cell_exception(cell, cell_index=index, exception=error)
                return
            finally:
                self.nb_man.cell_complete(cell, cell_index=index)

    def process_message(self, message: dict[str, Any], *arguments: Any) -> nbformat.NotebookNode | None:
        """Take what a kernel sends; what it shows beyond the limit is dropped."""
        if message["msg_type"] in ("stream", "display_data", "execute_result") and not self.watch.output(
            _size(message["content"])
        ):
            return None
        return super().process_message(message, *arguments)

    def _why(self) -> str:
        process = self.km.provisioner.process
        code = process.poll() if process else None
        return f"the kernel {_ended(code)}: {self.watch.reason or 'it gave no reason'}; it took up to {self.watch.said()}"


def _ended(code: int | None) -> str:
    if code is None:
        return "died"
    if code < 0:
        return f"was killed (signal {-code})"
    return f"ended by itself (exit code {code})"


def _size(content: dict[str, Any]) -> int:
    return len(content.get("text", "")) + sum(len(str(value)) for value in content.get("data", {}).values())


def _must_not_end_itself(cell: nbformat.NotebookNode) -> None:
    """Papermill takes a notebook that calls sys.exit() for a good one, whatever it left undone."""
    for output in cell.outputs:
        if output.output_type == "error" and output.ename == "SystemExit":
            output.evalue = f"the notebook ended itself before its last cell; {output.evalue or 'no reason is given'}"


class _Engine(Engine):
    """The engine by which papermill uses `Client`."""

    @classmethod
    def execute_managed_notebook(
        cls, nb_man: Any, kernel_name: str, watch: Watch, folder: str, on_cell_executed: Callable[..., None], **_: Any
    ) -> None:
        client = Client(
            nb_man,
            kernel_name=kernel_name,
            kernel_manager_class=_Manager,
            resources={"metadata": {"path": folder}},
            extra_arguments=list(_ARGUMENTS),
            # A kernel asked politely sometimes waits three seconds before it goes.
            shutdown_kernel="immediate",
            on_cell_executed=on_cell_executed,
        )
        client.watch = watch
        try:
            nb_man.nb = client.execute()
        finally:
            watch.end()


papermill_engines.register(NAME, _Engine)
