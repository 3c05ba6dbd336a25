// AbstractionsView: what is pointed at is outlined together with its counterparts in the other columns.
function render({ model, el }) {
  const data = model.get("_data");
  const items = new Map(data.items.map((item) => [item.key, item]));
  const holder = trusted("div", { class: "mg-holder" }, data.svg);
  const card = h("aside", { class: "mg-side", "aria-live": "polite" });
  const root = viewRoot("abstractions", {}, holder, card);
  el.append(root);
  const marks = [...holder.querySelectorAll(".mg-item")];
  const bands = [...holder.querySelectorAll(".mg-band")];
  let hovered = "";

  const show = () => {
    const item = items.get(hovered) || items.get(model.get("selection"));
    for (const mark of marks) {
      const other = items.get(mark.dataset.key);
      mark.classList.toggle("mg-selected", other === item);
      mark.classList.toggle("mg-linked", Boolean(item) && other !== item && other.step === item.step);
    }
    bands.forEach((band, n) => band.classList.toggle("mg-here", n === item?.step));
    if (!item) return card.replaceChildren(h("p", { class: "mg-soft" }, "Point at anything to see its counterparts and what each keeps; click to keep it."));
    card.replaceChildren(...data.columns.map((title, n) => told(title, n, item)));
  };
  // One column of the card: the chosen item in full, of the others what belongs to the same step.
  const told = (title, n, item) => {
    const mine = data.items.filter((one) => one.column === n && one.step === item.step);
    const chosen = item.column === n;
    const line = (one) => h("div", { class: "mg-row" }, h("b", {}, one.title), h("span", {}, one.note), one.keeps && h("span", { class: "mg-soft" }, one.keeps));
    const shown = chosen ? [item] : mine.slice(0, 9);
    return h(
      "div", { class: "mg-part" }, h("h4", {}, title), shown.map(line),
      chosen && item.told.map(([name, words]) => h("div", { class: "mg-row" }, h("span", { class: "mg-soft" }, name), h("span", {}, words))),
      !chosen && !mine.length && h("p", { class: "mg-soft" }, `no ${data.steps[item.step]} here`),
      mine.length > shown.length && h("p", { class: "mg-soft" }, `and ${mine.length - shown.length} more of this step`),
    );
  };
  const focus = (mark) => {
    for (const other of marks) other.setAttribute("tabindex", other === mark ? "0" : "-1");
    mark.focus();
  };
  const choose = (key) => {
    model.set("selection", model.get("selection") === key ? "" : key);
    model.save_changes();
  };
  const column = (n) => marks.filter((mark) => items.get(mark.dataset.key).column === n).sort((a, b) => items.get(a.dataset.key).step - items.get(b.dataset.key).step);
  const nearest = (n, step) => column(n).find((mark) => items.get(mark.dataset.key).step >= step) || column(n).at(-1);
  const moves = {
    ArrowDown: (mark, item) => column(item.column)[column(item.column).indexOf(mark) + 1],
    ArrowUp: (mark, item) => column(item.column)[column(item.column).indexOf(mark) - 1],
    ArrowRight: (mark, item) => nearest(item.column + 1, item.step),
    ArrowLeft: (mark, item) => nearest(item.column - 1, item.step),
  };
  for (const mark of marks) {
    const key = mark.dataset.key;
    const point = (to) => () => {
      hovered = to;
      show();
    };
    mark.addEventListener("pointerenter", point(key));
    mark.addEventListener("pointerleave", point(""));
    mark.addEventListener("focus", point(key));
    mark.addEventListener("blur", point(""));
    mark.addEventListener("click", () => choose(key));
    mark.addEventListener("keydown", (event) => {
      const next = moves[event.key]?.(mark, items.get(key));
      if (next) focus(next);
      else if (event.key === "Enter" || event.key === " ") choose(key);
      else if (!moves[event.key]) return;
      event.preventDefault();
      event.stopPropagation();
    });
  }
  const events = listener(model);
  events.on("change:selection", show);
  show();
  return () => events.off();
}

export default { render };
