"""What is shown at one position of the stepper: each node's state, the sentence, the gradients on the edges.

`static/stepper.js` does the same in the browser for the states, while the reader drags.
"""

from __future__ import annotations

from typing import Any

from minigrad.film import Film
from minigrad_widgets import text
from minigrad_widgets.frames import Frame, Pass
from minigrad_widgets.scene import Scene
from minigrad_widgets.svg import State


def state_of(card: dict[str, Any], frame: Frame, position: int) -> State:
    """How a node stands at a position."""
    if frame.number < 0:
        if card["key"] in frame.nodes:
            return State("running", "▶ computes")
        early = card["kind"] in ("op", "group") and card["made"] > position
        return (
            State("off", "not yet")
            if early
            else State("plain", "computed" if card["kind"] in ("op", "group") else "given")
        )
    told = card["passes"][frame.number]
    if told is None:
        return State("off", "no gradient")
    if card["key"] in frame.nodes and frame.kind == "update":
        return State("running", "▶ updated")
    arrived, total = sum(f <= position for f in told["frames"]), len(told["frames"])
    runs, gradient = told["runs"], told.get("brief", "")
    if position in runs:
        return State("running", f"▶ {gradient or 'runs'}")
    if runs and position > runs[-1]:
        return State("done", f"✓ {gradient or 'done'}")
    if any(begin <= position < end for begin, end in told["ready"]):
        return State("ready", "● ready")
    if runs and position > runs[0]:
        return State("waiting", f"ran {sum(r <= position for r in runs)} of {len(runs)}")
    if not runs and arrived == total:
        return State("done", "✓ all in")
    return State("waiting", f"{arrived} of {total} in")


def widest_words(card: dict[str, Any]) -> list[str]:
    """What a node's third line will have to hold."""
    return ["no gradient", *(f"▶ {told['brief']}" for told in card["passes"] if told and told.get("brief"))]


def sent_on(film: Film, scene: Scene, passes: list[Pass], frame_of: list[int]) -> list[list[list[Any]]]:
    """For every edge the gradients that travel on it: [backward pass, frame, words]."""
    sent: list[list[list[Any]]] = []
    for edge in scene.edges:
        uses = {(used, user, place) for used, user, place in edge.uses}
        at: dict[tuple[int, int], list[str]] = {}
        for used in dict.fromkeys(u for u, _, _ in edge.uses):
            for number, p in enumerate(passes):
                for c in p.arrivals.get(used, ()):
                    if (used, c.source, c.place) in uses:
                        at.setdefault((number, frame_of[c.step]), []).append(text.brief(c.value))
        sent.append([[*when, words[0] if len(words) == 1 else _several(words)] for when, words in at.items()])
    return sent


def _several(words: list[str]) -> str:
    """Two numbers are shown as their sum is made; more than two are counted."""
    return " + ".join(words) if len(words) == 2 and sum(map(len, words)) < 16 else f"{len(words)} gradients"


def caption(film: Film, scene: Scene, frame: Frame, passes: list[Pass]) -> str:
    """What happens at a position, in a sentence."""
    names = scene.labels
    if frame.kind == "begin":
        return "Before the first operation."
    if frame.kind == "start":
        p = passes[frame.number]
        roots = ", ".join(names[r] for r in p.roots)
        again = "" if frame.number == 0 else f" (pass {frame.number + 1})"
        return f"Backward{again} starts at {roots}, whose gradient is given; {len(p.runs)} values will get one."
    if frame.kind == "finished":
        leaves = sum(film.vertices[v].kind == "leaf" for v in passes[frame.number].runs) if frame.number >= 0 else 0
        return f"Backward is over: {leaves} {'leaf has its' if leaves == 1 else 'leaves have their'} gradient."
    if frame.kind == "update":
        written = list(dict.fromkeys(names[film.steps[n].vertex] for n in range(frame.first, frame.last + 1)))
        return f"The optimiser writes {text.cut(', '.join(written), 60)}."
    node = scene.nodes[frame.nodes[0]]
    if node.group is not None:
        return f"{node.title} {'computes' if frame.kind == 'forward' else 'carries gradients back'}, as one."
    step = film.steps[frame.first]
    v = film.vertices[step.vertex]
    if frame.kind == "forward":
        inputs = ", ".join(names[i] if isinstance(i, int) else i for i in v.inputs)
        return f"{v.op} computes {v.name or 'a value'} {text.shape(v.shape)} from {text.cut(inputs, 60)}.".replace(
            "scalar ", ""
        )
    if frame.kind == "accumulate":
        return f"{names[v.id]}.grad receives its gradient{': ' + text.brief(step.g) if text.is_number(step.g) else ''}."
    sent: dict[str, list[str]] = {}
    for target, value in step.parts:
        if target is not None and value is not None:
            sent.setdefault(names[target], []).append(text.brief(value) if text.is_number(value) else "")
    if text.is_number(step.g) and all(all(n) for n in sent.values()):
        sends = text.cut(", ".join(f"{' and '.join(n)} to {name}" for name, n in sent.items()), 80)
    else:
        sends = "gradients to " + text.cut(
            _listed([f"{name} (twice)" if len(n) == 2 else name for name, n in sent.items()]), 80
        )
    g = f"g = {text.brief(step.g)}" if text.is_number(step.g) else f"g, of norm {text.brief(step.g)[4:]},"
    return f"{names[v.id]} takes {g} and sends {sends if sent else 'nothing'}."


def _listed(names: list[str]) -> str:
    """a, b and c."""
    return " and ".join([*([", ".join(names[:-1])] if len(names) > 1 else []), *names[-1:]])
