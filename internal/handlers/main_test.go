package handlers_test

import (
	"testing"

	"go.uber.org/goleak"
)

// No event stream, and nothing else, outlives its house; but scs.New starts a
// store in memory that can't be stopped without a race.
func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m, goleak.IgnoreTopFunction("github.com/alexedwards/scs/v2/memstore.(*MemStore).startCleanup"))
}
