package feed_test

import (
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
	"pgregory.net/rapid"

	"triageboard/internal/feed"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func versions(items []feed.Item[string]) (out []uint64) {
	for _, item := range items {
		out = append(out, item.Version)
	}
	return out
}

func TestReadersGoOnWhereTheyStopped(t *testing.T) {
	l := feed.New[string](3, 100)
	items, _, ok := l.After(100)
	assert.True(t, ok)
	assert.Empty(t, items)

	l.Add(105, "a")
	l.Add(106, "b")
	items, _, ok = l.After(100)
	require.True(t, ok)
	assert.Equal(t, []feed.Item[string]{{Version: 105, What: "a"}, {Version: 106, What: "b"}}, items)
	items, _, ok = l.After(103)
	assert.True(t, ok, "a version between two items")
	assert.Equal(t, []uint64{105, 106}, versions(items))
	items, _, _ = l.After(105)
	assert.Equal(t, []uint64{106}, versions(items))
	assert.Equal(t, uint64(106), l.Last())
}

// Whoever was away too long is told so, and so is one that comes with another
// process's version.
func TestWhoWasAwayTooLongIsTold(t *testing.T) {
	l := feed.New[string](2, 100)
	for v := uint64(101); v <= 104; v++ {
		l.Add(v, "x")
	}
	for version, want := range map[uint64]bool{99: false, 100: false, 101: false, 102: true, 103: true, 104: true, 105: false} {
		_, _, ok := l.After(version)
		assert.Equal(t, want, ok, version)
	}
	items, _, _ := l.After(102)
	assert.Equal(t, []uint64{103, 104}, versions(items))
}

func TestWaitingEndsWithTheNext(t *testing.T) {
	l := feed.New[string](2, 0)
	_, more, _ := l.After(0)
	select {
	case <-more:
		t.Fatal("nothing happened yet")
	default:
	}
	l.Add(1, "x")
	<-more
	items, _, _ := l.After(0)
	assert.Len(t, items, 1)
}

// Whatever is added, a reader that is told nothing is missing gets exactly what
// came after its version, in order.
func TestNothingIsMissedInSilence(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		size := rapid.IntRange(0, 5).Draw(t, "size")
		first := rapid.Uint64Range(0, 9).Draw(t, "first")
		l := feed.New[string](size, first)
		all, last := []uint64{}, first
		for _, step := range rapid.SliceOfN(rapid.Uint64Range(1, 3), 0, 20).Draw(t, "steps") {
			last += step
			all = append(all, last)
			l.Add(last, "x")
		}
		for version := range last + 3 {
			var want []uint64
			for _, v := range all {
				if v > version {
					want = append(want, v)
				}
			}
			items, _, ok := l.After(version)
			if ok {
				assert.Equal(t, want, versions(items), "after %d", version)
			}
			complete := version >= first && version <= last && len(want) <= max(1, size)
			assert.Equal(t, complete, ok, "after %d of %v", version, all)
		}
	})
}

// A reader that stands still keeps nobody from adding, and nobody else from
// reading.
func TestAStuckReaderDelaysNobody(t *testing.T) {
	l := feed.New[string](10, 0)
	_, _, _ = l.After(0) // and never again
	var readers sync.WaitGroup
	for range 20 {
		readers.Go(func() {
			at := uint64(0)
			for at < 1000 {
				items, more, ok := l.After(at)
				switch {
				case !ok:
					at = l.Last() // resynced
				case len(items) == 0:
					<-more
				default:
					at = items[len(items)-1].Version
				}
			}
		})
	}
	for v := range uint64(1000) {
		l.Add(v+1, "x")
	}
	readers.Wait()
}
