/**
 * @param {Document} _doc
 * @param {(id: string) => boolean} _run
 */
export function openPalette(_doc, _run) {}

/** @param {Document} _doc */
export function openHelp(_doc) {}
