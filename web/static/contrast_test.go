package static

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// What R3 asks for.
const (
	leastForText   = 4.5
	leastForShapes = 3.0
	leastApart     = 25.0 // ΔE (CIEDE2000), of red and orange
)

// surfaces are what pages, rows, cards and menus are made of.
var surfaces = []string{"paper", "sheet", "sheet-2", "accent-soft"}

// textOn says which colours words have, and on what. A word's shape has its
// colour, so this holds for flags, types and statuses as well.
var textOn = map[string][]string{
	"ink":        append([]string{"red-soft", "orange-soft", "gray-soft"}, surfaces...),
	"ink-2":      append([]string{"red-soft", "orange-soft"}, surfaces...),
	"ink-3":      surfaces,
	"accent":     append([]string{"red-soft", "orange-soft"}, surfaces...),
	"red":        append([]string{"red-soft"}, surfaces...),
	"orange-ink": append([]string{"orange-soft"}, surfaces...),
	"gray":       append([]string{"gray-soft"}, surfaces...),
	"ok":         surfaces,
	"accent-ink": {"accent"},
	"ribbon-ink": {"ribbon"},
	"sheet":      {"red"},
	"paper":      {"ink"},
}

// shapesOn says which colours the edges of controls and the focus ring have, and
// on what.
var shapesOn = map[string][]string{
	"edge":   {"paper", "sheet", "sheet-2"},
	"accent": surfaces,
	"paper":  {"ink"}, // the ring in a toast
	// The diamond's outline: its fill is too light for white paper.
	"orange-ink": {"paper", "sheet", "sheet-2"},
}

// themes are what light-dark() chooses between.
var themes = []string{"light", "dark"}

// tokens are the colours of tokens.css by name, light and dark.
type tokens map[string][2]string

var (
	customProperty = regexp.MustCompile(`--([a-z0-9-]+):\s*([^;]+);`)
	lightDark      = regexp.MustCompile(`^light-dark\((#[0-9a-f]{6}), (#[0-9a-f]{6})\)$`)
	oneColour      = regexp.MustCompile(`^#[0-9a-f]{6}$`)
	rule           = regexp.MustCompile(`([^{};]+)\{([^{}]*)\}`)
	comment        = regexp.MustCompile(`(?s)/\*.*?\*/`)
	textColour     = regexp.MustCompile(`(?:^|[\s;])color:\s*var\(--([a-z0-9-]+)\)`)
	background     = regexp.MustCompile(`(?:^|[\s;])background(?:-color)?:\s*var\(--([a-z0-9-]+)\)`)
)

func readTokens(css string) tokens {
	found := tokens{}
	for _, property := range customProperty.FindAllStringSubmatch(css, -1) {
		if pair := lightDark.FindStringSubmatch(property[2]); pair != nil {
			found[property[1]] = [2]string{pair[1], pair[2]}
		} else if oneColour.MatchString(property[2]) {
			found[property[1]] = [2]string{property[2], property[2]}
		}
	}
	return found
}

// colour is a token's colour in a theme.
func (t tokens) colour(name string, theme int) (linear, error) {
	pair, ok := t[name]
	if !ok {
		return linear{}, fmt.Errorf("there is no colour --%s", name)
	}
	return hexColour(pair[theme])
}

// problems lists what breaks R3.
func (t tokens) problems() []string {
	var broken []string
	for theme, name := range themes {
		say := func(format string, args ...any) {
			broken = append(broken, name+": "+fmt.Sprintf(format, args...))
		}
		for _, kind := range []struct {
			on    map[string][]string
			least float64
		}{{textOn, leastForText}, {shapesOn, leastForShapes}} {
			for _, front := range slices.Sorted(maps.Keys(kind.on)) {
				for _, back := range kind.on[front] {
					if ratio, err := t.contrast(front, back, theme); err != nil {
						say("%v", err)
					} else if ratio < kind.least {
						say("--%s on --%s is %.2f:1, less than %.1f:1", front, back, ratio, kind.least)
					}
				}
			}
		}
		red, err := t.colour("red", theme)
		if err != nil {
			say("%v", err)
		}
		orange, err := t.colour("orange", theme)
		if err != nil {
			say("%v", err)
		}
		for vision, matrix := range map[string][3][3]float64{"protanopia": protanopia, "deuteranopia": deuteranopia} {
			if apart := deltaE(red.seenWith(matrix).lab(), orange.seenWith(matrix).lab()); apart < leastApart {
				say("--red and --orange are ΔE %.1f apart with %s, less than %.0f", apart, vision, leastApart)
			}
		}
	}
	return broken
}

func (t tokens) contrast(front, back string, theme int) (float64, error) {
	f, err := t.colour(front, theme)
	if err != nil {
		return 0, err
	}
	b, err := t.colour(back, theme)
	if err != nil {
		return 0, err
	}
	return contrast(f, b), nil
}

// stylesheets reads the sources, without comments, by file name.
func stylesheets(t *testing.T) map[string]string {
	t.Helper()
	files, err := filepath.Glob("css/*.css")
	require.NoError(t, err)
	sheets := map[string]string{}
	for _, file := range files {
		css, err := os.ReadFile(file)
		require.NoError(t, err)
		sheets[filepath.Base(file)] = comment.ReplaceAllString(string(css), "")
	}
	return sheets
}

// R3: contrast, and red and orange to the colour blind, from the style sheets as
// they are, in both themes.
func TestColours(t *testing.T) {
	colours := readTokens(stylesheets(t)["tokens.css"])
	require.Greater(t, len(colours), 15)

	for _, broken := range colours.problems() {
		t.Error(broken)
	}
	assert.Equal(t, "#b00020", colours["red"][0])
	assert.Equal(t, [2]string{"#e69f00", "#e69f00"}, colours["orange"])
	assert.Equal(t, "#5f6368", colours["gray"][0])
}

// R3: what the style sheets write on what is among what is measured.
func TestColoursInUseAreMeasured(t *testing.T) {
	sheets := stylesheets(t)
	colours := readTokens(sheets["tokens.css"])
	var texts, backs int
	for name, css := range sheets {
		for _, r := range rule.FindAllStringSubmatch(css, -1) {
			where := name + ": " + strings.TrimSpace(r[1])
			front, back := textColour.FindStringSubmatch(r[2]), background.FindStringSubmatch(r[2])
			if front != nil {
				texts++
				assert.Contains(t, textOn, front[1], where)
			}
			if back != nil {
				backs++
				assert.True(t, isMeasured(back[1]), "%s: nothing is measured on --%s", where, back[1])
			}
			if front == nil || back == nil {
				continue
			}
			for theme := range themes {
				ratio, err := colours.contrast(front[1], back[1], theme)
				require.NoError(t, err, where)
				assert.GreaterOrEqual(t, ratio, leastForText, "%s (%s)", where, themes[theme])
			}
		}
	}
	assert.Greater(t, texts, 20, "rules were found")
	assert.Greater(t, backs, 20, "rules were found")
}

func isMeasured(back string) bool {
	for _, backs := range textOn {
		if slices.Contains(backs, back) {
			return true
		}
	}
	return false
}

// A token changed for the worse is found.
func TestSpoiledColoursAreFound(t *testing.T) {
	good := readTokens(stylesheets(t)["tokens.css"])
	for name, tt := range map[string]struct {
		token, want string
		to          [2]string
	}{
		"faint text":         {"ink-3", "light: --ink-3 on --paper", [2]string{"#9aa3ab", good["ink-3"][1]}},
		"a murky dark theme": {"sheet", "dark: --ink-3 on --sheet", [2]string{"#ffffff", "#4a5056"}},
		"a pale edge":        {"edge", "light: --edge on --sheet", [2]string{"#c0c6cb", good["edge"][1]}},
		"a pale ring":        {"accent", "light: --accent on --accent-soft", [2]string{"#7fc4d2", good["accent"][1]}},
		"a bare diamond":     {"orange-ink", "light: --orange-ink on --sheet", [2]string{"#e69f00", good["orange-ink"][1]}},
		"orange like red":    {"orange", "--red and --orange are", [2]string{"#c0301a", "#ff8070"}},
		"a lost token":       {"ok", "there is no colour --ok", [2]string{}},
	} {
		t.Run(name, func(t *testing.T) {
			spoiled := maps.Clone(good)
			spoiled[tt.token] = tt.to
			if tt.to == ([2]string{}) {
				delete(spoiled, tt.token)
			}
			assert.Contains(t, strings.Join(spoiled.problems(), "\n"), tt.want)
		})
	}
}
