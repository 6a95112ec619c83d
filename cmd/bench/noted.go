package main

import (
	"fmt"
	"math"
	"slices"
	"time"
)

// What presses are counted as; those without a label aren't.
const (
	pressedJ     = "j"
	pressedJOpen = "j beside an open alert"
	pressedX     = "x"
	pressedO     = "o"
	pressedE     = "e"
	pressedEFast = "e, not slowed down"
)

// noteSpeed notes in a page what the browser tells of its speed. An event's duration
// is from its beginning to the next paint, in steps of 8 ms; those shorter than
// 16 ms aren't told.
const noteSpeed = `{
	let waiting = () => {};
	const noted = {
		label: "", presses: [], events: [], longTasks: [], largestPaint: 0, firstRow: 0, confirmed: {},
		confirmation: () => new Promise((done) => {
			const { alert } = noted.presses.at(-1);
			waiting = () => { if (noted.confirmed[alert]) done(true); };
			waiting();
		}),
	};
	Object.assign(window, { noted });
	const observe = (options, note) => new PerformanceObserver((list) => list.getEntries().forEach(note)).observe({ buffered: true, ...options });
	observe({ type: "event", durationThreshold: 16 }, ({ name, startTime, duration, interactionId }) => {
		if (interactionId) noted.events.push({ name, at: startTime, took: duration, interaction: interactionId });
	});
	observe({ type: "longtask" }, ({ duration }) => { noted.longTasks.push(duration); });
	observe({ type: "largest-contentful-paint" }, ({ startTime }) => { noted.largestPaint = startTime; });
	addEventListener("keydown", ({ timeStamp, isTrusted }) => {
		if (isTrusted) noted.presses.push({ label: noted.label, at: timeStamp, alert: document.getElementById("detail")?.dataset.alertId ?? "" });
	}, true);
	new MutationObserver((changes) => {
		for (const { target } of changes) {
			if (target.matches("[data-left][data-status=processed]")) noted.confirmed[target.dataset.alertId] ??= performance.now();
		}
		waiting();
	}).observe(document, { subtree: true, attributeFilter: ["data-left"] });
	const rows = new MutationObserver(() => {
		if (!document.querySelector("#board .row")) return;
		rows.disconnect();
		requestAnimationFrame(() => setTimeout(() => { noted.firstRow = performance.now(); }));
	});
	rows.observe(document, { subtree: true, childList: true });
}`

// noted is what a page noted; times are milliseconds, and since the page was
// asked for.
type noted struct {
	Presses []struct {
		Label string  `json:"label"` // empty: it isn't measured
		At    float64 `json:"at"`
		Alert string  `json:"alert"` // which one was open
	} `json:"presses"`
	Events       []event            `json:"events"`
	LongTasks    []float64          `json:"longTasks"`
	LargestPaint float64            `json:"largestPaint"`
	FirstRow     float64            `json:"firstRow"`
	Confirmed    map[string]float64 `json:"confirmed"` // when, by alert
}

// event is one the browser tells of.
type event struct {
	Name        string  `json:"name"`
	At          float64 `json:"at"`
	Took        float64 `json:"took"`        // until the next paint
	Interaction int64   `json:"interaction"` // one for a key's going down and up
}

// shortest is what a press counts as that the browser tells nothing of.
const shortest = 16.0 // milliseconds

func (t *tab) noted() (noted, error) { return eval[noted](t, "noted") }

// label says what the next presses are counted as.
func (t *tab) label(label string) error {
	_, err := eval[any](t, fmt.Sprintf("void (noted.label = %q)", label))
	return err
}

// toPaint is how long it took from each key-down to the next paint.
func (w noted) toPaint(label string) samples {
	var all samples
	for _, p := range w.Presses {
		if p.Label != label {
			continue
		}
		took := shortest
		for _, e := range w.Events {
			if e.Name == "keydown" && math.Abs(e.At-p.At) < 0.01 {
				took = max(took, e.Took)
			}
		}
		all.add(ms(took))
	}
	return all
}

// toConfirmed is how long it took from each key-down to the row that says that
// Luscii has confirmed it.
func (w noted) toConfirmed(label string) samples {
	var all samples
	for _, p := range w.Presses {
		if at, ok := w.Confirmed[p.Alert]; ok && p.Label == label {
			all.add(ms(at - p.At))
		}
	}
	return all
}

// interactionToNextPaint is a visit's INP: its longest interaction, but one for
// each fifty there were.
func (w noted) interactionToNextPaint() time.Duration {
	longest := map[int64]float64{}
	for _, e := range w.Events {
		longest[e.Interaction] = max(longest[e.Interaction], e.Took)
	}
	var told []float64
	for _, took := range longest {
		told = append(told, took)
	}
	slices.Sort(told)
	i := len(told) - 1 - len(w.Presses)/50
	if i < 0 {
		return ms(shortest)
	}
	return ms(told[i])
}

func ms(v float64) time.Duration { return time.Duration(v * float64(time.Millisecond)) }

// keysSeen is what all visits noted, by what was pressed.
type keysSeen struct {
	toPaint     map[string]samples
	toConfirmed map[string]samples
	inps        samples // one for each visit
}

func (k *keysSeen) add(w noted) {
	if k.toPaint == nil {
		k.toPaint, k.toConfirmed = map[string]samples{}, map[string]samples{}
	}
	for _, label := range []string{pressedJ, pressedJOpen, pressedX, pressedO, pressedE, pressedEFast} {
		k.toPaint[label] = append(k.toPaint[label], w.toPaint(label)...)
		k.toConfirmed[label] = append(k.toConfirmed[label], w.toConfirmed(label)...)
	}
	k.inps.add(w.interactionToNextPaint())
}

// report tells what was seen with so much of the list on the page, beside a page that does nothing but show the key.
func (k *keysSeen) report(r *report, list string, bare samples) {
	for _, label := range []string{pressedJ, pressedJOpen, pressedX, pressedO, pressedE} {
		of, took := fmt.Sprintf("%s: %s, %d times slower", list, label, slowed), k.toPaint[label]
		r.add(of, "presses", count(len(took)), one)
		r.add(of, "key-down → next paint, p50", took.percentile(50), millis).against(bare.percentile(50))
		r.add(of, "key-down → next paint, p95", took.percentile(95), millis).against(bare.percentile(95)).atMost(50, 0)
		r.add(of, "key-down → next paint, p99", took.percentile(99), millis).against(bare.percentile(99)).atMost(100, 0)
	}
	r.add(list, "INP, p75", k.inps.percentile(75), millis).atMost(200, 0)
	confirmed := k.toConfirmed[pressedEFast]
	r.add(list+": "+pressedEFast, "key-down → confirmed by Luscii, p50", confirmed.percentile(50), millis)
	r.add(list+": "+pressedEFast, "key-down → confirmed by Luscii, p95", confirmed.percentile(95), millis).atMost(150, 0)
	r.add(list+": "+pressedEFast, "the same, the page slowed down, p95", k.toConfirmed[pressedE].percentile(95), millis)
}
