package main

import (
	"bytes"
	"os/exec"
	"path/filepath"
	"runtime/debug"
	"testing"

	"github.com/stretchr/testify/require"
)

// R46: a small run of `make chaos`, on the program built as these tests are.
func TestNothingIsLostAndNothingDoneTwice(t *testing.T) {
	t.Parallel()
	var table bytes.Buffer
	err := run(t.Context(), []string{"-program", build(t), "-actions", "60", "-kills", "5", "-within", "3m"}, &table)
	require.NoError(t, err, table.String())
	t.Log("\n" + table.String())
}

// build builds the program, with the race detector if these tests have it.
func build(t *testing.T) string {
	t.Helper()
	program := filepath.Join(t.TempDir(), "dashboard")
	args := []string{"build", "-buildvcs=false", "-o", program}
	info, ok := debug.ReadBuildInfo()
	require.True(t, ok)
	for _, s := range info.Settings {
		if s.Key == "-race" {
			args = append(args, "-race="+s.Value)
		}
	}
	said, err := exec.CommandContext(t.Context(), "go", append(args, "triageboard/cmd/dashboard")...).CombinedOutput()
	require.NoError(t, err, "%s", said)
	return program
}
