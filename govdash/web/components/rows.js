// A list whose rows can be opened by click or Enter, and with `keys` by j and k from anywhere on
// the page. Python sends cells; every text is set as text, never as markup.

const KINDS = {
  text: (cell) => word("div", "text", cell.text),
  num: (cell) => word("div", "num", cell.text),
  two(cell) {
    const box = word("div", "two");
    box.append(word("div", "head", cell.text), word("div", "sub", cell.sub));
    return box;
  },
  right(cell) {
    const box = word("div", "right");
    box.append(word("div", "num", cell.text), word("div", "sub", cell.sub));
    return box;
  },
  ranked(cell, open) {
    const box = word("div", "ranked");
    for (const part of cell.parts) {
      const line = word("div", "part");
      line.append(word("div", "text", part.text), KINDS.bar(part), word("div", "num", part.n));
      line.onclick = (event) => { event.stopPropagation(); open(part.id); };
      box.append(line);
    }
    return box;
  },
  due(cell) {
    const box = word("div", "due");
    box.append(word("b", "num", cell.text));
    if (cell.action) box.append(word("span", cell.first ? "do first" : "do", cell.action));
    return box;
  },
  badge(cell) {
    const box = word("div", "badge");
    box.style.background = `var(--gd-${cell.level})`;
    box.style.color = `var(--gd-on-${cell.level})`;
    box.append(word("i", "", cell.shape + cell.numeral), word("span", "", cell.text));
    return box;
  },
  tag: (cell) => word("div", "tag", cell.text),
  bar(cell) {
    const box = word("div", "bar");
    const fill = word("i", "");
    fill.style.width = `${Math.max(0, Math.min(1, cell.share)) * 100}%`;
    box.append(fill);
    if (cell.target !== undefined) {
      const line = word("q", "");
      line.style.left = `${cell.target * 100}%`;
      box.append(line);
    }
    return box;
  },
};

function word(tag, name, text) {
  const made = document.createElement(tag);
  if (name) made.className = name;
  if (text !== undefined && text !== null) {
    made.textContent = text;
    if (name === "text" || name === "head" || name === "sub") made.title = text;
  }
  return made;
}

// Somebody who types, or has a drawer open, means the letter and not the command.
const busy = (event) =>
  event.ctrlKey || event.metaKey || event.altKey || event.isComposing ||
  event.composedPath().some((node) => node.matches?.("input,textarea,select,[contenteditable=true]")) ||
  document.querySelector('[role="dialog"]') !== null;

// j and k open the next and the previous row; other keys press the button whose key begins so.
function listen(list) {
  const heard = (event) => {
    if (!list.isConnected) return window.removeEventListener("keydown", heard, true);
    const key = event.key.toLowerCase();
    if (!list.keys || !(key === "j" || key === "k" || key in list.keys) || busy(event)) return;
    event.preventDefault();
    event.stopImmediatePropagation(); // Streamlit has commands of its own on some letters
    if (key in list.keys) {
      document.querySelector(`[class*="st-key-${list.keys[key]}"] button`)?.click();
      return;
    }
    const rows = [...list.querySelectorAll(".row.open")];
    const now = rows.findIndex((row) => row.classList.contains("chosen"));
    const next = rows[now + (key === "j" ? 1 : -1)];
    if (!next) return;
    rows[now]?.classList.remove("chosen");
    next.classList.add("chosen");
    next.scrollIntoView({ block: "nearest" });
    next.click();
  };
  window.addEventListener("keydown", heard, true);
}

export default function ({ data, parentElement, setTriggerValue }) {
  const list = parentElement.querySelector(".list");
  const written = JSON.stringify(data);
  list.keys = data.keys;
  if (data.keys && !list.listens) {
    list.listens = true;
    listen(list);
  }
  list.open = (id) => setTriggerValue("open", id);
  if (list.dataset.written === written) return; // nothing new: keep scroll and focus
  list.dataset.written = written;
  const nodes = [];
  if (data.head.length) {
    const top = word("div", "row top");
    top.style.gridTemplateColumns = data.columns;
    const kinds = data.rows[0]?.cells.map((cell) => cell.kind) ?? [];
    const left = (i) => i === 0 || kinds[i] === "text" || kinds[i] === "two";
    top.append(...data.head.map((text, i) => word("div", left(i) ? "text" : "num", text)));
    nodes.push(top);
  }
  for (const row of data.rows) {
    const line = word("div", data.opens ? "row open" : "row");
    line.style.gridTemplateColumns = data.columns;
    for (const cell of row.cells) {
      const made = KINDS[cell.kind](cell, list.open);
      if (cell.tone) made.classList.add(cell.tone);
      line.append(made);
    }
    if (row.chosen) line.classList.add("chosen");
    if (data.opens) {
      line.tabIndex = 0;
      line.setAttribute("role", "button");
      line.onclick = () => list.open(row.id);
      line.onkeydown = (event) => { if (event.key === "Enter") list.open(row.id); };
    }
    nodes.push(line);
  }
  list.className = `list ${data.look}`;
  list.replaceChildren(...nodes);
}
