// KernelView of a CUDA kernel: plays the steps that Python traced. `thread_state.py` and `thread_picture.py` say the same.
const DOES = { l: "reads", s: "writes", a: "updates" };
const rounded = (x) => String(Math.round(x * 10) / 10);
const list = (packed) => (packed ? packed.split(" ") : []);
const numbers = (packed) => list(packed).map(Number);
const lists = (packed, of = numbers) => packed.split(";").map(of);

function index(element, shape) {
  const told = [];
  for (const size of [...shape].reverse()) {
    told.unshift(element % size);
    element = Math.floor(element / size);
  }
  return told.join(", ");
}

// One kernel: its drawing, `show(position)`, which brings it there and returns what happens in words, and `touch(thread)`.
function panel(data, colours, chosen) {
  const root = trusted("div", { class: "mg-kernel-panel" }, data.svg);
  const svg = root.querySelector("svg");
  const note = h("p", { class: "mg-soft mg-touched", "aria-live": "polite" });
  root.append(note);
  const part = (name) => root.querySelector(`[data-part=${name}]`);
  const parts = (name) => [...root.querySelectorAll(`[data-part=${name}]`)];
  const [words, more, row, touched] = ["words", "more", "row", "touched"].map(part);
  const [blocks, threads, lanes, sectors, banks, asked] = ["block", "thread", "lane", "sector", "bank", "asked"].map(parts);
  const counts = [...root.querySelectorAll("[data-count]")];
  const length = data.kinds.length;
  const [blockOf, epochOf, rowOf, arrayOf] = [data.blocks, data.epochs, data.rows, data.array].map(numbers);
  const [who, where, moved, added, wrong] = [data.threads, data.elements, data.sectors, data.counts, data.wrong].map((p) => lists(p));
  const values = lists(data.values, list);
  const wanted = lists(data.banks, (p) => new Map(list(p).map((pair) => pair.split(":").map(Number))));
  const key = (block, thread) => block * data.size + thread;
  const own = new Map();
  for (let k = 0; k < length; k++) {
    for (const thread of who[k]) {
      const all = own.get(key(blockOf[k], thread)) || [];
      all.push(k);
      own.set(key(blockOf[k], thread), all);
    }
  }
  let at = 0;
  const blockNow = () => (at ? blockOf[at - 1] : 0);

  const place = (array, element) => {
    const g = data.arrays[array];
    const planes = Math.ceil(g.size / (g.rows * g.columns)) || 1;
    if (element < 0) return [g.left + planes * g.plane - g.cell + 4, g.top + (g.rows - 1) * g.cell, g.cell];
    const whole = g.rows * g.columns;
    const inside = element % whole;
    return [
      g.left + Math.floor(element / whole) * g.plane + (inside % g.columns) * g.cell,
      g.top + Math.floor(inside / g.columns) * g.cell, g.cell,
    ];
  };
  const look = (square, state) => square.setAttribute("data-state", state);
  const stateOf = (thread) => {
    const block = blockNow();
    const epoch = at ? epochOf[at - 1] : 0;
    if (at && who[at - 1].includes(thread)) return "a";
    const later = (own.get(key(block, thread)) || []).find((k) => k >= at);
    if (later === undefined) return epoch < data.barriers[block] ? "w" : "d";
    return epochOf[later] > epoch ? "w" : "r";
  };

  const show = (position) => {
    at = Math.min(position, length);
    const k = at - 1;
    words.textContent = at ? data.words[k] : "before the first instruction";
    more.textContent = at ? data.more[k] : "";
    const line = at ? rowOf[k] : -1;
    row.setAttribute("y", rounded(data.code[0] + Math.max(line, 0) * data.code[1]));
    row.setAttribute("visibility", line >= 0 ? "visible" : "hidden");
    blocks.forEach((square, n) => look(square, n === blockNow() ? "a" : n < blockNow() ? "d" : "r"));
    threads.forEach((square, thread) => look(square, stateOf(thread)));
    const moving = new Set(at ? moved[k] : []);
    sectors.forEach((box, n) => box.setAttribute("visibility", moving.has(n) ? "visible" : "hidden"));
    lanes.forEach((mark, lane) => {
      const known = at > 0 && lane < who[k].length;
      const [x, y, size] = known ? place(arrayOf[k], where[k][lane]) : [0, 0, 10];
      const write = at > 0 && data.kinds[k] !== "l";
      mark.setAttribute("x", rounded(x + 1));
      mark.setAttribute("y", rounded(y + 1));
      mark.setAttribute("width", rounded(size - 2));
      mark.setAttribute("height", rounded(size - 2));
      mark.setAttribute("rx", write ? "1" : rounded((size - 2) / 2));
      mark.setAttribute("fill", write ? colours.write : colours.read);
      mark.setAttribute("stroke-width", known && wrong[k].includes(who[k][lane]) ? "3" : "0");
      mark.setAttribute("visibility", known ? "visible" : "hidden");
    });
    banks.forEach((square, bank) => {
      const n = (at && wanted[k].get(bank)) || 0;
      look(square, n === 1 ? "d" : n ? "a" : "r");
      asked[bank].textContent = n > 1 ? String(n) : "";
    });
    const sums = data.arrays.map(() => [0, 0, 0, 0]);
    for (let n = 0; n < at; n++) added[n].forEach((one, place) => (sums[arrayOf[n]][place] += one));
    for (const count of counts) {
      const [array, place] = count.dataset.count.split(".");
      count.textContent = sums[array][place].toLocaleString("en-US");
    }
    hover(null);
    return `${data.name}: ${words.textContent}; ${more.textContent}`;
  };
  const box = ([x, y, size]) => `M${rounded(x)} ${rounded(y)}h${rounded(size)}v${rounded(size)}h${rounded(-size)}Z`;
  const seat = (thread) => {
    const [left, top, size, columns] = data.thread;
    return [left + (thread % columns) * size, top + Math.floor(thread / columns) * size, size];
  };
  // All that a thread does in its block, and all that happens to an element: outlined, and told.
  const ofThread = (thread) => {
    const all = own.get(key(blockNow(), thread)) || [];
    const told = all.map((k) => {
      const lane = who[k].indexOf(thread);
      const array = data.arrays[arrayOf[k]];
      const element = where[k][lane];
      return {
        box: box(place(arrayOf[k], element)),
        words: `${DOES[data.kinds[k]]} ${array.name}[${element < 0 ? "outside" : index(element, array.shape)}] = ${values[k][lane]}`,
      };
    });
    const rest = told.length > 12 ? `, and ${told.length - 12} more` : "";
    const name = data.blockNames.length > 1 ? ` of block ${data.blockNames[blockNow()]}` : "";
    return {
      path: [box(seat(thread)), ...told.map((one) => one.box)].join(""),
      words: `thread ${data.threadNames[thread]}${name}: ${told.slice(0, 12).map((one) => one.words).join(", ") || "touches nothing"}${rest}`,
    };
  };
  const ofElement = (array, element) => {
    const shared = data.arrays[array].space === "shared";
    const told = [];
    const seats = new Set();
    for (let k = 0; k < length; k++) {
      if (arrayOf[k] !== array || (shared && blockOf[k] !== blockNow())) continue;
      where[k].forEach((one, lane) => {
        if (one !== element) return;
        const block = data.blockNames.length > 1 ? ` of block ${data.blockNames[blockOf[k]]}` : "";
        told.push(`thread ${data.threadNames[who[k][lane]]}${block} ${DOES[data.kinds[k]]} it in line ${data.numbers[rowOf[k]] ?? "?"}`);
        if (blockOf[k] === blockNow()) seats.add(who[k][lane]);
      });
    }
    const few = [...new Set(told)];
    const rest = few.length > 8 ? `, and ${few.length - 8} more` : "";
    const name = `${data.arrays[array].name}[${index(element, data.arrays[array].shape)}]`;
    return {
      path: [box(place(array, element)), ...[...seats].map((thread) => box(seat(thread)))].join(""),
      words: `${name}: ${few.slice(0, 8).join(", ") || "nobody touches it"}${rest}`,
    };
  };
  const hover = (told) => {
    const now = told || (chosen() === null || chosen() >= data.size ? null : ofThread(chosen()));
    touched.setAttribute("d", now ? now.path : "");
    note.textContent = now ? now.words : "Point at a thread, or at an element, to see who touches what.";
  };
  const under = (event) => {
    const { x, y } = new DOMPoint(event.clientX, event.clientY).matrixTransform(svg.getScreenCTM().inverse());
    const [left, top, size, columns] = data.thread;
    const [column, line] = [Math.floor((x - left) / size), Math.floor((y - top) / size)];
    if (column >= 0 && column < columns && line >= 0 && line * columns + column < data.size) return { thread: line * columns + column };
    for (const [array, g] of data.arrays.entries()) {
      for (let element = 0; element < g.size; element++) {
        const [a, b, side] = place(array, element);
        if (x >= a && x < a + side && y >= b && y < b + side) return { array, element };
      }
    }
    return null;
  };
  svg.addEventListener("pointermove", (event) => {
    const found = under(event);
    if (!found) hover(null);
    else hover(found.thread === undefined ? ofElement(found.array, found.element) : ofThread(found.thread));
  });
  svg.addEventListener("pointerleave", () => hover(null));
  const dear = (k) => wrong[k].length > 0 || added[k][2] > added[k][3];
  const nextDear = (position) => {
    for (let k = position; k < length; k++) if (dear(k)) return k + 1;
    return 0;
  };
  return { root, show, nextDear, again: () => hover(null), size: data.size };
}

const lastOf = (model) => model.get("_data").end;
const strideOf = (model) => Math.max(1, Math.ceil(lastOf(model) / 300));

function render({ model, el }) {
  const end = () => lastOf(model);
  let panels, built;
  let chosen = null;
  const show = () => {
    if (model.get("_data") !== built) return build();
    const position = Math.min(film.now(), end());
    film.tell(position, panels.map((one) => one.show(position)).join("; "));
  };
  const dear = () => {
    const next = panels.map((one) => one.nextDear(film.now())).filter((n) => n > 0);
    film.go(next.length ? Math.min(...next) : end());
  };
  const choose = (step) => {
    const most = Math.max(...panels.map((one) => one.size)) - 1;
    chosen = chosen === null ? (step > 0 ? 0 : most) : chosen + step;
    if (chosen < 0 || chosen > most) chosen = null;
    panels.forEach((one) => one.again());
  };
  const none = () => {
    chosen = null;
    panels.forEach((one) => one.again());
  };
  const far = () => Math.max(1, Math.ceil(end() / 20));
  const film = player(model, {
    end, show: () => show(), label: "steps done",
    more: {
      m: dear, PageUp: () => film.go(film.now() - far()), PageDown: () => film.go(film.now() + far()),
      ArrowDown: () => choose(1), ArrowUp: () => choose(-1), Escape: none,
    },
  });
  const button = h("button", { onclick: dear, title: "to the next step that costs more than it must, or is wrong (M)" }, "next waste");
  button.style.display = "inline";
  film.bar.append(button);
  const holder = h("div", { class: "mg-kernels" });
  const notes = h("div", {});
  const root = viewRoot("threads", { tabindex: 0 }, film.bar, holder, notes);
  film.listen(root);
  el.append(root);
  const build = () => {
    const data = (built = model.get("_data"));
    panels = data.panels.map((one) => panel(one, data.colours, () => chosen));
    holder.replaceChildren(...panels.map((one) => one.root));
    notes.replaceChildren(...data.legend.map((line) => h("p", { class: "mg-soft" }, line)));
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

const initialize = ({ model }) => clock(model, () => lastOf(model), 250, () => strideOf(model));

export default { initialize, render };
