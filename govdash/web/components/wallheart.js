// Brings a wall back by itself. Streamlit's own client connects again after a restart; where it has
// given up, or the server is there and it still has no connection, the page is loaded anew. Never
// while the server is away: the browser's error page has no script that would come back.

const LOOK = 5_000, PATIENCE = 30_000; // ms
let since = 0;

async function look(root) {
  const state = document.querySelector("[data-test-connection-state]")?.dataset.testConnectionState;
  if (state === "CONNECTED") { since = 0; return; }
  since ||= Date.now();
  if (state !== "DISCONNECTED_FOREVER" && Date.now() - since < PATIENCE) return;
  const answer = await fetch(`${root}healthz`, { cache: "no-store" }).catch(() => null);
  if (answer?.ok) location.reload();
}

export default function ({ data }) {
  clearInterval(globalThis.govdashHeart);
  globalThis.govdashHeart = setInterval(() => look(data.root), LOOK);
  return () => clearInterval(globalThis.govdashHeart);
}
