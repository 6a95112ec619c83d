/**
 * Fetches the rows after those shown when the end of them comes near, and puts
 * them behind (R40). Nothing above them moves.
 *
 * @param {Document} doc
 */
export function fetchMore(doc) {
  /** @type {HTMLElement | null} */
  let board = null;
  /** @type {IntersectionObserver | undefined} */
  let near;
  const watch = () => {
    const now = doc.getElementById("board");
    if (now !== board) {
      near?.disconnect();
      board = now;
      near = now ? observe(now) : undefined;
    }
    const more = doc.getElementById("more");
    if (more) near?.observe(more);
  };
  watch();
  doc.addEventListener("htmx:after:swap", watch);
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
