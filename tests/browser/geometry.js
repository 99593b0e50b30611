// What is wrong with a drawn page: words cut without an ellipsis, words over other words.
// Boxes of glyphs are higher than their lines, so a part of each is left out above and below.
() => {
  const found = [], words = [], hides = (style) => /hidden|clip/.test(style.overflowX);
  const scrolls = (style, side) => /auto|scroll/.test(style[side]);
  const parent = (node) => node.parentElement ?? node.getRootNode().host ?? null;

  // What of a rectangle its ancestors let be seen.
  const seen = (rect, from) => {
    let { left, top, right, bottom } = rect;
    for (let box = from; box; box = parent(box)) {
      const style = getComputedStyle(box);
      if (style.display === "none" || style.visibility === "hidden" || style.opacity === "0") return null;
      if (style.position === "fixed") break;
      if (style.overflowX === "visible" && style.overflowY === "visible") continue;
      const edge = box.getBoundingClientRect();
      left = Math.max(left, edge.left); right = Math.min(right, edge.right);
      top = Math.max(top, edge.top); bottom = Math.min(bottom, edge.bottom);
    }
    return right - left > 1 && bottom - top > 1 ? { left, top, right, bottom } : null;
  };

  const visit = (node) => {
    if (node.nodeType === Node.TEXT_NODE) return note(node);
    if (node.nodeType === Node.ELEMENT_NODE) {
      if (/^(STYLE|SCRIPT|NOSCRIPT|TITLE|OPTION)$/i.test(node.tagName)) return;
      if (node.matches("[data-testid=stIconMaterial],.maplibregl-map,.gd-deadman")) return;
      cut(node);
    }
    if (node.shadowRoot) node.shadowRoot.childNodes.forEach(visit);
    node.childNodes.forEach(visit);
  };

  const cut = (box) => {
    const style = getComputedStyle(box);
    const figure = /^[\d,.+%−—-]+$/.test(box.textContent.trim()); // of a number nothing may miss
    if (!hides(style) || box.clientWidth < 4) return;
    if (style.textOverflow === "ellipsis" && !figure) return;
    const own = [...box.childNodes].some((n) => n.nodeType === Node.TEXT_NODE && n.data.trim());
    if (own && box.scrollWidth > box.clientWidth + 1) found.push(`cut: ${box.textContent.trim().slice(0, 40)}`);
  };

  const note = (text) => {
    if (!text.data.trim()) return;
    const range = document.createRange();
    range.selectNodeContents(text);
    for (const rect of range.getClientRects()) {
      const slack = (rect.bottom - rect.top) * 0.22;
      const part = seen({ left: rect.left + 1, right: rect.right - 1, top: rect.top + slack, bottom: rect.bottom - slack }, text.parentElement);
      if (part) words.push({ text: text.data.trim().slice(0, 40), node: text, ...part });
    }
  };

  visit(document.body);
  for (let i = 0; i < words.length; i++)
    for (let j = i + 1; j < words.length; j++) {
      const a = words[i], b = words[j];
      if (a.node === b.node) continue;
      const wide = Math.min(a.right, b.right) - Math.max(a.left, b.left);
      const high = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
      if (wide > 2 && high > 2) found.push(`over: ${a.text} | ${b.text}`);
    }
  return found;
}
