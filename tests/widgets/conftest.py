"""A browser without Jupyter: the views' JavaScript alone, with a model that is made of a dictionary."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

# What anywidget gives a view, less the kernel. `saved` counts what would have been sent to it.
MOUNT = """
async ({ code, css, state }) => {
  const listeners = {};
  window.model = {
    state, saved: 0, sent: [],
    get: (name) => state[name],
    set(name, value) {
      if (state[name] === value) return;
      state[name] = value;
      for (const callback of [...(listeners[`change:${name}`] || [])]) callback();
    },
    on: (name, callback) => (listeners[name] ||= []).push(callback),
    off: (name, callback) => (listeners[name] = (listeners[name] || []).filter((c) => c !== callback)),
    send(content) { this.sent.push(content); },
    save_changes() { this.saved += 1; },
    listening: () => Object.values(listeners).reduce((n, all) => n + all.length, 0),
  };
  document.head.appendChild(Object.assign(document.createElement("style"), { textContent: css }));
  const { default: view } = await import(URL.createObjectURL(new Blob([code], { type: "text/javascript" })));
  window.ends = [view.initialize?.({ model: window.model }), view.render({ model: window.model, el: document.body })];
}
"""


@pytest.fixture
def mount(browser: Any) -> Iterator[Callable[[Any], Any]]:
    """Show a view in an empty page; the page fails the test if its script did."""
    context = browser.new_context(viewport={"width": 1300, "height": 900})
    errors: list[str] = []

    def show(view: Any, *more: str) -> Any:
        page = context.new_page()
        page.set_default_timeout(20_000)
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.set_content("<!doctype html><body></body>")
        names = [
            n
            for n in ("_data", "_live", "_card", "selection", "opened", "position", "playing", *more)
            if view.has_trait(n)
        ]
        state = {name: getattr(view, name) for name in names}
        page.evaluate(MOUNT, {"code": view._esm, "css": view._css, "state": state})
        return page

    yield show
    context.close()
    assert errors == []
