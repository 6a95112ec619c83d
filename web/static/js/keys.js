/**
 * Which command keys give, as they are pressed one after the other: "e", or "g"
 * and then "o", however much later: to go somewhere else than meant does no harm,
 * an "e" alone might.
 */
export class Keymap {
  #commands;
  #first = "";

  /** @param {Record<string, string>} commands by key; two keys are separated by a blank */
  constructor(commands) {
    this.#commands = commands;
  }

  /**
   * @param {string} key as KeyboardEvent.key names it, "Ctrl+" before it where that is held
   * @returns {string | undefined} the command; "" where another key has to follow; undefined: none
   */
  press(key) {
    const first = this.#first;
    this.#first = "";
    const command = this.#commands[first ? `${first} ${key}` : key];
    if (command || first) return command;
    if (!Object.keys(this.#commands).some((keys) => keys.startsWith(`${key} `))) return undefined;
    this.#first = key;
    return "";
  }
}

/**
 * Gives the keys to the commands. A key does nothing while something is typed,
 * with Alt or Meta held, in a dialog, or when it repeats because it is held down
 * (R15, R29). Those with Ctrl, and Escape, work while something is typed, too.
 *
 * @param {Document} doc
 * @param {Keymap} keymap
 * @param {(command: string, event: KeyboardEvent) => boolean} run answers whether the command took the key
 */
export function bindKeys(doc, keymap, run) {
  doc.addEventListener("keydown", (event) => {
    if (event.key === "Shift" || event.altKey || event.metaKey || event.defaultPrevented || event.isComposing) return;
    const target = event.target instanceof Element ? event.target : null;
    if (doc.querySelector("dialog:modal")) return; // a click on its text takes the focus out of it
    const typing = target?.closest("input:not([type=checkbox], [type=radio], [type=submit], [type=button]), textarea, select, [contenteditable]");
    if (typing && !event.ctrlKey && event.key !== "Escape") return;
    const key = event.ctrlKey ? `Ctrl+${event.key}` : event.key;
    const command = keymap.press(key);
    if (command === undefined) return;
    if (event.repeat && !moves.has(command)) {
      event.preventDefault();
    } else if (command === "" || run(command, event)) {
      event.preventDefault();
    }
  });
}

/** The commands that may repeat while their key is held down: they only look. */
const moves = new Set(["next", "previous", "next-patient", "previous-patient"]);
