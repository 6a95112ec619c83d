/**
 * Distrusts silence (R12): when polls stop being answered the page says so by
 * its own clock, late after two intervals and NOT LIVE after four, whatever the
 * last answer claimed. The next answer replaces what is said here.
 *
 * @param {Document} doc
 */
export function watchSilence(doc) {
  const status = () => doc.querySelector("#status");
  if (!status()) return;

  let answered = performance.now();
  doc.addEventListener("htmx:after:request", (event) => {
    const ctx = /** @type {CustomEvent} */ (event).detail?.ctx;
    if (ctx?.sourceElement?.id === "poll" && ctx.response?.status === 200) {
      answered = performance.now();
      doc.querySelector("#lost")?.replaceChildren();
    }
  });

  // A hidden tab's timers sleep: asked anew, it is fresh at once when shown (R42).
  doc.addEventListener("visibilitychange", () => {
    if (doc.visibilityState === "visible") doc.querySelector("#poll")?.dispatchEvent(new Event("refresh"));
  });

  setInterval(() => {
    const bar = status();
    if (!(bar instanceof HTMLElement)) return;
    const missed = (performance.now() - answered) / Number(bar.dataset.interval);
    if (missed > 2) distrust(doc, bar, missed > 4 ? "not-live" : "late");
  }, 1000);
}

/**
 * @param {Document} doc
 * @param {HTMLElement} bar
 * @param {"late" | "not-live"} state
 */
function distrust(doc, bar, state) {
  if (bar.dataset.state === "not-live" || bar.dataset.state === state) return;
  bar.dataset.state = state;
  doc.querySelector("#board")?.setAttribute("data-freshness", state);
  const lost = doc.querySelector("#lost");
  if (lost && state === "not-live") lost.textContent = `${bar.dataset.notLive}. ${bar.dataset.lost}`;
  const fresh = bar.querySelector(".fresh");
  const word = bar.querySelector(".fresh-word");
  const detail = bar.querySelector(".fresh-detail");
  if (!fresh || !word || !detail) return;
  fresh.className = `fresh ${state}`;
  fresh.querySelector("use")?.setAttribute("href", `#i-${state}`);
  word.textContent = (state === "late" ? bar.dataset.late : bar.dataset.notLive) ?? "";
  const age = detail.textContent ?? "";
  if (!age.endsWith(bar.dataset.lost ?? "")) detail.textContent = `${age} · ${bar.dataset.lost}`;
}
