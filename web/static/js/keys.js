/**
 * The keys and what they do. A key does nothing while something is typed, with
 * Ctrl, Alt or Meta held, in a dialog, or when it repeats because it is held
 * down (R15, R29).
 *
 * @param {Document} doc
 * @param {Record<string, () => void>} commands by key
 */
export function bindKeys(doc, commands) {
  doc.addEventListener("keydown", (event) => {
    const run = commands[event.key];
    if (!run || event.repeat || event.ctrlKey || event.altKey || event.metaKey || event.defaultPrevented) return;
    const target = event.target instanceof Element ? event.target : null;
    if (target?.closest("input, textarea, select, [contenteditable], dialog[open]")) return;
    event.preventDefault();
    run();
  });
}
