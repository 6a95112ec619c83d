package main

import (
	"net"
	"net/url"
	"testing"

	"github.com/stretchr/testify/require"
)

// Browsers open connections ahead of need. One on which nothing was asked yet is
// no request under way: the program doesn't wait for it, and exits with 0.
func TestStopsBesideAnUnusedConnection(t *testing.T) {
	t.Parallel()
	b := startBoard(t)
	at, err := url.Parse(b.url)
	require.NoError(t, err)
	unused, err := net.Dial("tcp", at.Host)
	require.NoError(t, err)
	t.Cleanup(func() { _ = unused.Close() }) // the program may have
	// A later connection that is answered: the unused one was taken before it.
	require.Equal(t, 200, newVisitor(t, b.url).get("/livez").status)
	require.NoError(t, b.stop())
}
