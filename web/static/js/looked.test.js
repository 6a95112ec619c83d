import assert from "node:assert/strict";
import { test } from "node:test";

import { Looked } from "./looked.js";

/** A clock, and a screen that paints when it is told to. */
function screen() {
  const s = { now: 0, paint: () => {} };
  const looked = new Looked(() => s.now, (then) => { s.paint = then; });
  return { s, looked };
}

test("R15: an alert counts as looked at 300 ms after it was painted", () => {
  const { s, looked } = screen();
  looked.shows("a");
  s.now = 1_000;
  assert.equal(looked.has("a"), false, "nothing was painted yet");
  s.paint();
  s.now = 1_299;
  assert.equal(looked.has("a"), false);
  s.now = 1_300;
  assert.equal(looked.has("a"), true);
  assert.equal(looked.has("b"), false);
});

test("R15: showing it again doesn't begin anew, and what was looked at stays so", () => {
  const { s, looked } = screen();
  looked.shows("a");
  s.paint();
  s.now = 200;
  looked.shows("a");
  s.now = 400;
  looked.shows("b");
  assert.equal(looked.has("a"), true);
  assert.equal(looked.has("b"), false);
});

test("R15: a glance doesn't count, nor does a paint that comes after it", () => {
  const { s, looked } = screen();
  looked.shows("a");
  const late = s.paint;
  looked.shows("b");
  s.paint();
  late();
  s.now = 1_000;
  assert.equal(looked.has("a"), false);
  assert.equal(looked.has("b"), true);
  looked.shows("a");
  s.paint();
  s.now = 1_100;
  looked.shows("");
  s.now = 2_000;
  assert.equal(looked.has("a"), false);
  assert.equal(looked.has(""), false);
});
