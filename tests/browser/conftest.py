"""A real JupyterLab and a real browser, started once for all tests of a worker.

    def test_chapter(run_notebook):
        notebook = run_notebook(Path("notebooks/03_backward.ipynb"))
        assert not notebook.errors()
        notebook.page.locator(".mg-stepper").wait_for()

`run_notebook` copies the notebook into the server's own folder, opens it, runs every cell and waits for the last.
"""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat
import pytest


@dataclass
class Lab:
    """A running server: its address and the folder that it serves."""

    url: str
    folder: Path


@dataclass
class Notebook:
    """A notebook that is open in the browser."""

    page: Any
    path: str

    def cells(self) -> list[dict]:
        """The cells as the browser has them, outputs included."""
        return self.page.evaluate(
            "() => [...window.jupyterapp.shell.currentWidget.content.model.cells].map((cell) => cell.toJSON())"
        )

    def outputs(self) -> list[dict]:
        """The outputs of all cells, in order."""
        return [output for cell in self.cells() for output in cell.get("outputs", [])]

    def errors(self) -> list[str]:
        """What went wrong, one string for each cell that failed."""
        return [f"{o['ename']}: {o['evalue']}" for o in self.outputs() if o["output_type"] == "error"]

    def run(self, timeout: float = 180) -> None:
        """Run every cell and wait until the last one is done."""
        self.page.evaluate("() => window.jupyterapp.commands.execute('notebook:run-all-cells')")
        self.page.wait_for_function(
            """() => {
              const panel = window.jupyterapp.shell.currentWidget;
              const code = [...panel.content.model.cells].filter((c) => c.type === 'code' && c.sharedModel.getSource().trim());
              const failed = code.some((c) => c.toJSON().outputs.some((o) => o.output_type === 'error'));
              const idle = panel.sessionContext.session?.kernel?.status === 'idle';
              return idle && (failed || code.every((c) => c.executionCount !== null && c.executionState !== 'running'));
            }""",
            timeout=timeout * 1000,
        )


@pytest.fixture(scope="session")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """A JupyterLab on 127.0.0.1, with settings and folders of its own."""
    home = tmp_path_factory.mktemp("lab")
    folder = home / "notebooks"
    folder.mkdir()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    private = {
        name: str(home / name.lower())
        for name in ("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR", "IPYTHONDIR")
    }
    private["JUPYTERLAB_SETTINGS_DIR"] = str(home / "settings")
    private["JUPYTERLAB_WORKSPACES_DIR"] = str(home / "workspaces")
    _settings(home, "@jupyterlab/apputils-extension/notification", {"fetchNews": "false", "checkForUpdates": False})
    _settings(home, "@jupyter-widgets/jupyterlab-manager/plugin", {"saveState": True})
    command = [
        sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root", "--ip=127.0.0.1", f"--port={port}",
        "--ServerApp.port_retries=0", "--expose-app-in-browser", "--IdentityProvider.token=", "--LabApp.news_url=",
        "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate", f"--ServerApp.root_dir={folder}",
    ]  # fmt: skip
    with open(home / "server.log", "w") as log:
        server = subprocess.Popen(command, env={**os.environ, **private}, stdout=log, stderr=log, cwd=home)
        try:
            _wait_for(f"http://127.0.0.1:{port}/api", server, home / "server.log")
            yield Lab(f"http://127.0.0.1:{port}", folder)
        finally:
            server.terminate()
            try:
                server.wait(timeout=20)
            except subprocess.TimeoutExpired:  # on a busy machine it may wait for a kernel that no longer answers
                server.kill()
                server.wait()


def _settings(home: Path, plugin: str, settings: dict) -> None:
    path = home / "settings" / f"{plugin}.jupyterlab-settings"
    path.parent.mkdir(parents=True)
    path.write_text(json.dumps(settings))


def _wait_for(url: str, server: subprocess.Popen, log: Path) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and server.poll() is None:
        try:
            with urllib.request.urlopen(url, timeout=2):
                return
        except OSError:
            time.sleep(0.1)
    raise RuntimeError(f"JupyterLab did not start:\n{log.read_text()[-2000:]}")


@pytest.fixture
def open_notebook(lab: Lab, browser: Any) -> Iterator[Callable[..., Notebook]]:
    """Open a notebook (a path, or a list of cell sources) in a page of its own, in the light or the dark theme."""
    contexts = []

    def open_it(notebook: Path | list[str], *, theme: str = "light", size: tuple[int, int] = (1500, 1100)) -> Notebook:
        if isinstance(notebook, list):
            name = f"test-{len(list(lab.folder.iterdir()))}.ipynb"
            made = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source) for source in notebook])
            made.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3", "language": "python"}
            nbformat.write(made, lab.folder / name)
        else:
            name = notebook.name
            shutil.copy(notebook, lab.folder / name)
        context = browser.new_context(viewport={"width": size[0], "height": size[1]})
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(30_000)
        page.goto(f"{lab.url}/lab/tree/{name}?reset")
        page.wait_for_function(
            "() => window.jupyterapp?.shell?.currentWidget?.sessionContext?.session?.kernel?.status === 'idle'",
            timeout=60_000,
        )
        page.evaluate(
            "(name) => window.jupyterapp.commands.execute('apputils:change-theme', { theme: name })",
            f"JupyterLab {theme.capitalize()}",
        )
        page.wait_for_function(f"() => document.body.dataset.jpThemeLight === '{json.dumps(theme == 'light')}'")
        return Notebook(page, name)

    yield open_it
    for context in contexts:
        for page in context.pages:
            page.evaluate("() => window.jupyterapp.shell.currentWidget?.sessionContext?.shutdown()")
        context.close()


@pytest.fixture
def run_notebook(open_notebook: Callable[..., Notebook]) -> Callable[..., Notebook]:
    """Open a notebook and run all of it."""

    def run(notebook: Path | list[str], *, timeout: float = 180, **how: Any) -> Notebook:
        opened = open_notebook(notebook, **how)
        opened.run(timeout)
        return opened

    return run
