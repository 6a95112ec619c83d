/**
 * Closes the filter menus on Escape, giving the focus back, and on a click
 * elsewhere.
 *
 * @param {Document} doc
 */
export function closeMenus(doc) {
  const open = () => /** @type {HTMLDetailsElement | null} */ (doc.querySelector("details.menu[open]"));
  doc.addEventListener("keydown", (event) => {
    const menu = open();
    if (event.key !== "Escape" || !menu) return;
    menu.open = false;
    menu.querySelector("summary")?.focus();
  });
  doc.addEventListener("click", (event) => {
    const menu = open();
    if (menu && event.target instanceof Node && !menu.contains(event.target)) menu.open = false;
  });
}
