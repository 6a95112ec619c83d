const apart = 60_000; // milliseconds between two tones at least (R4)
const allowedWithin = 500; // then a browser that allows sound has begun
const acting = 5_000; // what a user just did may raise the count of reds itself

/**
 * Plays a short, soft tone when new reds arrive, for those who chose it: at most
 * one a minute, and none where the browser blocks it, which is said (R4).
 *
 * @param {Document} doc
 */
export function playSounds(doc) {
  const tone = new Tone(doc);
  const test = doc.getElementById("test-sound");
  if (test) {
    test.hidden = false;
    test.addEventListener("click", () => tone.play());
  }
  if (!("sound" in doc.body.dataset) || !doc.getElementById("board")) return;
  tone.prepare();
  let acted = -Infinity; // performance.now() of the last key or click
  for (const deed of ["keydown", "pointerdown"]) {
    doc.addEventListener(deed, (event) => { if (event.isTrusted) acted = performance.now(); }, true);
  }
  doc.addEventListener("board:reds", () => {
    if (performance.now() - acted > acting) tone.playSometimes();
  });
}

/** The tone, and whether the browser lets it sound. */
class Tone {
  #doc;
  /** @type {AudioContext | null} */
  #context = null;
  #last = -Infinity; // performance.now() of the last one played by itself

  /** @param {Document} doc */
  constructor(doc) {
    this.#doc = doc;
  }

  /** Learns whether sound is allowed; most browsers allow it with the first key or click. */
  prepare() {
    const allow = async () => {
      if (!(await this.#allowed())) return;
      for (const deed of ["keydown", "pointerdown"]) this.#doc.removeEventListener(deed, allow, true);
    };
    for (const deed of ["keydown", "pointerdown"]) this.#doc.addEventListener(deed, allow, true);
    void allow();
  }

  /** Plays it, unless it sounded less than a minute ago, in another tab included. */
  playSometimes() {
    if (performance.now() - this.#last < apart) return;
    this.#last = performance.now();
    const locks = navigator.locks;
    if (!locks) {
      void this.play();
      return;
    }
    void locks.request("tone", { ifAvailable: true }, async (lock) => {
      if (!lock || !(await this.play())) return;
      await new Promise((done) => setTimeout(done, apart));
    });
  }

  /** @returns {Promise<boolean>} whether it could be heard */
  async play() {
    if (!(await this.#allowed()) || !this.#context) return false;
    const context = this.#context;
    const volume = context.createGain();
    volume.connect(context.destination);
    volume.gain.setValueAtTime(0, context.currentTime);
    volume.gain.linearRampToValueAtTime(0.12, context.currentTime + 0.03);
    volume.gain.exponentialRampToValueAtTime(0.0001, context.currentTime + 0.6);
    const oscillator = context.createOscillator();
    oscillator.frequency.value = 660; // hertz
    oscillator.connect(volume);
    oscillator.start();
    oscillator.stop(context.currentTime + 0.6);
    return true;
  }

  /**
   * Reports, and shows, whether the browser plays sound. Only a gesture of the
   * user's can change that it doesn't.
   *
   * @returns {Promise<boolean>}
   */
  async #allowed() {
    this.#context ??= new AudioContext();
    const soon = new Promise((done) => setTimeout(done, allowedWithin));
    await Promise.race([this.#context.resume(), soon]);
    const allowed = this.#context.state === "running";
    const notice = this.#doc.getElementById("sound-blocked");
    if (notice) notice.hidden = allowed;
    return allowed;
  }
}
