// KernelView: plays the accesses that Python traced. `kernel_state.py` and `kernel_picture.py` say the same for the still.
const FOUND = { h: "hit", f: "miss, its line comes in", a: "miss, its line had been pushed out" };
const counted = (n) => n.toLocaleString("en-US");
const rounded = (x) => String(Math.round(x * 10) / 10);
const list = (packed) => (packed ? packed.split(" ") : []);

function index(element, shape) {
  const told = [];
  for (const size of [...shape].reverse()) {
    told.unshift(element % size);
    element = Math.floor(element / size);
  }
  return told.join(", ");
}

// One kernel: its drawing, and `show(position)`, which brings it there and returns what happens in words.
function panel(data, colours) {
  const root = trusted("div", { class: "mg-kernel-panel" }, data.svg);
  const part = (name) => root.querySelector(`[data-part=${name}]`);
  const parts = (name) => [...root.querySelectorAll(`[data-part=${name}]`)];
  const [words, row, letter, bar, traffic] = ["words", "row", "letter", "bar", "traffic"].map(part);
  const trail = parts("trail").reverse();
  const boxes = parts("line");
  const counts = [...root.querySelectorAll("[data-count]")];
  const cells = list(data.cells).map(Number);
  const rows = list(data.rows).map(Number);
  const values = list(data.values);
  const operations = list(data.operations).map(Number);
  const lines = list(data.lines).map(Number);
  const evicted = list(data.evicted).map(Number);
  const back = list(data.back).map(Number);
  const length = cells.length;
  const arrayOf = (cell) => data.arrays.findLastIndex((array) => cell >= array.offset);
  const owner = cells.map(arrayOf);

  const place = (cell) => {
    const array = data.arrays[arrayOf(cell)];
    if (!array) return [0, 0, 10];
    const element = cell - array.offset;
    const whole = array.rows * array.columns;
    const inside = element % whole;
    return [
      array.left + Math.floor(element / whole) * array.plane + (inside % array.columns) * array.cell,
      array.top + Math.floor(inside / array.columns) * array.cell, array.cell,
    ];
  };
  const saying = (n) => {
    if (n === length) return `finished after ${counted(n)} accesses`;
    if (n === 0) return "before the first access";
    const array = data.arrays[owner[n - 1]];
    const does = data.writes[n - 1] === "w" ? "writes" : "reads";
    return `${does} ${array.name}[${index(cells[n - 1] - array.offset, array.shape)}] = ${values[n - 1]}: ${FOUND[data.found[n - 1]]}`;
  };
  // What was counted and what the cache holds after n accesses: all of it anew, which is quick, and right in both directions.
  const after = (n) => {
    const told = { all: { reads: 0, writes: 0, misses: 0, again: 0 } };
    data.arrays.forEach((_, k) => (told[k] = { reads: 0, writes: 0, misses: 0, again: 0 }));
    const held = new Set();
    let missed = 0;
    for (let k = 0; k < n; k++) {
      for (const count of [told.all, told[owner[k]]]) {
        count[data.writes[k] === "w" ? "writes" : "reads"] += 1;
        if (data.found[k] !== "h") count.misses += 1;
        if (data.found[k] === "a") count.again += 1;
      }
      if (data.found[k] === "h") continue;
      held.delete(evicted[missed]);
      held.add(lines[cells[k]]);
      missed += 1;
    }
    const gone = missed ? back[missed - 1] : 0;
    return { told, held, fetched: missed * data.line, back: n === length ? data.written : gone * data.line, missed };
  };
  const show = (position) => {
    const n = Math.min(position, length);
    const now = after(n);
    words.textContent = saying(n);
    const at = n ? rows[n - 1] : -1;
    row.setAttribute("y", rounded(data.code[0] + Math.max(at, 0) * data.code[1]));
    row.setAttribute("visibility", at >= 0 ? "visible" : "hidden");
    boxes.forEach((box, line) => box.setAttribute("visibility", now.held.has(line) ? "visible" : "hidden"));
    trail.forEach((mark, back) => {
      const k = n - 1 - back;
      const [x, y, size] = place(k >= 0 ? cells[k] : 0);
      mark.setAttribute("x", rounded(x + 1));
      mark.setAttribute("y", rounded(y + 1));
      mark.setAttribute("width", rounded(size - 2));
      mark.setAttribute("height", rounded(size - 2));
      mark.setAttribute("fill", k >= 0 && data.writes[k] === "w" ? colours.write : colours.read);
      mark.setAttribute("stroke-width", k >= 0 && data.found[k] !== "h" ? "2" : "0");
      mark.setAttribute("visibility", k >= 0 ? "visible" : "hidden");
    });
    const [x, y, size] = place(n ? cells[n - 1] : 0);
    letter.setAttribute("x", rounded(x + size / 2));
    letter.setAttribute("y", rounded(y + size * 0.72));
    letter.setAttribute("font-size", rounded(size * 0.7));
    letter.textContent = n ? data.writes[n - 1] : "";
    for (const count of counts) {
      const [where, kind] = count.dataset.count.split(".");
      count.textContent = counted(now.told[where][kind]);
    }
    const tenths = Math.floor((10 * data.bar * now.missed + Math.floor(data.most / 2)) / data.most);
    bar.setAttribute("width", rounded(tenths / 10));
    const bytes = now.fetched + now.back;
    const hundredths = bytes ? Math.floor((100 * operations[n] + Math.floor(bytes / 2)) / bytes) : 0;
    const each = bytes ? `: ${Math.floor(hundredths / 100)}.${String(hundredths % 100).padStart(2, "0")} a byte` : "";
    traffic.textContent = `memory: ${counted(now.fetched)} bytes in, ${counted(now.back)} back; ${counted(operations[n])} operations${each}`;
    return `${data.name}: ${words.textContent}`;
  };
  const nextMiss = (position) => [...data.found].findIndex((found, k) => k >= position && found !== "h") + 1;
  return { root, show, nextMiss };
}

const lastOf = (model) => model.get("_data").end;
const strideOf = (model) => Math.max(1, Math.ceil(lastOf(model) / 300));

function render({ model, el }) {
  const end = () => lastOf(model);
  let panels, built;
  const show = () => {
    if (model.get("_data") !== built) return build();
    const position = Math.min(film.now(), end());
    film.tell(position, panels.map((one) => one.show(position)).join("; "));
  };
  const miss = () => {
    const next = panels.map((one) => one.nextMiss(film.now())).filter((n) => n > 0);
    film.go(next.length ? Math.min(...next) : end());
  };
  const far = () => Math.max(1, Math.ceil(end() / 20));
  const film = player(model, {
    end, show: () => show(), label: "accesses done",
    more: { m: miss, PageUp: () => film.go(film.now() - far()), PageDown: () => film.go(film.now() + far()) },
  });
  const button = h("button", { onclick: miss, title: "to the next miss (M)" }, "next miss");
  button.style.display = "inline";
  film.bar.append(button);
  const holder = h("div", { class: "mg-kernels" });
  const note = h("p", { class: "mg-soft" });
  const root = viewRoot("kernel", { tabindex: 0 }, film.bar, holder, note);
  film.listen(root);
  el.append(root);
  const build = () => {
    const data = (built = model.get("_data"));
    panels = data.panels.map((one) => panel(one, data.colours));
    holder.replaceChildren(...panels.map((one) => one.root));
    note.textContent = data.legend;
    show();
  };
  const events = listener(model);
  events.on("change:_data", build);
  events.on("change:position", film.moved);
  events.on("change:playing", film.playButton);
  build();
  return () => {
    events.off();
    film.stop();
  };
}

const initialize = ({ model }) => clock(model, () => lastOf(model), 100, () => strideOf(model));

export default { initialize, render };
