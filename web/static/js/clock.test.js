import assert from "node:assert/strict";
import { mock, test } from "node:test";
import { BoardClock } from "./clock.js";

/** The page's monotonic clock stands at `at` milliseconds. */
const stand = (/** @type {number} */ at) => mock.method(performance, "now", () => at);

test("the clock goes on from what the board told, by the monotonic clock", (t) => {
  t.after(() => mock.restoreAll());
  stand(1_000);
  const clock = new BoardClock();
  clock.set("2026-11-22T12:00:00Z");
  assert.equal(clock.now(), Date.parse("2026-11-22T12:00:00Z"));
  stand(91_000);
  assert.equal(clock.now(), Date.parse("2026-11-22T12:01:30Z"));
});

test("the computer's calendar isn't asked once the board has told", (t) => {
  t.after(() => mock.restoreAll());
  stand(0);
  const clock = new BoardClock();
  clock.set("2026-11-22T12:00:00Z");
  mock.method(Date, "now", () => 0);
  assert.equal(clock.now(), Date.parse("2026-11-22T12:00:00Z"));
});

test("what is no time leaves the clock as it is", (t) => {
  t.after(() => mock.restoreAll());
  stand(0);
  const clock = new BoardClock();
  clock.set("2026-11-22T12:00:00Z");
  for (const nonsense of [null, undefined, "", "noon"]) clock.set(nonsense);
  assert.equal(clock.now(), Date.parse("2026-11-22T12:00:00Z"));
});
