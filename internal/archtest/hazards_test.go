package archtest

import (
	"os"
	"path/filepath"
	"regexp"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// R18: each hazard names the test that shows its control works, and that test
// exists.
func TestHazardsNameTestsThatExist(t *testing.T) {
	doc, err := os.ReadFile("../../docs/hazards.md")
	require.NoError(t, err)
	rows := regexp.MustCompile(`(?m)^\| [A-Z"].*\|$`).FindAllString(string(doc), -1)
	require.Greater(t, len(rows), 10)
	named := regexp.MustCompile("`([a-z]+)\\.(Test[A-Za-z]+)`")
	for _, row := range rows[1:] { // the first is the heading
		tests := named.FindAllStringSubmatch(row, -1)
		assert.NotEmpty(t, tests, row)
		for _, test := range tests {
			assert.True(t, exists(t, test[1], test[2]), "%s.%s", test[1], test[2])
		}
	}
}

// exists reports whether a package of the module has a test of this name.
func exists(t *testing.T, pkg, test string) bool {
	t.Helper()
	folder := filepath.Join("../../internal", pkg)
	switch pkg {
	case "dashboard", "chaos":
		folder = filepath.Join("../../cmd", pkg)
	case "static":
		folder = "../../web/static"
	case "sqlite":
		folder = "../../internal/storage/sqlite"
	}
	files, err := filepath.Glob(filepath.Join(folder, "*_test.go"))
	require.NoError(t, err)
	declared := regexp.MustCompile(`(?m)^func ` + test + `\(`)
	for _, file := range files {
		source, err := os.ReadFile(file)
		require.NoError(t, err)
		if declared.Match(source) {
			return true
		}
	}
	return false
}
