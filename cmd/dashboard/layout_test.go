package main

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// sticksOut is what reaches beyond the window's right or left edge.
const sticksOut = `[...document.body.querySelectorAll("*")].filter((e) => {
	if (!e.checkVisibility({ visibilityProperty: true }) || e.closest(".hidden, .sprite")) return false;
	if (e.parentElement.closest("[role=region][tabindex='0']")) return false; // tables that scroll by themselves
	const box = e.getBoundingClientRect();
	return box.width > 0 && (box.right > innerWidth + 0.5 || box.left < -0.5);
}).map((e) => e.outerHTML.slice(0, 120))`

// clipped is how an element's text is cut off: by an ellipsis, by the window,
// or by something around it. Empty: it isn't. Rows out of sight have no layout,
// so the element is first brought into sight.
const clipped = `(async (element) => {
	element.scrollIntoView({ block: "center", behavior: "instant" });
	for (let frame = 0; frame < 2; frame++) await new Promise(requestAnimationFrame);
	const text = document.createRange();
	text.selectNodeContents(element);
	const reasons = [];
	for (const box of text.getClientRects()) {
		if (box.left < -0.5 || box.right > innerWidth + 0.5) reasons.push("outside the window");
		for (let e = element; e; e = e.parentElement) {
			const style = getComputedStyle(e);
			if (style.textOverflow === "ellipsis") reasons.push("an ellipsis on " + e.className);
			if (style.overflowX === "visible" && style.overflowY === "visible") continue;
			const around = e === document.documentElement || e === document.body ? new DOMRect(0, 0, innerWidth, innerHeight) : e.getBoundingClientRect();
			if (box.left < around.left - 0.5 || box.right > around.right + 0.5 || box.top < around.top - 0.5 || box.bottom > around.bottom + 0.5)
				reasons.push("cut by " + e.tagName + "." + e.className);
		}
	}
	return text.getClientRects().length ? reasons : ["not shown"];
})(document.querySelector(%q))`

// longName has sixty characters.
const longName = "Wilhelmina Johanna Petronella van der Heijden-van Oldenburgh"

// At 200 % zoom and on a telephone nothing is lost or runs off the side: the
// counts of R5, the identity of R8, the longest name of R9.
func TestNarrowAndZoomed(t *testing.T) {
	t.Parallel()
	require.Len(t, longName, 60)
	b := startBoard(t)
	target := openAlertOf(b, "Wilhelmina Johanna Petronella")
	p := openTab(t, b)
	p.signIn(b, admin)
	for _, window := range []struct {
		name          string
		width, height int64
		scale         float64
	}{
		{"200-percent", 720, 450, 2},
		{"narrow-390", 390, 844, 2},
		{"narrow-320", 320, 640, 1}, // 1280 pixels at 400 %, WCAG's reflow
		{"wide", 1440, 900, 1},
	} {
		p.viewport(window.width, window.height, window.scale)
		p.open("/")
		p.shot("board-" + window.name)
		p.assertFits(window.name + ", board")
		p.assertWhole(window.name+", board", row(target.ID)+" .who", longName)
		for _, flag := range []string{"red", "orange", "gray"} {
			assert.Empty(t, eval[[]string](p, fmt.Sprintf(clipped, "[data-count="+flag+"]")), "R5 %s, %s", window.name, flag)
		}
		p.open(alertPath(target.ID))
		p.shot("alert-" + window.name)
		p.assertFits(window.name + ", alert")
		p.assertWhole(window.name+", alert", "#detail .banner h2", longName)
		p.open("/audit")
		p.shot("audit-" + window.name)
		p.assertFits(window.name + ", audit trail")
		p.open("/insights?days=30")
		p.shot("insights-" + window.name)
		p.assertFits(window.name + ", insights")
		p.open("/reports")
		p.shot("reports-" + window.name)
		p.assertFits(window.name + ", reports")
		p.open("/reports/patients?preview=1")
		p.shot("report-" + window.name)
		p.assertFits(window.name + ", a report")
		p.open("/gallery")
		p.shot("gallery-" + window.name)
		p.assertFits(window.name + ", gallery")
	}
	p.assertQuiet()
}

// assertFits checks that nothing has to be scrolled to the side.
func (p *tab) assertFits(where string) {
	p.t.Helper()
	assert.LessOrEqual(p.t, eval[int](p, `document.scrollingElement.scrollWidth`), eval[int](p, `innerWidth`), where)
	assert.Empty(p.t, eval[[]string](p, sticksOut), where)
}

// assertWhole checks that all of a text can be read (R9).
func (p *tab) assertWhole(where, selector, text string) {
	p.t.Helper()
	assert.Empty(p.t, eval[[]string](p, fmt.Sprintf(clipped, selector)), where)
	assert.Equal(p.t, text, p.text(selector), where)
}

// openAlertOf is an open alert of the patient with that first name.
func openAlertOf(b *runningBoard, firstName string) apiAlert {
	patient := find(b.sandbox, b.sandbox.patients(), firstName, func(p apiPatient) bool { return p.FirstName == firstName })
	return find(b.sandbox, b.sandbox.open(""), "an open alert of "+firstName, func(a apiAlert) bool { return a.Patient == patient.ID })
}
