import assert from "node:assert/strict";
import { test } from "node:test";

import { Keymap } from "./keys.js";

test("one key, and one after the other", () => {
  const keymap = new Keymap({ e: "process", o: "open", "g o": "go-open", "g e": "go-escalated" });
  assert.equal(keymap.press("e"), "process");
  assert.equal(keymap.press("g"), "", "another has to follow");
  assert.equal(keymap.press("o"), "go-open");
  assert.equal(keymap.press("o"), "open");
  assert.equal(keymap.press("q"), undefined);
});

test("R15: what doesn't follow a first key does nothing, above all nothing else", () => {
  const keymap = new Keymap({ e: "process", j: "next", "g o": "go-open" });
  assert.equal(keymap.press("g"), "");
  assert.equal(keymap.press("e"), undefined);
  assert.equal(keymap.press("e"), "process");
  assert.equal(keymap.press("g"), "");
  assert.equal(keymap.press("g"), undefined);
  assert.equal(keymap.press("j"), "next");
});
