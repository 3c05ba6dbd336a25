"""Checkpoints: the values of variables in a file, and back. The file is NumPy's .npz, which holds arrays and no code."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy

from minigrad.tf1.errors import FailedPreconditionError, InvalidArgumentError, InvalidValue, NotFoundError
from minigrad.tf1.graph import get_default_graph
from minigrad.tf1.variables import Variable, global_variables

SUFFIX = ".npz"


class Saver:
    """Saves variables of a session, and gives them back to it or to another.

    Args:
        var_list: the variables, or a dictionary from names in the file to variables; by default all of the graph.
        max_to_keep: how many of the files that it wrote stay: older ones are removed; None or 0 for all.

    Errors: ValueError where there is no variable to save.
    """

    def __init__(self, var_list: Any = None, max_to_keep: int | None = 5, **_: Any):
        variables = global_variables() if var_list is None else var_list
        pairs = variables.items() if isinstance(variables, Mapping) else ((v.op.name, v) for v in variables)
        self._variables: dict[str, Variable] = dict(pairs)
        if not self._variables:
            raise InvalidValue(
                "No variables to save.",
                got=repr(get_default_graph()),
                expected="a graph with at least one variable",
                hint="make the Saver after the variables",
            )
        self.max_to_keep = max_to_keep
        self.last_checkpoints: list[str] = []

    def save(self, sess: Any, save_path: str | os.PathLike, global_step: Any = None, **_: Any) -> str:
        """Write the variables' values; the path, with `-step` at its end if a step is given.

        The file is `path.npz`; a file "checkpoint" beside it names the last one, for `latest_checkpoint`.

        Errors: FailedPreconditionError for a variable without a value, ValueError for a folder that does not exist.
        """
        path = str(save_path)
        if global_step is not None:
            step = global_step if isinstance(global_step, (int, numpy.integer)) else int(sess.run(global_step))
            path = f"{path}-{step}"
        folder = Path(path).parent
        if not folder.is_dir():
            raise InvalidValue(
                f"Parent directory of {path} doesn't exist, can't save.",
                got=str(folder),
                expected="an existing folder",
                hint=f"os.makedirs({str(folder)!r})",
            )
        arrays = {}
        for name, v in self._variables.items():
            if v.symbol not in sess.store:
                raise FailedPreconditionError(
                    f"Attempting to use uninitialized value {v.op.name}.",
                    op=v.op,
                    got="a variable without a value in this session",
                    expected="values for all variables that are saved",
                    hint="session.run(tf.global_variables_initializer())",
                )
            arrays[name] = sess.store[v.symbol]
        unfinished = Path(f"{path}.tmp")
        with unfinished.open("wb") as file:
            numpy.savez(file, **arrays)
        unfinished.replace(path + SUFFIX)
        self._keep(path)
        return path

    def _keep(self, path: str) -> None:
        self.last_checkpoints = [p for p in self.last_checkpoints if p != path] + [path]
        while self.max_to_keep and len(self.last_checkpoints) > self.max_to_keep:
            Path(self.last_checkpoints.pop(0) + SUFFIX).unlink(missing_ok=True)
        Path(path).with_name("checkpoint").write_text(Path(path).name + "\n", encoding="utf-8")

    def restore(self, sess: Any, save_path: str | os.PathLike) -> None:
        """Give the session's variables the saved values; they need no initialiser.

        Errors: ValueError without such a file; NotFoundError for a variable that it does not have; InvalidArgumentError
        for one of another shape.
        """
        path = str(save_path)
        file = Path(path if path.endswith(SUFFIX) else path + SUFFIX)
        if not file.is_file():
            raise InvalidValue(
                f"The passed save_path is not a valid checkpoint: {path}.",
                got=str(file),
                expected="a path that save() returned",
                hint="tf.train.latest_checkpoint(folder)",
            )
        with numpy.load(file, allow_pickle=False) as saved:
            for name, v in self._variables.items():
                if name not in saved:
                    raise NotFoundError(
                        f"Key {name} not found in checkpoint.",
                        op=v.op,
                        got=f"a file with {', '.join(saved.files)}",
                        expected=f"{name}",
                        hint="Saver({name in the file: variable}), or the program that wrote the file",
                    )
                array = saved[name]
                if not v.shape.is_compatible_with(array.shape) or array.dtype != v.dtype:
                    raise InvalidArgumentError(
                        f"Assign requires shapes of both tensors to match: {name}.",
                        op=v.op,
                        got=f"{array.shape} {array.dtype} in the file",
                        expected=f"{v.shape} {v.dtype}",
                        hint="the program that wrote the file",
                    )
                sess.store[v.symbol] = array


def latest_checkpoint(checkpoint_dir: str | os.PathLike) -> str | None:
    """The path of the last checkpoint that a Saver wrote into a folder; None if there is none."""
    folder = Path(checkpoint_dir)
    noted = folder / "checkpoint"
    if not noted.is_file():
        return None
    path = folder / noted.read_text(encoding="utf-8").strip()
    return str(path) if Path(str(path) + SUFFIX).is_file() else None


__all__ = ["Saver", "latest_checkpoint"]
