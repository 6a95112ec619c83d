/**
 * Has what few pages need loaded only there, or when it is first needed: sounds,
 * palette and help.
 *
 * @param {Document} doc
 */
export function summon(doc) {
  if ("sound" in doc.body.dataset || doc.getElementById("test-sound")) {
    void import("./sound.js").then(({ playSounds }) => playSounds(doc));
  }
  if (!doc.getElementById("dialogs")) return;
  // Who uses one key will want to know of others.
  doc.addEventListener("keydown", () => void import("./palette.js").then(({ fetchDialogs }) => fetchDialogs(doc)).catch(() => {}), { once: true });
  bindDialogs(doc);
}

/**
 * Opens palette and help by their keys.
 *
 * @param {Document} doc
 */
function bindDialogs(doc) {
  const keys = /** @type {Record<string, string>} */ (JSON.parse(doc.body.dataset.keys ?? "{}"));
  const run = (/** @type {string} */ id) => {
    if (id === "palette") void import("./palette.js").then(({ openPalette }) => openPalette(doc, run));
    if (id === "help") void import("./palette.js").then(({ openHelp }) => openHelp(doc));
  };
  doc.addEventListener("keydown", (event) => {
    if (event.repeat || event.altKey || event.metaKey || event.defaultPrevented) return;
    const target = event.target instanceof Element ? event.target : null;
    if (target?.closest("dialog[open]") || (!event.ctrlKey && target?.closest("input, textarea, select, [contenteditable]"))) return;
    const id = keys[(event.ctrlKey ? "Ctrl+" : "") + event.key];
    if (id !== "palette" && id !== "help") return;
    event.preventDefault();
    run(id);
  });
}
