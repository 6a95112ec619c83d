package program

import (
	"context"
	"fmt"
	"io"
	"os"
	"regexp"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// role, if set, makes these tests be another program instead.
const role = "TRIAGEBOARD_TEST_ROLE"

func TestMain(m *testing.M) {
	switch os.Getenv(role) {
	case "echo":
		fmt.Println("ready in", os.Getenv("PLACE"))
		_, _ = io.Copy(os.Stdout, os.Stdin)
	case "fail":
		fmt.Println("broken: 7")
		fmt.Fprintln(os.Stderr, "in vain")
		os.Exit(3)
	default:
		os.Exit(m.Run())
	}
}

func startAs(t *testing.T, as string, env ...string) *Process {
	t.Helper()
	self, err := os.Executable()
	require.NoError(t, err)
	p, err := Start(t.Context(), t.TempDir(), append(env, role+"="+as), self)
	require.NoError(t, err)
	return p
}

var ready = regexp.MustCompile(`^ready in (\w+)$`)

func TestAProcessIsHeardAndTold(t *testing.T) {
	t.Setenv("PLACE", "its parent")
	p := startAs(t, "echo", "PLACE=here")
	found, err := p.Await(t.Context(), ready)
	require.NoError(t, err)
	assert.Equal(t, "here", found[1], "the environment is its own")
	require.NoError(t, p.Tell("hello"))
	_, err = p.Await(t.Context(), regexp.MustCompile("^hello$"))
	require.NoError(t, err)
	assert.Positive(t, p.Pid())
	require.ErrorContains(t, p.Stop(), "signal: terminated", "it doesn't end well when asked to")
}

func TestAProcessIsKilled(t *testing.T) {
	p := startAs(t, "echo")
	require.NoError(t, p.Kill())
	require.Error(t, p.Kill(), "it had ended by itself, as far as this one knows")
}

func TestAProcessFails(t *testing.T) {
	p := startAs(t, "fail")
	err := p.Wait(t.Context())
	for _, part := range []string{"exit status 3", "in vain", "broken: 7"} {
		require.ErrorContains(t, err, part)
	}
	_, err = p.Await(t.Context(), ready)
	require.ErrorContains(t, err, "ended before it said")
	require.ErrorContains(t, StopAfter(assert.AnError, nil, p), "exit status 3")
	require.ErrorIs(t, StopAfter(assert.AnError), assert.AnError)

	ctx, cancel := context.WithCancel(t.Context())
	waits := startAs(t, "echo")
	cancel()
	require.ErrorIs(t, waits.Wait(ctx), context.Canceled)
	require.NoError(t, waits.Kill())
}
