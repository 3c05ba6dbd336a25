// GraphView: hover or select a value to see its numbers; a click opens and closes modules.
function render({ model, el }) {
  const root = viewRoot("graph", {});
  const holder = h("div", { class: "mg-holder" });
  const side = h("aside", { class: "mg-side", "aria-live": "polite" });
  root.append(h("div", { class: "mg-main" }, holder, side));
  el.append(root);
  let view, cards, built, hovered = "";

  const show = () => {
    if (model.get("_data") !== built) return build();
    const selected = model.get("selection");
    for (const [key, node] of view.nodes) node.classList.toggle("mg-selected", key === selected);
    const data = model.get("_data");
    const result = data.cards.findLast((c) => c.kind === "op" || c.kind === "group") || data.cards.at(-1);
    const card = cards.get(hovered) || cards.get(selected) || result;
    if (!card) return side.replaceChildren(h("p", { class: "mg-soft" }, "An empty program."));
    const told = (card.passes || []).at(-1);
    side.replaceChildren(
      ...[
        card === result && !selected && h("p", { class: "mg-soft mg-hint" }, "Point at a value to see its numbers; click to keep it."),
        heading(card), source(card), forward(data, card),
        told && told.g != null && section("Gradient", matrix(data.values[told.g])),
        rule(data, card), code(data, card),
      ].filter(Boolean),
    );
  };
  const build = () => {
    const data = (built = model.get("_data"));
    cards = new Map(data.cards.map((card) => [card.key, card]));
    view = drawing(holder, data.svg, {
      select: (key) => {
        model.set("selection", model.get("selection") === key ? "" : key);
        model.save_changes();
      },
      toggle: (key) => toggleGroup(model, key),
      hover: (key) => {
        hovered = key;
        show();
      },
    });
    hovered = "";
    show();
  };
  const events = listener(model);
  events.on("change:_data", build);
  events.on("change:selection", show);
  const resized = new ResizeObserver(() => view.fit());
  resized.observe(holder);
  build();
  return () => {
    events.off();
    resized.disconnect();
  };
}

export default { render };
