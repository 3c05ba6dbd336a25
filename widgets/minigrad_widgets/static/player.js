// The player of a film: buttons, a slider and keys that move the model's position. Nothing here asks the kernel.
const ICONS = {
  first: "M3 3h2v10H3zM13 3v10L6 8z",
  back: "M11 3v10L4 8z",
  play: "M4 2.5v11L13 8z",
  pause: "M4 3h3v10H4zM9 3h3v10H9z",
  on: "M5 3v10l7-5z",
  last: "M11 3h2v10h-2zM3 3v10l7-5z",
};
const icon = (name) => `<svg viewBox="0 0 16 16" width="16" height="16" aria-hidden="true"><path fill="currentColor" d="${ICONS[name]}"/></svg>`;

// `end` tells the last position, `show` draws the present one, `below` stands under the slider, `more` are further keys.
function player(model, { end, show, label, below = "", more = {} }) {
  // Python is told when the reader rests. Until then it may answer an earlier position: the reader's own stands.
  let wanted = null;
  let rest;
  const now = () => model.get("position");
  const go = (position) => {
    wanted = Math.max(0, Math.min(end(), position));
    model.set("position", wanted);
    clearTimeout(rest);
    rest = setTimeout(() => {
      wanted = null;
      model.save_changes();
    }, 120);
  };
  const moved = () => {
    if (wanted !== null && now() !== wanted) model.set("position", wanted);
    else show();
  };
  const play = () => {
    if (!model.get("playing") && now() >= end()) go(0);
    model.set("playing", !model.get("playing"));
    model.save_changes();
  };
  const button = (name, words, action) => {
    const made = trusted("button", { "aria-label": words, title: words }, icon(name));
    made.addEventListener("click", action);
    return made;
  };
  const playing = button("play", "play (space)", play);
  const slider = h("input", { type: "range", min: 0, step: 1, "aria-label": label, oninput: () => go(Number(slider.value)) });
  const count = h("span", { class: "mg-count" });
  const bar = h(
    "div", { class: "mg-bar-of-buttons", role: "group", "aria-label": "player" },
    button("first", "to the beginning (Home)", () => go(0)), button("back", "one step back (J)", () => go(now() - 1)), playing,
    button("on", "one step on (K)", () => go(now() + 1)), button("last", "to the end (End)", () => go(end())),
    h("div", { class: "mg-track" }, slider, below), count,
  );
  const keys = {
    j: () => go(now() - 1), ArrowLeft: () => go(now() - 1), k: () => go(now() + 1), ArrowRight: () => go(now() + 1),
    Home: () => go(0), End: () => go(end()), " ": play, ...more,
  };
  const listen = (root) => root.addEventListener("keydown", (event) => {
    const action = keys[event.key.length === 1 ? event.key.toLowerCase() : event.key];
    if (!action || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === " " && ["BUTTON", "SUMMARY"].includes(event.target.tagName)) return;
    action();
    event.preventDefault();
    event.stopPropagation();
  });
  const tell = (position, words) => {
    slider.max = end();
    slider.value = position;
    slider.setAttribute("aria-valuetext", `step ${position} of ${end()}: ${words}`);
    count.textContent = `${position} / ${end()}`;
  };
  const playButton = () => {
    playing.innerHTML = icon(model.get("playing") ? "pause" : "play");
    playing.setAttribute("aria-label", model.get("playing") ? "pause (space)" : "play (space)");
  };
  playButton();
  return { bar, go, now, moved, listen, tell, playButton, stop: () => clearTimeout(rest) };
}

// The clock belongs to the model, not to a view of it: shown twice, it still plays once.
function clock(model, end, pace, stride = () => 1) {
  let timer = null;
  const beat = () => {
    if (model.get("position") >= end()) model.set("playing", false);
    else model.set("position", Math.min(end(), model.get("position") + stride()));
    model.save_changes();
  };
  const turn = () => {
    clearInterval(timer);
    timer = model.get("playing") ? setInterval(beat, pace) : null;
  };
  model.on("change:playing", turn);
  turn();
  return () => clearInterval(timer);
}

// The bands under the slider: equal neighbours among `names` are one band, which bears its name if its share is above `least`.
function bands(names, least = 0) {
  const spans = [];
  for (const name of names) {
    if (spans.at(-1)?.name === name) spans.at(-1).length += 1;
    else spans.push({ name, length: 1 });
  }
  const told = ({ name, length }) => (length / names.length > least ? name : "");
  return spans.map((s) => h("span", { "data-phase": s.name, style: `flex:${s.length}` }, told(s)));
}
