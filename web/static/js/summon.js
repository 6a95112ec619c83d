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
  // Who uses one key will want to know of others.
  if (!doc.getElementById("dialogs")) return;
  doc.addEventListener("keydown", () => void import("./palette.js").then(({ fetchDialogs }) => fetchDialogs(doc)).catch(() => {}), { once: true });
}
