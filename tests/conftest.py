"""What every test shares: the browser, Hypothesis's settings, and the rule that CI skips nothing silently."""

import gc
import os
from collections.abc import Iterator
from typing import Any

import browsing
import chromium as chromium_browser
import hypothesis
import pytest

CI = os.environ.get("CI") == "true"

# The only skips that a CI run may contain: each names hardware or a system that the CI machine is not.
ALLOWED_SKIPS = ("needs a CUDA GPU", "only on macOS", "only on Windows")

hypothesis.settings.register_profile("local", deadline=None, max_examples=50)
hypothesis.settings.register_profile("ci", deadline=None, max_examples=50, derandomize=True, database=None)
hypothesis.settings.load_profile("ci" if CI else "local")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Browser tests last: once Playwright has started, its event loop runs, and no other test can start one."""
    items.sort(key=lambda item: item.get_closest_marker("browser") is not None)


def pytest_collection_finish() -> None:
    """What exists by now lives until the end: the many tests that collect garbage need not go through it each time."""
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session")
def chromium() -> str:
    """The path of a Chromium; without one the test is skipped, which fails a CI run."""
    path = chromium_browser.find()
    if path is None:
        pytest.skip(chromium_browser.missing())
    return path


@pytest.fixture(scope="session")
def browser(chromium: str) -> Iterator[Any]:
    """One running Chromium for all tests of a worker: Playwright can be started once in a process."""
    with browsing.launched(chromium) as running:
        yield running


class SkipPolicy:
    """Collects why tests were skipped, and turns a skip that is not allowed into a failed run."""

    def __init__(self) -> None:
        self.refused: list[str] = []

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self._note(report)

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        self._note(report)

    def _note(self, report: pytest.TestReport | pytest.CollectReport) -> None:
        if not report.skipped or hasattr(report, "wasxfail"):
            return
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
        reason = reason.removeprefix("Skipped: ")
        if not reason.startswith(ALLOWED_SKIPS):
            self.refused.append(f"{report.nodeid}: {reason}")

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        if self.refused and session.exitstatus == pytest.ExitCode.OK:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        if self.refused:
            terminalreporter.section("skipped, which CI does not allow", red=True)
            for line in self.refused:
                terminalreporter.line(line)


class Counts:
    """Prints, at the end of a run, the sums of what tests counted with `record_property("count", (what, number))`."""

    def __init__(self) -> None:
        self.sums: dict[str, int] = {}

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.when == "call":
            for name, value in report.user_properties:
                if name == "count":
                    what, number = value
                    self.sums[what] = self.sums.get(what, 0) + number

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        if self.sums:
            terminalreporter.section("compared")
            for what, number in self.sums.items():
                terminalreporter.line(f"{number:8d} {what}")


def pytest_configure(config: pytest.Config) -> None:
    # Workers of pytest-xdist send their reports to the controller: what looks at all of them does so once, there.
    if not hasattr(config, "workerinput"):
        config.pluginmanager.register(Counts(), "counts")
        if CI:
            config.pluginmanager.register(SkipPolicy(), "skip-policy")
