package main

import (
	"bytes"
	"encoding/json"
	"flag"
	"image"
	"image/draw"
	"image/png"
	"os"
	"path/filepath"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/page"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var update = flag.Bool("update", false, "renew the reference pictures in testdata/pictures")

const (
	pictureFolder   = "testdata/pictures"
	fingerprintFile = pictureFolder + "/made-with.json"
	differences     = "../../test-artifacts/pictures"
)

// looks are the ways each page is photographed in.
var looks = []struct {
	name          string
	width, height int64
	features      map[string]string
}{
	{"light", 1440, 900, map[string]string{"prefers-color-scheme": "light"}},
	{"dark", 1440, 900, map[string]string{"prefers-color-scheme": "dark"}},
	{"narrow", 390, 844, map[string]string{"prefers-color-scheme": "light"}},
	{"zoomed", 720, 450, map[string]string{"prefers-color-scheme": "light"}}, // 1440×900 at 200 %
	{"forced", 1440, 900, map[string]string{"prefers-color-scheme": "light", "forced-colors": "active"}},
}

// holdStill puts in place of what differs from one hour to the next, which is all
// that is simulated, what never does: a picture is of the page's design. Rows out of
// sight are drawn as well. The gallery stands still by itself.
const holdStill = `(() => {
	const sheet = new CSSStyleSheet();
	sheet.replaceSync(` + "`" + `
		.row { content-visibility: visible !important; }
		* { caret-color: transparent !important; transition: none !important; animation: none !important; }
	` + "`" + `);
	document.adoptedStyleSheets = [sheet];
	document.activeElement?.blur();
	if (document.querySelector(".gallery")) return;

	const all = (selector) => [...document.querySelectorAll(selector)];
	const say = (selector, text) => all(selector).forEach((e) => { e.textContent = text; });
	const sayLast = (selector, text) => all(selector).forEach((e) => { // what stands behind the last element in it
		while (e.lastChild?.nodeType === Node.TEXT_NODE) e.lastChild.remove();
		e.append(text);
	});
	const shape = (e, name, text) => {
		e.className = e.className.replace(/ \\S+$/, "") + " " + name;
		e.querySelector("use").setAttribute("href", "#i-" + name);
		while (e.lastChild.nodeType === Node.TEXT_NODE) e.lastChild.remove();
		e.append(text);
	};
	const few = (selector, n) => all(selector).slice(n).forEach((e) => e.remove());
	few(".row", 12);
	few(".facts > div", 4);
	all(".detail .course").forEach((e) => e.remove()); // the gallery has it
	all(".history, .card:has(.earlier), .card .notice, .similar, .row .aside, .single > p:has(> a)").forEach((e) => e.remove());
	all(".row .flag, .actions .flag").forEach((e, i) => shape(e, ...[["red", "Red"], ["orange", "Orange"], ["gray", "Gray"]][Math.min(i, 2)]));
	const open = all("#detail:not(.none)").length > 0;
	all(".row").forEach((e, i) => {
		e.dataset.flag = ["red", "orange", "gray"][Math.min(i, 2)];
		e.ariaCurrent = open && i === 0 ? "true" : null; // which place the first red one has depends on the hour
	});
	all(".detail .flag, .single > .card .flag").forEach((e) => shape(e, "red", "Red"));
	say(".row .who, .banner h2, .pick b", "Willemijn van den Berg-Jansen");
	sayLast(".row .line", "14-Jul-1945 (81 y) · P104 233");
	all(".what, .actions .type, .detail .type").forEach((e) => {
		e.querySelector("use").setAttribute("href", "#i-mea");
		while (e.lastChild.nodeType === Node.TEXT_NODE) e.lastChild.remove();
		e.append("Measurement outside its limit · Hypertensie");
	});
	say("time", "1 h 12 min");
	say(".single > p:not(:has(*))", "Something");
	say(".facts dt, .facts dd", "Something");
	say(".banner dd:not(:has(h2)), .actions a:not(.btn), .actions .faint, .actions .id, .card h3 .faint", "Something");
	say(".fresh-detail", "confirmed 12:03:45 · alerts since 23 Oct");
	say("[data-count], .chip .n, .news b", "12");
	all("time").forEach((e) => e.removeAttribute("data-waits"));
	all(".top [id], .chips [id], .news [id], .foot [id]").forEach((e) => { e.id = "still-" + e.id; }); // out of the stream's reach
	all(".notice, .actions p:not(:has(*))").forEach((e) => { e.textContent = "Something"; });
})()`

// madeWith says by what a browser and fonts are told from others: pictures made
// with others can't be compared.
const madeWith = `(() => {
	const widths = [];
	for (const text of ["Willemijn van den Berg-Jansen", "14-Jul-1945 (81 y) · P104 233", "NOT LIVE ▲ ◌ ✓ ↑"]) {
		for (const size of ["13px", "15px", "20px"]) {
			const canvas = document.createElement("canvas").getContext("2d");
			const style = getComputedStyle(document.body);
			canvas.font = "650 " + size + " " + style.fontFamily;
			widths.push(Math.round(canvas.measureText(text).width * 100) / 100);
		}
	}
	return { browser: navigator.userAgent.match(/Chrome\/(\d+)/)?.[1] ?? "", widths };
})()`

type fingerprint struct {
	Browser string    `json:"browser"`
	Widths  []float64 `json:"widths"`
}

// tooLong is texts that are cut off by what they stand in.
const tooLong = `[...document.querySelectorAll("b, dd, h1, h2, h3, p, a, button, summary, time, label, .chip, .line, .what, .flag, .type, .state")].filter((e) => {
	if (!e.checkVisibility({ visibilityProperty: true }) || e.closest(".hidden, .sprite")) return false;
	const style = getComputedStyle(e);
	return style.textOverflow === "ellipsis" ||
		(style.overflowX !== "visible" && e.scrollWidth > e.clientWidth + 1) || (style.overflowY === "hidden" && e.scrollHeight > e.clientHeight + 1);
}).map((e) => e.outerHTML.slice(0, 120))`

// The pages look as they did when somebody looked at them last. Where the fonts or
// the browser are others, every picture is still made, and looked at for what can be
// seen in any: that it isn't blank, and that nothing runs off its side or is cut
// off (R9). go test ./cmd/dashboard -run Pictures -update renews the references.
func TestPictures(t *testing.T) {
	t.Parallel()
	b := startBoard(t, "DASHBOARD_SANDBOX_OPTIONS=--seed 7 --open 60 --arrivals 0", "DASHBOARD_POLL_INTERVAL=1m")
	p := openTab(t, b)
	p.open("/signin")
	with := eval[fingerprint](p, madeWith)
	comparable := *update
	if !comparable {
		var made fingerprint
		body, err := os.ReadFile(fingerprintFile)
		require.NoError(t, err)
		require.NoError(t, json.Unmarshal(body, &made))
		if comparable = assert.ObjectsAreEqual(made, with); !comparable {
			t.Logf("NOT COMPARED: the reference pictures were made with %+v, here are %+v; every page is photographed and looked at by itself", made, with)
		}
	}

	p.photograph("signin", comparable, false)
	p.signIn(b, admin)
	p.photograph("board", comparable, false)
	p.open("/gallery")
	p.photograph("gallery", comparable, true)
	red, orange := b.sandbox.open("red"), b.sandbox.open("orange")
	p.open(alertPath(red[0].ID))
	p.photograph("alert", comparable, false)
	p.open("/alerts/bulk?id=" + red[0].ID + "&id=" + orange[0].ID)
	p.photograph("several", comparable, false)
	b.conflict(b.openOf(fatima)[0])
	p.open("/actions")
	p.waitFor(".actions .odd")
	p.photograph("actions", comparable, false)

	if *update {
		body, err := json.Marshal(with)
		require.NoError(t, err)
		require.NoError(t, os.WriteFile(fingerprintFile, append(body, '\n'), 0o644))
	}
	p.assertQuiet()
}

// photograph takes the page as it stands in every look, the whole of it or what the
// window shows.
func (p *tab) photograph(name string, comparable, whole bool) {
	p.t.Helper()
	eval[any](p, holdStill)
	for _, look := range looks {
		features := []*emulation.MediaFeature{{Name: "prefers-reduced-motion", Value: "reduce"}}
		for feature, value := range look.features {
			features = append(features, &emulation.MediaFeature{Name: feature, Value: value})
		}
		call(p, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: features})
		p.viewport(look.width, look.height, 1)
		eval[any](p, `(async () => { scrollTo(0, 0); await document.fonts.ready; for (let i = 0; i < 3; i++) await new Promise(requestAnimationFrame); })()`)
		height := look.height
		if whole {
			height = eval[int64](p, `document.scrollingElement.scrollHeight`)
		}
		picture := p.capture(look.width, height)
		where := name + "-" + look.name
		assert.False(p.t, isBlank(picture), "%s is blank", where)
		p.assertFits(where)
		assert.Empty(p.t, eval[[]string](p, tooLong), "%s: cut off", where)
		if comparable {
			p.comparePicture(where, shrunk(picture))
		}
	}
	p.theme("light")
	p.viewport(1440, 900, 1)
}

// strip is how much of a long page is taken at once: a browser draws no surface of
// any size.
const strip = 4_000

// capture is a picture of the page from its top.
func (p *tab) capture(width, height int64) *image.RGBA {
	p.t.Helper()
	all := image.NewRGBA(image.Rect(0, 0, int(width), int(height)))
	for y := int64(0); y < height; y += strip {
		part := call(p, page.CaptureScreenshot, page.CaptureScreenshotParams{
			Format: "png", CaptureBeyondViewport: new(true),
			Clip: &page.Viewport{X: 0, Y: float64(y), Width: float64(width), Height: float64(min(strip, height-y)), Scale: 1},
		})
		picture, err := png.Decode(bytes.NewReader(part.Data))
		require.NoError(p.t, err)
		draw.Draw(all, image.Rect(0, int(y), int(width), int(y)+picture.Bounds().Dy()), picture, image.Point{}, draw.Src)
	}
	return all
}

// isBlank reports that a picture has no more than a few colours.
func isBlank(picture *image.RGBA) bool {
	seen := map[[3]uint8]bool{}
	for i := 0; i < len(picture.Pix); i += 4 {
		seen[[3]uint8(picture.Pix[i:i+3])] = true
		if len(seen) > 8 {
			return false
		}
	}
	return true
}

// comparePicture holds a picture against its reference, or makes it the reference.
func (p *tab) comparePicture(name string, picture *image.RGBA) {
	p.t.Helper()
	file := filepath.Join(pictureFolder, name+".png")
	if *update {
		if was, err := readPicture(file); err == nil && compare(was, picture).fits() {
			return // it would only be another file
		}
		require.NoError(p.t, writePicture(file, paletted(picture)))
		return
	}
	reference, err := readPicture(file)
	if !assert.NoError(p.t, err, "go test ./cmd/dashboard -run Pictures -update makes it") {
		return
	}
	found := compare(reference, picture)
	if found.fits() {
		return
	}
	assert.NoError(p.t, writePicture(filepath.Join(differences, name+".png"), picture))
	assert.NoError(p.t, writePicture(filepath.Join(differences, name+"-difference.png"), found.where))
	assert.Fail(p.t, "the page looks different", "%s: %d of %d blocks; see test-artifacts/pictures", name, found.differing, found.all)
}
