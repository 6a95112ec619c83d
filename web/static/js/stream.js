const beatEvery = 10_000; // milliseconds: the board's heartbeat
const leastSilence = 5_000; // a stream that says nothing for less isn't doubted
const comeBack = 3_000; // after a stream was refused
const hiddenFor = 2_000; // then a hidden page gives its connection back

/**
 * Holds the event stream of what happens on the board. A browser allows a host
 * few connections, so a page that nobody looks at gives its one back and takes
 * up where it was when it is looked at (R42). A stream that falls silent is
 * opened anew. Where none can be held, the page asks now and then.
 */
export class Stream {
  #doc;
  #on;
  #interval;
  /** @type {EventSource | null} */
  #source = null;
  #last = "";
  #list = ""; // the list it follows
  #heard = 0; // performance.now() of the last event; 0: none on this stream yet
  #opened = 0;
  #asked = performance.now();
  #hidden = 0; // performance.now() since when nobody looks; 0: somebody does
  #over = false; // the session is: nothing is asked until the stream is back

  /**
   * @param {Document} doc
   * @param {{event: (name: string, data: string, beat: number) => void, ask: () => void}} on what to do with an event,
   *   and how to ask where there is no stream
   */
  constructor(doc, on) {
    this.#doc = doc;
    this.#on = on;
    this.#interval = Number(doc.getElementById("status")?.dataset.interval);
    this.#look();
    setInterval(() => this.#watch(), Math.min(1000, this.#interval));
    doc.addEventListener("visibilitychange", () => this.#look());
  }

  #look() {
    this.#hidden = this.#doc.visibilityState === "hidden" ? performance.now() : 0;
    if (!this.#hidden && !this.#healthy()) this.open();
  }

  /** Opens the stream, in place of the one there is. */
  open() {
    this.close();
    const news = this.#doc.getElementById("news");
    if (!news?.dataset.stream) return;
    this.#list = news.dataset.stream;
    const url = new URL(news.dataset.stream, this.#doc.baseURI);
    if (this.#last) url.searchParams.set("since", this.#last);
    const source = new EventSource(url);
    this.#source = source;
    this.#opened = performance.now();
    for (const name of ["rows", "counts", "freshness", "heartbeat", "reload", "locked", "signed-out"]) {
      source.addEventListener(name, (event) => {
        if (event.lastEventId) this.#last = event.lastEventId;
        this.#heard = performance.now();
        this.#over = name === "signed-out";
        this.#on.event(name, event.data, this.#beat());
      });
    }
  }

  /**
   * Is told that the page may be another, as after going back in history.
   *
   * @returns {boolean} whether it shows another list, which is followed from now on
   */
  renewed() {
    const list = this.#doc.getElementById("news")?.dataset.stream;
    if (!list || list === this.#list) return false;
    this.#last = "";
    this.open();
    return true;
  }

  /**
   * Is told how a question was answered.
   *
   * @param {number | undefined} status
   */
  answered(status) {
    this.#over = status === 401;
  }

  /** Lets go of the stream. */
  close() {
    this.#source?.close();
    this.#source = null;
    this.#heard = 0;
  }

  #beat() {
    return Math.min(this.#interval, beatEvery);
  }

  /** Whether the stream is heard of often enough. */
  #healthy() {
    const silence = Math.max(2.5 * this.#beat(), leastSilence);
    return this.#source?.readyState === EventSource.OPEN && performance.now() - this.#heard < silence;
  }

  #watch() {
    const now = performance.now();
    if (this.#hidden && now - this.#hidden > hiddenFor) this.close();
    if (this.#healthy()) return;
    const since = now - Math.max(this.#opened, this.#heard);
    const closed = !this.#source || this.#source.readyState === EventSource.CLOSED;
    if (!this.#hidden && since > (closed ? Math.max(comeBack, this.#interval) : 2.5 * beatEvery)) this.open();
    if (!this.#over && now - this.#asked >= this.#interval && since >= this.#interval) {
      this.#asked = now;
      this.#on.ask();
    }
  }
}
