// BackwardStepper: plays the frames that Python computed. Nothing here asks the kernel, except to open or close a group.
const PHASES = { begin: "forward", forward: "forward", start: "backward", backward: "backward", accumulate: "backward", finished: "backward", update: "update" };

// How a node stands at a position: [state, words]. `positions.py` says the same for the static picture.
function stateOf(card, frame, position) {
  const made = card.kind === "op" || card.kind === "group";
  if (frame.pass < 0) {
    if (frame.nodes.includes(card.key)) return ["running", "▶ computes"];
    return made && card.made > position ? ["off", "not yet"] : ["plain", made ? "computed" : "given"];
  }
  const told = card.passes[frame.pass];
  if (!told) return ["off", "no gradient"];
  if (frame.kind === "update" && frame.nodes.includes(card.key)) return ["running", "▶ updated"];
  const arrived = told.frames.filter((f) => f <= position).length;
  const { runs, brief } = told;
  if (runs.includes(position)) return ["running", `▶ ${brief || "runs"}`];
  if (runs.length && position > runs.at(-1)) return ["done", `✓ ${brief || "done"}`];
  if (told.ready.some(([begin, end]) => begin <= position && position < end)) return ["ready", "● ready"];
  if (runs.length && position > runs[0]) return ["waiting", `ran ${runs.filter((r) => r <= position).length} of ${runs.length}`];
  if (!runs.length && arrived === told.frames.length) return ["done", "✓ all in"];
  return ["waiting", `${arrived} of ${told.frames.length} in`];
}

// "2 of 3 contributions in": each summand with where it came from, and the sum so far.
function ledger(data, card, told, position) {
  const total = told.frames.length;
  const arrived = told.frames.filter((f) => f <= position).length;
  const given = told.root && !total;
  const rows = told.in.map((c) => {
    const here = c.frame <= position;
    return h(
      "tr", { class: c.frame === position ? "mg-now" : here ? "mg-in" : "mg-out" },
      h("td", {}, here ? "✓" : "○"), h("td", {}, `from ${c.from}, its input ${c.as}`, c.to && ` (to ${c.to})`),
      h("td", { class: "mg-number" }, here ? c.brief : "not yet"),
    );
  });
  const sum = arrived && told.sums ? data.values[told.sums[arrived - 1]] : given ? data.values[told.g] : null;
  const title = given ? "Gradient g: given, the pass starts here" : `Gradient g: ${arrived} of ${total} contribution${total === 1 ? "" : "s"} in`;
  return section(
    title,
    rows.length > 0 && h("table", { class: "mg-ledger" }, rows),
    told.more ? h("p", { class: "mg-soft" }, `and ${told.more} more`) : "",
    sum && h("div", { class: "mg-sum" }, h("b", {}, arrived < total ? "sum so far" : total > 1 ? "g, their sum" : "g"), matrix(sum)),
    told.total != null && position >= told.runs[0] && told.added && h("div", { class: "mg-sum" }, h("b", {}, "added to the earlier .grad"), matrix(data.values[told.total])),
  );
}

// What the rule sends to each input, with this node's numbers filled in.
function sending(data, card, told, position) {
  if (!told.out || !told.out.length) return "";
  const sent = told.runs.length && position >= told.runs[0];
  const parts = told.out.map((part) => {
    if (part.none) return h("div", { class: "mg-part" }, h("div", { class: "mg-row" }, h("b", {}, part.input), h("span", { class: "mg-soft" }, `${part.none} needs no gradient`)));
    const value = data.values[part.value];
    const number = value.shape === "scalar";
    return h(
      "div", { class: "mg-part" },
      h("div", { class: "mg-row" }, part.input && h("b", {}, `${part.input}̄`), h("span", {}, `to ${part.to}`), !sent && h("span", { class: "mg-soft" }, "when it runs")),
      part.formula && h("div", { class: "mg-formula" }, part.formula, part.filled && part.filled !== part.formula && ` = ${part.filled}`, sent && number && [" = ", matrix(value)]),
      sent && !(number && part.formula) && h("div", { class: "mg-formula" }, "= ", matrix(value)),
      part.unbroadcast && h("div", { class: "mg-note" }, `Σ ${part.unbroadcast}`),
    );
  });
  return section(sent ? "It sends" : "It will send", ...parts);
}

function queue(cards, states, frame, position, choose) {
  if (frame.pass < 0) return [h("p", { class: "mg-soft" }, "The ready queue fills when the backward pass starts.")];
  const told = (card) => card.passes[frame.pass];
  const chip = (card, words) => h("button", { class: "mg-queued", "data-state": states.get(card.key)[0], onclick: () => choose(card.key) }, h("b", {}, card.kind === "op" && card.name ? card.name : card.title), words && ` ${words}`);
  const next = (card) => told(card).runs.find((r) => r > position);
  const ready = cards.filter((c) => states.get(c.key)[0] === "ready").sort((a, b) => next(a) - next(b));
  const waiting = cards.filter((c) => states.get(c.key)[0] === "waiting");
  const missing = (card) => {
    const names = [...new Set(told(card).in.filter((c) => c.frame > position).map((c) => c.from))];
    return `waits for ${names.slice(0, 2).join(", ")}${names.length > 2 ? " …" : ""}`;
  };
  const started = (card) => told(card).frames.filter((f) => f <= position).length;
  waiting.sort((a, b) => started(b) - started(a));
  return [
    h("div", { class: "mg-line" }, h("h4", {}, `Ready (${ready.length})`), ready.slice(0, 8).map((c, n) => chip(c, n ? "" : "← next")), ready.length > 8 && h("span", { class: "mg-soft" }, `and ${ready.length - 8} more`), !ready.length && h("span", { class: "mg-soft" }, "nothing")),
    h("div", { class: "mg-line" }, h("h4", {}, `Waiting (${waiting.length})`), waiting.slice(0, 3).map((c) => chip(c, missing(c))), waiting.length > 3 && h("span", { class: "mg-soft" }, `and ${waiting.length - 3} more`), !waiting.length && h("span", { class: "mg-soft" }, "nothing")),
  ];
}

function render({ model, el }) {
  const end = () => model.get("_data").frames.length - 1;
  const phases = h("div", { class: "mg-phases", "aria-hidden": "true" });
  const caption = h("div", { class: "mg-caption", "aria-live": "polite" });
  const holder = h("div", { class: "mg-holder" });
  const ready = h("div", { class: "mg-queue", role: "group", "aria-label": "ready queue" });
  const side = h("aside", { class: "mg-side" });
  const film = player(model, { end, show: () => show(), label: "position in the film", below: phases });
  const root = viewRoot("stepper", { tabindex: 0 }, film.bar, caption, h("div", { class: "mg-main" }, h("div", { class: "mg-left" }, holder, ready), side));
  film.listen(root);
  el.append(root);
  let view, cards, byKey, built;
  const choose = (key) => {
    model.set("selection", model.get("selection") === key ? "" : key);
    model.save_changes();
  };

  const show = () => {
    const data = model.get("_data");
    if (data !== built) return build(); // the position came before the structure it belongs to
    const position = Math.min(film.now(), end());
    const frame = data.frames[position];
    film.tell(position, frame.caption);
    caption.textContent = frame.caption;
    const selected = model.get("selection");
    const states = new Map(cards.map((card) => [card.key, stateOf(card, frame, position)]));
    for (const card of cards) {
      const node = view.nodes.get(card.key);
      const [state, words] = states.get(card.key);
      node.dataset.state = state;
      node.classList.toggle("mg-selected", card.key === selected);
      node.querySelector(".mg-words").textContent = words;
      node.setAttribute("aria-label", [card.title, card.subtitle, words].filter(Boolean).join(", "));
    }
    view.edges.forEach((edge, n) => {
      const mine = data.sent[n].filter(([pass]) => pass === frame.pass);
      const here = mine.find(([, at]) => at === position);
      const flows = frame.kind === "forward" && frame.nodes.includes(data.ends[n][1]);
      edge.dataset.state = here ? "now" : mine.some(([, at]) => at < position) ? "carried" : flows ? "flows" : "plain";
      edge.querySelector("text").textContent = here ? here[2] : "";
      const back = edge.dataset.state === "now" || edge.dataset.state === "carried";
      edge.querySelector(".mg-fore").setAttribute("visibility", back ? "hidden" : "visible");
      edge.querySelector(".mg-back").setAttribute("visibility", back ? "visible" : "hidden");
    });
    ready.replaceChildren(...queue(cards, states, frame, position, choose));
    const card = byKey.get(selected) || byKey.get(frame.nodes[0]);
    if (!selected && frame.nodes.length) view.reveal(frame.nodes[0]);
    if (!card) return side.replaceChildren(h("p", { class: "mg-soft" }, "Drag the slider, press play, or use the keys J and K."));
    const told = frame.pass < 0 ? null : card.passes[frame.pass];
    const pinned = selected && h("div", { class: "mg-pinned" }, "Pinned. ", h("button", { onclick: () => choose(selected) }, "Follow the steps again"));
    const open = card.kind === "group" && h("button", { onclick: () => toggleGroup(model, card.key.slice(1)) }, "Open it");
    const top = side.scrollTop;
    side.replaceChildren(
      ...[
        pinned, heading(card, states.get(card.key)[1]), open, source(card), told && ledger(data, card, told, position),
        told && rule(data, card), told && sending(data, card, told, position), forward(data, card), !told && rule(data, card), code(data, card),
      ].filter(Boolean),
    );
    side.scrollTop = side.dataset.key === card.key ? top : 0;
    side.dataset.key = card.key;
  };
  const build = () => {
    const data = (built = model.get("_data"));
    cards = data.cards;
    byKey = new Map(cards.map((card) => [card.key, card]));
    phases.replaceChildren(...bands(data.frames.map((frame) => PHASES[frame.kind]), 0.12));
    view = drawing(holder, data.svg, { select: choose, toggle: (key) => toggleGroup(model, key) });
    show();
  };
  const events = listener(model);
  events.on("change:_data", build);
  events.on("change:position", film.moved);
  events.on("change:selection", show);
  events.on("change:playing", film.playButton);
  const resized = new ResizeObserver(() => view.fit());
  resized.observe(holder);
  build();
  return () => {
    events.off();
    resized.disconnect();
    film.stop();
  };
}

const initialize = ({ model }) => clock(model, () => model.get("_data").frames.length - 1, 900);

export default { initialize, render };
