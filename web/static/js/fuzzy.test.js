import assert from "node:assert/strict";
import { test } from "node:test";
import { fold, score } from "./fuzzy.js";

/** What is offered, best first, without what doesn't fit. */
const ranked = (typed, texts) => texts.filter((text) => score(typed, text) > 0).sort((a, b) => score(typed, b) - score(typed, a));

test("case and accents make no difference", () => {
  assert.equal(fold("Geëscaleerd Ï"), "geescaleerd i");
  assert.ok(score("GEESC", "Geëscaleerd") > 0);
  assert.ok(score("geësc", "Geescaleerd") > 0);
});

test("letters are found in their order, or not at all", () => {
  assert.ok(score("prc", "Process") > 0);
  assert.equal(score("crp", "Process"), 0);
  assert.equal(score("processs", "Process"), 0);
  assert.equal(score("ee", "Process"), 0, "each letter counts once");
  assert.equal(score("x", ""), 0);
  assert.equal(score("", "Process"), 0);
  assert.equal(score("  ", "Process"), 0);
});

test("beginnings of words and letters together go first", () => {
  assert.deepEqual(ranked("np", ["Open", "Next patient", "Snap"]), ["Next patient", "Snap"]);
  assert.deepEqual(ranked("set", ["Select this", "Settings", "Reset all"]), ["Settings", "Select this", "Reset all"]);
  assert.deepEqual(ranked("pro", ["Compro", "To those processed today", "Process"])[0], "Process");
  assert.deepEqual(ranked("open", ["Open, or close again", "Open"]), ["Open", "Open, or close again"], "the shorter of two alike");
});

test("the best place counts, not the first", () => {
  assert.ok(score("dark", "Dashboard colours: dark") > score("dark", "Dashboard kraal"));
  assert.ok(score("pa", "Pick a patient") >= score("pa", "Next patient"));
});

test("each word that is typed has to be there, in any order", () => {
  assert.ok(score("dark colours", "Colours: Dark") > 0);
  assert.equal(score("dark purple", "Colours: Dark"), 0);
  assert.ok(score("de vries", "Groep De Vries") > score("de vries", "Drie verse eieren"));
});

test("long texts take no long time", () => {
  const text = "patient ".repeat(500);
  const began = performance.now();
  score("ptnptnptnptn", text);
  assert.ok(performance.now() - began < 500);
});
