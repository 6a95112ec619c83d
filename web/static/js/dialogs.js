/**
 * Opens and closes dialogs where the browser doesn't know command buttons yet.
 *
 * @param {Document} doc
 */
export function openDialogs(doc) {
  doc.addEventListener("click", (event) => {
    const button = event.target instanceof Element ? event.target.closest("button[commandfor]") : null;
    const dialog = button && doc.getElementById(button.getAttribute("commandfor") ?? "");
    if (!(dialog instanceof HTMLDialogElement)) return;
    if (button?.getAttribute("command") === "show-modal") dialog.showModal();
    else dialog.close();
  });
}
