package main

import (
	"fmt"
	"testing"

	"github.com/chromedp/chromedp/kb"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// A hundred alerts are processed by keys alone: no pointer, no focus lost, none
// skipped, none twice (R34, R35).
func TestAHundredAlertsByKeys(t *testing.T) {
	t.Parallel()
	const many = 100
	b := startBoard(t, "DASHBOARD_SANDBOX_OPTIONS=--open 120 --arrivals 0")
	p := keyboard(t, b, admin)
	order := p.order()
	require.Greater(t, len(order), many)
	before := map[string]int{}
	for _, id := range order[:many] {
		before[id] = len(b.sandbox.records(id))
	}
	p.press("jo")
	presses := 2
	for i, id := range order[:many] {
		require.Equal(t, id, p.at(), "alert %d has the focus", i)
		p.waitFor(detail(id) + " #act")
		if eval[string](p, fmt.Sprintf(`document.querySelector(%q).dataset.flag`, row(id))) == "red" {
			p.look() // R15
		}
		p.press("e")
		presses++
	}
	require.Equal(t, order[many], p.at())
	t.Logf("%d alerts, %d keys", many, presses)
	for _, id := range order[:many] {
		b.sandbox.awaitStatus(id, "processed")
		assert.Len(t, b.sandbox.records(id), before[id]+1, "once")
	}
	for _, id := range order[many:] {
		assert.Equal(t, "open", b.sandbox.alert(id).Status)
	}
	p.assertQuiet()
}

// A walk through a shift, with the keys counted: ordinary alerts take one, a note
// is begun and sent by two, escalating takes three (R34; the aim is two for an
// ordinary one).
func TestAShiftByKeys(t *testing.T) {
	t.Parallel()
	b := startBoard(t)
	p := keyboard(t, b, admin)
	order := p.order()
	keys := 0
	press := func(what string, some ...string) {
		for _, key := range some {
			if keys++; key == "n" {
				p.tap(key)
			} else {
				p.press(key)
			}
		}
		t.Logf("%2d keys so far: %s", keys, what)
	}
	ready := func(id string) {
		p.waitFor(detail(id) + " #act")
		if eval[string](p, fmt.Sprintf(`document.querySelector(%q).dataset.flag`, row(id))) == "red" {
			p.look()
		}
	}
	press("the first one", "j", "o")
	for i, id := range order[:20] {
		ready(id)
		switch i {
		case 4, 9, 14:
			press("to the note", "n")
			p.wait(focusIs("#note"))
			p.paste("Gebeld, voelt zich goed.")
			p.with(withCtrl, kb.Enter, "Enter", 13)
			keys++
			t.Logf("%2d keys so far: processed with a note", keys)
		case 7:
			press("escalated", "E", kb.Tab, kb.Enter)
		default:
			press("processed", "e")
		}
		if i == 10 {
			p.shot("shift")
		}
		p.wait(fmt.Sprintf(`document.activeElement.closest("#board .row")?.dataset.alertId === %q`, order[i+1]))
	}
	p.waitFor(toast(order[19])) // the board knows of the last one
	press("the last one taken back", "z")
	b.sandbox.awaitStatus(order[19], "open")
	for i, id := range order[:19] {
		want := "processed"
		if i == 7 {
			want = "escalated"
		}
		b.sandbox.awaitStatus(id, want)
	}
	for _, i := range []int{4, 9, 14} {
		assert.Equal(t, "Gebeld, voelt zich goed.", b.sandbox.lastRecord(order[i]).Note)
	}
	t.Logf("20 alerts, %d keys: %.1f each", keys, float64(keys)/20)
	assert.LessOrEqual(t, keys, 40)
	p.assertQuiet()
}

// Whatever happens to the row with the focus, the focus stays in the list.
func TestTheFocusIsNeverLost(t *testing.T) {
	t.Parallel()
	b := startBoard(t, quickPoll)
	mine := b.arrivals(3, fatima)
	p := keyboard(t, b, admin)
	for p.press("j"); p.at() != mine[1].ID; p.press("j") {
	}
	b.sandbox.change(fatima, mine[1].ID, "processed", "Al gebeld.")
	p.waitFor(row(mine[1].ID) + "[data-left]")
	assert.Equal(t, mine[1].ID, p.at(), "marked where it stands")
	b.sandbox.change(fatima, mine[1].ID, "open", "Toch niet.")
	p.waitFor(row(mine[1].ID) + ":not([data-left])")
	assert.Equal(t, mine[1].ID, p.at())
	b.sandbox.change(fatima, mine[1].ID, "processed", "Toch wel.")
	p.waitFor(row(mine[1].ID) + "[data-left]")
	p.press(".") // shows the list as it is: that row goes
	p.wait(fmt.Sprintf(`!document.querySelector(%q)`, row(mine[1].ID)))
	p.wait(`document.activeElement.closest("#board .row")`)
	was := p.at()
	p.press("j")
	assert.NotEqual(t, was, p.at())
	assert.Equal(t, 1, p.count(`#board .who[tabindex="0"]`))
	p.assertQuiet()
}
