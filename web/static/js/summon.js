/**
 * Has what few pages need loaded only there, or when it is first needed: sounds,
 * palette and help, a query that can't be read, dialogs where the browser doesn't
 * open them by itself, menus, a print.
 *
 * @param {Document} doc
 */
export function summon(doc) {
  if ("sound" in doc.body.dataset || doc.getElementById("test-sound")) {
    void import("./sound.js").then(({ playSounds }) => playSounds(doc));
  }
  if (doc.querySelector("#search[data-to]")) void import("./find.js").then(({ markProblem }) => markProblem(doc));
  if (!("command" in HTMLButtonElement.prototype)) void import("./dialogs.js").then(({ openDialogs }) => openDialogs(doc));
  if (doc.getElementById("board")) {
    addEventListener("beforeprint", () => void import("./printed.js").then(({ tellPrinted }) => tellPrinted(doc)));
  }
  doc.addEventListener("toggle", () => void import("./menus.js").then(({ closeMenus }) => closeMenus(doc)), { capture: true, once: true });
  // Who uses one key will want to know of others.
  if (!doc.getElementById("dialogs")) return;
  doc.addEventListener("keydown", () => void import("./palette.js").then(({ fetchDialogs }) => fetchDialogs(doc)).catch(() => {}), { once: true });
}
