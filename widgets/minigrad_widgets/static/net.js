// NetView: plays the steps of a net. `net_steps.py` says how each part stands; nothing here asks the kernel.
const number = (name, what, value) => h("div", {}, h("div", { class: "mg-row" }, name && h("b", {}, name), h("span", {}, what), h("span", { class: "mg-soft" }, value.shape)), matrix(value));

function render({ model, el }) {
  const end = () => model.get("_data").captions.length - 1;
  const caption = h("div", { class: "mg-caption", "aria-live": "polite" });
  const phases = h("div", { class: "mg-phases", "aria-hidden": "true" });
  const holder = h("div", { class: "mg-holder" });
  const side = h("aside", { class: "mg-side" });
  const film = player(model, { end, show: () => show(), label: "step of the net", below: phases });
  const root = viewRoot("net", { tabindex: 0 }, film.bar, caption, h("div", { class: "mg-main" }, h("div", { class: "mg-left" }, holder), side));
  film.listen(root);
  el.append(root);
  let view, built, cards;
  const choose = (key) => {
    model.set("selection", model.get("selection") === key ? "" : key);
    model.save_changes();
  };

  const show = () => {
    const data = model.get("_data");
    if (data !== built) return build();
    const position = Math.min(film.now(), end());
    const selected = model.get("selection");
    film.bar.hidden = caption.hidden = !end();
    film.tell(position, data.captions[position]);
    caption.textContent = data.captions[position];
    for (const [key, node] of view.nodes) {
      const [, state, words, more] = data.timeline[key].findLast(([since]) => since <= position);
      node.dataset.state = state;
      node.querySelector(".mg-words").textContent = words;
      const further = node.querySelector(".mg-more");
      if (further) further.textContent = more;
      node.classList.toggle("mg-selected", key === selected);
      const card = cards.get(key);
      node.setAttribute("aria-label", [card.title, card.subtitle, words, more].filter(Boolean).join(", "));
    }
    const running = data.running[position];
    view.edges.forEach((edge, n) => {
      const here = data.back[n].some(([begin]) => begin === position);
      const passed = data.back[n].some(([begin, until]) => begin < position && position < until);
      const flows = data.phases[position] === "forward" && running && data.ends[n].includes(running);
      edge.dataset.state = here ? "now" : passed ? "carried" : flows ? "flows" : "plain";
      edge.querySelector(".mg-fore").setAttribute("visibility", here || passed ? "hidden" : "visible");
      edge.querySelector(".mg-back").setAttribute("visibility", here || passed ? "visible" : "hidden");
    });
    if (!selected && running) view.reveal(running);
    const card = cards.get(selected) || cards.get(running);
    side.replaceChildren(...(card ? told(data, card, position, selected) : [h("p", { class: "mg-soft" }, end() ? "Drag the slider, press play, or use the keys J and K. Click a layer or a blob to follow it." : "Click a layer or a blob to see what it holds.")]));
  };

  const told = (data, card, position, selected) => {
    const [, , words, more] = data.timeline[card.key].findLast(([since]) => since <= position);
    const newest = (of) => new Map((of?.values || []).filter(([since]) => since <= position).map(([, what, value]) => [what, data.values[value]]));
    const forward = data.phases[position] === "forward" || !end();
    const part = forward ? "data" : "diff";
    // A layer's bottoms and tops, with what flows between them: data forward, diffs backward.
    const blob = (key) => {
      const lost = data.timeline[key].findLast(([since]) => since <= position).slice(2).includes(`${part} written over`);
      const [title, value] = [cards.get(key)?.title, newest(cards.get(key)).get(part)];
      return value ? number(title, lost ? `${part}, until it was written over` : part, value) : h("div", { class: "mg-row" }, h("b", {}, title), h("span", { class: "mg-soft" }, `no ${part} yet`));
    };
    const flow = (words, keys) => keys?.length > 0 && card.fields !== undefined && section(words, keys.map(blob));
    return [
      selected && end() > 0 && h("div", { class: "mg-pinned" }, "Pinned. ", h("button", { onclick: () => choose(selected) }, "Follow the steps again")),
      h("header", {}, h("div", { class: "mg-row" }, h("h3", {}, card.title), h("span", { class: "mg-soft" }, card.subtitle), (words || more) && h("span", { class: "mg-chip" }, [words, more].filter(Boolean).join(", ")))),
      card.kind === "group" && h("button", { onclick: () => toggleGroup(model, card.key.slice(1)) }, "Open it"),
      card.where && h("div", { class: "mg-source" }, card.fields && h("code", {}, card.fields), h("div", { class: "mg-soft" }, card.where)),
      card.note && h("p", { class: "mg-soft" }, card.note),
      flow(forward ? "Bottom" : "Top", forward ? card.reads : card.writes),
      flow(forward ? "Top" : "Bottom", forward ? card.writes : card.reads),
      card.learns?.length > 0 && section("It learns", card.learns.map(([name, shape]) => h("div", { class: "mg-row" }, h("b", {}, name), h("span", {}, shape))), [...newest(card)].map(([what, value]) => number("", what, value))),
      ...(card.fields === undefined ? [...newest(card)].map(([what, value]) => section([words, more].includes(`${what} written over`) ? `${what}, until it was written over` : what, matrix(value))) : []),
    ].filter(Boolean);
  };

  const build = () => {
    const data = (built = model.get("_data"));
    cards = new Map(data.cards.map((card) => [card.key, card]));
    phases.replaceChildren(...bands(data.phases));
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

const initialize = ({ model }) => clock(model, () => model.get("_data").captions.length - 1, 900);

export default { initialize, render };
