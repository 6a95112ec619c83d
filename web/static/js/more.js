/**
 * Fetches the rows after those shown when the end of them comes near, and puts
 * them behind (R40). Nothing above them moves.
 *
 * @param {Document} doc
 */
export function fetchMore(doc) {
  /** @type {HTMLElement | null} */
  let board = null;
  /** @type {HTMLElement | null} */
  let more = null; // asked for once: one that was refused stays a link
  /** @type {IntersectionObserver | undefined} */
  let near;
  const watch = (/** @type {boolean} */ anew) => {
    const [list, end] = [doc.getElementById("board"), doc.getElementById("more")];
    if (list !== board || anew) {
      near?.disconnect();
      near = list ? observe(list) : undefined;
    } else if (end === more) return;
    [board, more] = [list, end];
    if (end) near?.observe(end);
  };
  watch(true);
  doc.addEventListener("htmx:after:swap", () => watch(false));
  // Whether the list scrolls by itself depends on the window's size.
  matchMedia("(min-width: 961px) and (min-height: 480px)").addEventListener("change", () => watch(true));
}

/**
 * Tells the end of the rows when it comes near.
 *
 * @param {HTMLElement} board
 * @returns {IntersectionObserver}
 */
function observe(board) {
  const scrolls = getComputedStyle(board).overflowY === "auto";
  const near = new IntersectionObserver(
    (seen) => {
      for (const { isIntersecting, target } of seen) {
        if (!isIntersecting) continue;
        near.unobserve(target);
        target.dispatchEvent(new Event("near"));
      }
    },
    { root: scrolls ? board : null, rootMargin: "1500px" },
  );
  return near;
}
