package i18n_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// speakers are the parts of the module that say things, or name what is said.
var speakers = []string{"internal/i18n", "internal/triage", "internal/auth", "internal/desk", "internal/handlers", "web/templates"}

// said is what their sources hold of the catalogue's keys.
type said struct {
	literals map[string]bool // every string there is
	calls    map[string]int  // keys handed to T, with how many arguments; -1: not to be told
	families map[string]bool // beginnings of keys that are put together, such as "flag."
}

// dynamic are the keys that are put together, by their beginnings.
func dynamic(t *testing.T) map[string][]string {
	t.Helper()
	flags, statuses := constants(t, "triage", "Flag"), constants(t, "triage", "Status")
	words := append([]string{"note"}, statuses...) // what an action does
	return map[string][]string{
		"flag.":            flags,
		"count.":           append([]string{"unknown"}, flags...),
		"type.":            constants(t, "triage", "Type"),
		"status.":          statuses,
		"view.":            statuses,
		"flash.":           append(pairs([]string{"accepted", "withdrawn"}, words), pairs([]string{"undoing"}, statuses)...),
		"reason.":          constants(t, "triage", "Reason"),
		"state.":           pairs(constants(t, "triage", "ActionState"), words),
		"delivery.":        pairs(constants(t, "triage", "DeliveryState"), words),
		"role.":            constants(t, "triage", "Role"),
		"freshness.":       constants(t, "triage", "Freshness"),
		"sex.":             {"male", "female"},
		"action.add.":      {"processed", "escalated"},
		"audit.action.":    constants(t, "audit", "Action"),
		"audit.outcome.":   constants(t, "audit", "Outcome"),
		"audit.rule.":      constants(t, "audit", "Rule"),
		"audit.kind.":      {"alert", "report", "session"},
		"audit.by.":        {"system", "operator"},
		"command.":         commandIDs(t),
		"topic.":           constants(t, "desk", "Topic"),
		"setting.":         settings(),
		"source.":          {"alerts_page", "alerts_page_process_all", "autoprocessed"},
		"report.":          append(constants(t, "export", "Type"), pairs(constants(t, "export", "Type"), []string{"text"})...),
		"kind.":            {"text", "count", "number", "flag", "day", "moment"},
		"format.":          constants(t, "export", "Format"),
		"downloads.":       constants(t, "download", "State"),
		"reports.":         {"from", "to"},
		"insight.how.":     constants(t, "insight", "Method"),
		"insight.source.":  constants(t, "insight", "Source"),
		"trend.missing.":   slices.DeleteFunc(constants(t, "trend", "Missing"), func(s string) bool { return s == "" }),
		"insight.missing.": slices.DeleteFunc(constants(t, "insight", "Missing"), func(s string) bool { return s == "" }),
	}
}

// commandIDs are the commands of the table of keys.
func commandIDs(t *testing.T) []string {
	t.Helper()
	source, err := os.ReadFile("../desk/keys.go")
	require.NoError(t, err)
	var ids []string
	for _, found := range regexp.MustCompile(`\{ID: "([^"]+)"`).FindAllStringSubmatch(string(source), -1) {
		ids = append(ids, found[1])
	}
	require.Greater(t, len(ids), 30)
	return ids
}

// settings are what a user can choose, and its values.
func settings() []string {
	all := []string{"language", "theme", "density", "view", "advance", "sound"}
	for name, values := range map[string][]string{
		"language": {"usual", "nl", "en"}, "theme": {"usual", "light", "dark"}, "density": {"usual", "compact"},
		"view": {"usual", "open", "escalated", "processed"}, "advance": {"on", "off"}, "sound": {"off", "on"},
	} {
		all = append(all, pairs([]string{name}, values)...)
	}
	return all
}

// pairs joins each of some words with each of others.
func pairs(first, second []string) []string {
	var all []string
	for _, x := range first {
		for _, y := range second {
			all = append(all, x+"."+y)
		}
	}
	return all
}

func TestEveryKeySaidExists(t *testing.T) {
	keys := catalogue(t, "en")
	found := scan(t)
	for key, args := range found.calls {
		if assert.Contains(t, keys, key, "said, but in no catalogue") && args >= 0 {
			assert.Len(t, verbs(anyOf(keys[key])), args, "%s: arguments", key)
		}
	}

	// Keys also travel as data: whatever looks like one must be one.
	var families []string
	for key := range keys {
		if family, _, dotted := strings.Cut(key, "."); dotted && !slices.Contains(families, family) {
			families = append(families, family)
		}
	}
	likeAKey := regexp.MustCompile(`^(` + strings.Join(families, "|") + `)(\.[A-Za-z0-9_-]+)+$`)
	for text := range found.literals {
		if likeAKey.MatchString(text) {
			assert.Contains(t, keys, text, "looks like a key, but is in no catalogue")
		}
	}

	assert.Equal(t, slices.Sorted(maps.Keys(dynamic(t))), slices.Sorted(maps.Keys(found.families)), "families of keys put together")
	for family, members := range dynamic(t) {
		assert.NotEmpty(t, members, family)
		for _, member := range members {
			assert.Contains(t, keys, family+member)
		}
	}
}

func TestEveryKeyIsUsed(t *testing.T) {
	found := scan(t)
	built := map[string]bool{}
	for family, members := range dynamic(t) {
		for _, member := range members {
			built[family+member] = true
		}
	}
	for key := range catalogue(t, "en") {
		_, called := found.calls[key]
		// A key of one word could be any string; it counts where it is said.
		data := strings.Contains(key, ".") && found.literals[key]
		assert.True(t, called || data || built[key], "nobody says %s", key)
	}
}

// scan reads the sources, tests and generated code aside.
func scan(t *testing.T) said {
	t.Helper()
	s := said{map[string]bool{}, map[string]int{}, map[string]bool{}}
	module := os.DirFS("../..")
	for _, part := range speakers {
		require.NoError(t, fs.WalkDir(module, part, func(name string, _ fs.DirEntry, err error) error {
			require.NoError(t, err)
			if strings.HasSuffix(name, "_test.go") || strings.HasSuffix(name, "_templ.go") {
				return nil
			}
			switch path.Ext(name) {
			case ".go":
				s.readGo(t, module, name)
			case ".templ":
				s.readTempl(t, module, name)
			}
			return nil
		}))
	}
	require.Greater(t, len(s.calls), 80, "the scan finds what is said")
	return s
}

func (s said) readGo(t *testing.T, module fs.FS, name string) {
	t.Helper()
	source, err := fs.ReadFile(module, name)
	require.NoError(t, err)
	file, err := parser.ParseFile(token.NewFileSet(), name, source, 0)
	require.NoError(t, err)
	s.read(file)
}

var quoted = regexp.MustCompile(`"(?:[^"\\]|\\.)*"`)

// readTempl takes the strings out of each line, and the calls of T as the Go
// expressions they are.
func (s said) readTempl(t *testing.T, module fs.FS, name string) {
	t.Helper()
	source, err := fs.ReadFile(module, name)
	require.NoError(t, err)
	for line := range strings.Lines(string(source)) {
		for _, literal := range quoted.FindAllString(line, -1) {
			s.literal(literal)
		}
		for rest := line; ; {
			_, call, more := strings.Cut(rest, ".T(")
			if !more {
				break
			}
			rest = call
			expression, err := parser.ParseExpr("l.T(" + call[:closing(call)+1])
			require.NoError(t, err, "%s: %s", name, line)
			s.read(expression)
		}
	}
}

// closing is where the parenthesis ends that was opened before text.
func closing(text string) int {
	depth, inString := 1, false
	for i, r := range text {
		switch {
		case r == '"':
			inString = !inString
		case inString:
		case r == '(':
			depth++
		case r == ')':
			if depth--; depth == 0 {
				return i
			}
		}
	}
	return len(text) - 1
}

func (s said) read(in ast.Node) {
	ast.Inspect(in, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.BasicLit:
			s.literal(n.Value)
		case *ast.BinaryExpr:
			if begin, ok := text(n.X); ok && n.Op == token.ADD && regexp.MustCompile(`^([a-z]+\.)+$`).MatchString(begin) {
				s.families[begin] = true
			}
		case *ast.CallExpr:
			s.call(n)
		}
		return true
	})
}

func (s said) literal(value string) {
	if text, err := strconv.Unquote(value); err == nil {
		s.literals[text] = true
	}
}

func (s said) call(c *ast.CallExpr) {
	method, ok := c.Fun.(*ast.SelectorExpr)
	if !ok || method.Sel.Name != "T" || len(c.Args) == 0 {
		return
	}
	if key, ok := text(c.Args[0]); ok {
		s.calls[key] = len(c.Args) - 1
		if c.Ellipsis.IsValid() {
			s.calls[key] = -1
		}
	}
}

// text is the value of a string literal.
func text(e ast.Expr) (string, bool) {
	literal, ok := e.(*ast.BasicLit)
	if !ok || literal.Kind != token.STRING {
		return "", false
	}
	value, err := strconv.Unquote(literal.Value)
	return value, err == nil
}

// constants are the values the domain knows of one of its types. The domain
// can't be imported here, a leaf, so its source is read.
func constants(t *testing.T, part, kind string) []string {
	t.Helper()
	sources, err := filepath.Glob("../" + part + "/*.go")
	require.NoError(t, err)
	var values []string
	for _, name := range sources {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		require.NoError(t, err)
		ast.Inspect(file, func(n ast.Node) bool {
			spec, ok := n.(*ast.ValueSpec)
			if !ok {
				return true
			}
			if name, ok := spec.Type.(*ast.Ident); ok && name.Name == kind {
				for _, value := range spec.Values {
					if v, ok := text(value); ok && v != "" {
						values = append(values, v)
					}
				}
			}
			return false
		})
	}
	require.NotEmpty(t, values, kind)
	return values
}
