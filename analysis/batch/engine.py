"""The papermill engine `altro`: runs a notebook in a warm kernel, in a plain one where there is none, with limits of time and few saves.

papermill loads it at its own import: nothing heavy may be imported here.
"""

from __future__ import annotations

from typing import Any

AUTOSAVE = 2.0  # seconds
OURS = ("input_path", "timeout", "startup_timeout", "autosave_cell_every", "execution_timeout")


class Engine:
    """The engine that papermill knows as `altro`."""

    @classmethod
    def execute_notebook(
        cls,
        nb: Any,
        kernel_name: str,
        output_path: str | None = None,
        progress_bar: Any = False,
        log_output: bool = False,
        cell_timeout: float | None = None,
        notebook_timeout: float | None = None,
        report: dict[str, Any] | None = None,
        autosave: float = AUTOSAVE,
        start_timeout: float = 60,
        **options: Any,
    ) -> Any:
        """Run the cells of `nb` and return it with their outputs.

        `cell_timeout` and `notebook_timeout` are seconds (None: no limit); past them the kernel's whole process group is killed at once
        and CellTimeoutError leaves. `report` is filled with `kernel` ("warm-fork" or "plain"), `why` it is plain, `exit` (code, or minus
        the signal), `peak` (bytes), `ended` ("", "cell-timeout", "notebook-timeout", "died"), `notebook` (as it
        stands in memory, for where it cannot be written). While cells run, the notebook is written
        when `autosave` seconds have passed since the last write, and always before an error leaves.
        """
        from papermill.log import logger

        from analysis.batch.kernels import Client, Record

        record = Record(nb, output_path, autosave, progress_bar=progress_bar, log_output=log_output)
        if report is not None:
            report["notebook"] = record.nb
        record.notebook_start()
        kept = {name: value for name, value in options.items() if name not in OURS}
        client = Client(
            record, {} if report is None else report, cell_timeout, notebook_timeout, kernel_name=kernel_name, log=logger,
            log_output=log_output, startup_timeout=int(start_timeout), **kept,
        )  # fmt: skip
        try:
            client.execute()
        except BaseException:
            record.notebook_complete()
            record.write()
            raise
        finally:
            record.cleanup_pbar()
        record.notebook_complete()
        return record.nb

    @classmethod
    def nb_kernel_name(cls, nb: Any, name: str | None = None) -> str:
        from papermill.utils import nb_kernel_name

        return nb_kernel_name(nb, name)

    @classmethod
    def nb_language(cls, nb: Any, language: str | None = None) -> str:
        from papermill.utils import nb_language

        return nb_language(nb, language)
