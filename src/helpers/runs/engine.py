"""How papermill executes a notebook here: over local sockets, within limits, and a kernel that ends early is a failure."""

import os
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any
from uuid import uuid4

import nbformat
from jupyter_client import AsyncKernelManager
from jupyter_client.provisioning import KernelProvisionerFactory
from jupyter_core.paths import jupyter_runtime_dir
from jupyter_core.utils import ensure_event_loop
from nbclient.exceptions import CellExecutionError, DeadKernelError
from papermill.clientwrap import PapermillNotebookClient
from papermill.engines import Engine, papermill_engines
from traitlets import Unicode, default

from helpers.runs.kernels import COLD, PROVISIONER
from helpers.runs.watch import Watch

NAME = "helpers"
# ipykernel says at its start over what it talks; --colors keeps escape codes out of saved errors.
_ARGUMENTS = ["--IPKernelApp.log_level=ERROR", "--InteractiveShell.colors=NoColor", "--matplotlib=inline"]
_SHOWN = ("stream", "display_data", "update_display_data", "execute_result")
_ITSELF = "the notebook ended itself"
# Of an error's text and of each part of its traceback, characters.
_LONGEST_ERROR, _MOST_PARTS = 20_000, 50


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
    dead = ended_itself = False
    # The last cell that was executed, its index, and its number among those with code.
    last: tuple[nbformat.NotebookNode, int, int] | None = None

    def execute(self, **kwargs: Any) -> nbformat.NotebookNode:
        """Execute all cells, up to the first that fails."""
        self.reset_execution_trackers()
        with self.setup_kernel(**kwargs):
            try:
                self.papermill_execute_cells()
                if not self.dead:
                    self._ask_its_language()
            finally:
                self.watch.end()
        return self.nb

    # It is this one that setup_kernel calls, and not the one that awaits.
    def start_new_kernel(self, **kwargs: Any) -> None:
        """Start a kernel and its watch."""
        # jupyter_client reads this once, and a process may have several sessions.
        KernelProvisionerFactory.instance().default_provisioner_name = os.environ.get(PROVISIONER, COLD)
        super().start_new_kernel(**kwargs)
        self.watch.begin(self.km.provisioner.pid)

    def papermill_execute_cells(self) -> None:
        """As papermill does, but that a notebook which ends its kernel has failed, in the cell that did."""
        number = 1
        for index, cell in enumerate(self.nb.cells):
            self.nb_man.cell_start(cell, index)
            self.watch.cell()
            self.ended_itself = False
            try:
                self.execute_cell(cell, index)
                if self.watch.reason:
                    # It was killed for what it showed, which came after it said that the cell is done.
                    raise DeadKernelError(self.watch.reason)
                if self.ended_itself:
                    self._died_in(cell, index, number, "SystemExit", f"{_ITSELF}; it called exit() or quit()")
                    return
            except CellExecutionError as error:
                _must_not_end_itself(cell)
                self.nb_man.cell_exception(cell, cell_index=index, exception=error)
                return
            except DeadKernelError:
                self._died_in(cell, index, number, "DeadKernelError", self._why())
                return
            finally:
                self.nb_man.cell_complete(cell, cell_index=index)
            if cell.get("execution_count"):
                self.last = cell, index, cell.execution_count
                number = cell.execution_count + 1

    def _ask_its_language(self) -> None:
        try:
            reply = self.wait_for_reply(self.kc.kernel_info())
            self.nb.metadata["language_info"] = reply["content"]["language_info"]
        except DeadKernelError:
            if self.last:
                self._died_in(*self.last, "DeadKernelError", self._why())

    def replied(self, tell: Callable[..., None], execute_reply: dict[str, Any], **more: Any) -> None:
        """Take the reply to a cell: ipykernel ends itself a moment after exit(), and the next cells may still be executed."""
        asked = execute_reply["content"].get("payload", [])
        self.ended_itself = any(one.get("source") == "ask_exit" for one in asked)
        tell(execute_reply=execute_reply, **more)

    def process_message(self, message: dict[str, Any], *arguments: Any) -> nbformat.NotebookNode | None:
        """Take what a kernel sends; what it shows beyond the limit is dropped, but for the end of an error."""
        content = message["content"]
        if message["msg_type"] == "error":
            content["evalue"], content["traceback"] = content["evalue"][-_LONGEST_ERROR:], _shortened(content["traceback"])
        elif message["msg_type"] in _SHOWN and not self.watch.output(_size(content)):
            return None
        return super().process_message(message, *arguments)

    def _died_in(self, cell: nbformat.NotebookNode, index: int, number: int, name: str, why: str) -> None:
        self.dead = True
        # A kernel that dies at once has not said which cell it is at.
        cell.execution_count = number
        cell.outputs.append(nbformat.v4.new_output("error", ename=name, evalue=why, traceback=[f"{name}: {why}"]))
        self.nb_man.cell_exception(cell, cell_index=index, exception=DeadKernelError(why))

    def _why(self) -> str:
        process = self.km.provisioner.process
        code = process.poll() if process else None
        reason = "the warm server that it was forked from is gone" if getattr(process, "orphaned", False) else "it gave no reason"
        return f"the kernel {_ended(code)}: {self.watch.reason or reason}; it took up to {self.watch.said()}"


def _ended(code: int | None) -> str:
    if code is None:
        return "died"
    if code < 0:
        return f"was killed (signal {-code})"
    return f"ended by itself (exit code {code})"


def _size(content: dict[str, Any]) -> int:
    return len(content.get("text", "")) + sum(len(str(value)) for value in content.get("data", {}).values())


def _shortened(traceback: list[str]) -> list[str]:
    """The end of a traceback, which says most."""
    return [part[-_LONGEST_ERROR:] for part in traceback[-_MOST_PARTS:]]


def _must_not_end_itself(cell: nbformat.NotebookNode) -> None:
    """Papermill takes a notebook that calls sys.exit() for a good one, whatever it left undone."""
    for output in cell.outputs:
        if output.output_type == "error" and output.ename == "SystemExit":
            output.evalue = f"{_ITSELF}; {output.evalue or 'no reason is given'}"


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
        )
        client.watch = watch
        client.on_cell_executed = partial(client.replied, on_cell_executed)
        try:
            nb_man.nb = client.execute()
        finally:
            watch.end()
            # That of this thread, which would keep its sockets; whoever needs one again makes one.
            if not (loop := ensure_event_loop()).is_running():
                loop.close()


papermill_engines.register(NAME, _Engine)
