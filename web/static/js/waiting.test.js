import assert from "node:assert/strict";
import { test } from "node:test";
import { overdue, span } from "./waiting.js";

const words = { seconds: "{n} s", minutes: "{n} min", hours: "{n} h", days: "{n} d", over: "over {limit}" };
const [second, minute, hour, day] = [1_000, 60_000, 3_600_000, 86_400_000];

test("a span is said in at most two units", () => {
  for (const [length, want] of /** @type {const} */ ([
    [0, "0 s"],
    [second - 1, "0 s"],
    [second, "1 s"],
    [minute - 1, "59 s"],
    [minute, "1 min"],
    [59 * minute + 59 * second, "59 min"],
    [hour, "1 h"],
    [hour + 5 * minute, "1 h 5 min"],
    [day - 1, "23 h 59 min"],
    [day, "1 d"],
    [day + 59 * minute, "1 d"],
    [3 * day + 2 * hour + 30 * minute, "3 d 2 h"],
  ])) {
    assert.equal(span(length, words), want, `${length} ms`);
  }
});

test("a span never shows a placeholder, whatever words are missing", () => {
  for (const length of [0, second, minute, hour, day + hour]) {
    assert.equal(span(length, {}).trim(), "");
  }
});

test("what waits longer than its limit is said to", () => {
  assert.equal(overdue(30 * minute, 30 * minute, words), "");
  assert.equal(overdue(30 * minute + 1, 30 * minute, words), "over 30 min");
  assert.equal(overdue(3 * day, day, words), "over 1 d");
  assert.equal(overdue(hour, NaN, words), "");
  assert.equal(overdue(hour, 0, words), "", "a row without a limit");
});
