package archtest

import (
	"os"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestHouseKeepsToTheTable(t *testing.T) {
	tree := os.DirFS("../..")
	imports, err := importsOf(tree)
	require.NoError(t, err)
	require.NotEmpty(t, imports, "the test must look at the whole module")

	broken, err := violations(tree, table)

	require.NoError(t, err)
	assert.Empty(t, broken, strings.Join(broken, "\n"))
}

func TestModuleIsTheOneOfGoMod(t *testing.T) {
	gomod, err := os.ReadFile("../../go.mod")
	require.NoError(t, err)
	assert.True(t, strings.HasPrefix(string(gomod), "module "+module+"\n"))
}

// The sandbox stands where Luscii would: only the program's wiring may know it,
// and it shares no type with the client it tests.
func TestSandboxStandsApart(t *testing.T) {
	for _, r := range table {
		if r.part == "internal/sandbox" {
			assert.Empty(t, r.may)
		}
		if r.part != "cmd/dashboard" {
			assert.NotContains(t, r.may, "internal/sandbox", r.part)
			assert.NotEqual(t, everything, r.may, r.part)
		}
	}
}

func TestTableIsSound(t *testing.T) {
	var parts []string
	for _, r := range table {
		assert.False(t, anyContains(parts, r.part), "%s has two rows", r.part)
		parts = append(parts, r.part)
	}
	for _, r := range table {
		if slices.Equal(r.may, everything) {
			continue
		}
		for _, target := range r.may {
			assert.Contains(t, parts, target, "%s may import what has no row", r.part)
		}
	}
}

func TestCheckerFindsViolations(t *testing.T) {
	tests := map[string]struct {
		file, source string
		want         string // "" where nothing is wrong
	}{
		"allowed": {
			"internal/board/board.go", `package board; import "triageboard/internal/triage"`, "",
		},
		"a leaf that imports": {
			"internal/i18n/i18n.go", `package i18n; import "triageboard/internal/triage"`,
			"internal/i18n/i18n.go: internal/i18n may not import internal/triage",
		},
		"a sibling": {
			"internal/board/board.go", `package board; import _ "triageboard/internal/outbox"`,
			"internal/board/board.go: internal/board may not import internal/outbox",
		},
		"a test of a sibling": {
			"internal/board/board_test.go", `package board_test; import l "triageboard/internal/luscii"`,
			"internal/board/board_test.go: internal/board may not import internal/luscii",
		},
		"a test on a real part": {
			"internal/auth/harness_test.go", `package auth_test; import "triageboard/internal/storage"`, "",
		},
		"the program on what only its tests may use": {
			"internal/auth/manager.go", `package auth; import "triageboard/internal/storage"`,
			"internal/auth/manager.go: internal/auth may not import internal/storage",
		},
		"the sandbox outside the wiring": {
			"internal/luscii/client_test.go", `package luscii; import "triageboard/internal/sandbox"`,
			"internal/luscii/client_test.go: internal/luscii may not import internal/sandbox",
		},
		"the sandbox in the wiring": {
			"cmd/dashboard/run.go", `package main; import "triageboard/internal/sandbox"`, "",
		},
		"the sandbox importing": {
			"internal/sandbox/wire.go", `package sandbox; import "triageboard/internal/luscii"`,
			"internal/sandbox/wire.go: internal/sandbox may not import internal/luscii",
		},
		"below a part, the part's row": {
			"internal/storage/sqlite/actions.go", `package sqlite; import "triageboard/internal/board"`,
			"internal/storage/sqlite/actions.go: internal/storage may not import internal/board",
		},
		"within a part": {
			"internal/storage/sqlite/actions_test.go", `package sqlite_test; import "triageboard/internal/storage/storagetest"`, "",
		},
		"a name that only begins alike": {
			"internal/board/board.go", `package board; import "triageboard/internal/triages"`,
			"internal/board/board.go: internal/board may not import internal/triages",
		},
		"a package without a row": {
			"internal/util/util.go", `package util`,
			"internal/util/util.go: internal/util has no row in the dependency table",
		},
		"behind a build tag": {
			"internal/chart/chart_plan9.go", "//go:build plan9\n\npackage chart\nimport \"triageboard/internal/triage\"",
			"internal/chart/chart_plan9.go: internal/chart may not import internal/triage",
		},
		"the domain doing I/O": {
			"internal/triage/fetch.go", `package triage; import "net/http"`,
			"internal/triage/fetch.go: the domain does no I/O, but imports net/http",
		},
		"the domain reading an address": {
			"internal/triage/query.go", `package triage; import "net/url"`, "",
		},
		"the domain's tests doing I/O": {
			"internal/triage/golden_test.go", `package triage; import "os"`, "",
		},
		"others doing I/O": {
			"internal/luscii/client.go", `package luscii; import ("net/http"; "os")`, "",
		},
		"test data": {
			"internal/board/testdata/x.go", `package x; import "triageboard/internal/outbox"`, "",
		},
		"what npm fetched": {
			"node_modules/x/x.go", `package x`, "",
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			broken, err := violations(fstest.MapFS{tt.file: {Data: []byte(tt.source)}}, table)

			require.NoError(t, err)
			if tt.want == "" {
				assert.Empty(t, broken)
			} else {
				assert.Equal(t, []string{tt.want}, broken)
			}
		})
	}
}

func TestCheckerRefusesWhatItCannotRead(t *testing.T) {
	_, err := violations(fstest.MapFS{"internal/board/board.go": {Data: []byte("import")}}, table)
	require.ErrorContains(t, err, "internal/board/board.go")
}
