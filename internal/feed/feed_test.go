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

	l.Add(105, "a", 1)
	l.Add(106, "b", 1)
	items, _, ok = l.After(100)
	require.True(t, ok)
	assert.Equal(t, []uint64{105, 106}, versions(items))
	assert.Equal(t, "b", items[1].What)
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
		l.Add(v, "x", 1)
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
	l.Add(1, "x", 1)
	<-more
	items, _, _ := l.After(0)
	assert.Len(t, items, 1)
}

// A reader that is woken finds nothing new, and can wait again.
func TestWake(t *testing.T) {
	l := feed.New[string](2, 0)
	_, more, _ := l.After(0)
	l.Wake()
	<-more
	items, more, ok := l.After(0)
	assert.True(t, ok)
	assert.Empty(t, items)
	select {
	case <-more:
		t.Fatal("nothing happened since")
	default:
	}
}

// What is heavy pushes more out; the newest stays whatever it weighs.
func TestWeight(t *testing.T) {
	l := feed.New[string](10, 0)
	for v := range uint64(5) {
		l.Add(v+1, "light", 2)
	}
	_, _, ok := l.After(0)
	assert.True(t, ok, "all of it fits")
	l.Add(6, "heavier", 5)
	_, _, ok = l.After(2)
	assert.False(t, ok)
	items, _, ok := l.After(3)
	assert.True(t, ok)
	assert.Equal(t, []uint64{4, 5, 6}, versions(items))
	l.Add(7, "too heavy", 1000)
	items, _, ok = l.After(6)
	assert.True(t, ok)
	assert.Equal(t, []uint64{7}, versions(items))
	l.Add(8, "light", 1)
	_, _, ok = l.After(6)
	assert.False(t, ok, "it went first")
}

// Whatever is added, a reader that is told nothing is missing gets exactly what
// came after its version, in order.
func TestNothingIsMissedInSilence(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		limit := rapid.IntRange(0, 9).Draw(t, "limit")
		first := rapid.Uint64Range(0, 9).Draw(t, "first")
		l := feed.New[string](limit, first)
		type added struct {
			version uint64
			weight  int
		}
		all, last := []added{}, first
		for range rapid.IntRange(0, 20).Draw(t, "happenings") {
			last += rapid.Uint64Range(1, 3).Draw(t, "step")
			all = append(all, added{last, rapid.IntRange(1, 4).Draw(t, "weight")})
			l.Add(last, "x", all[len(all)-1].weight)
		}
		for version := range last + 3 {
			var want []uint64
			weight := 0
			for _, a := range all {
				if a.version > version {
					want = append(want, a.version)
					weight += a.weight
				}
			}
			items, _, ok := l.After(version)
			if ok {
				require.Equal(t, want, versions(items), "after %d", version)
			}
			complete := version >= first && version <= last && (len(want) <= 1 || weight <= limit)
			require.Equal(t, complete, ok, "after %d of %v", version, all)
		}
	})
}

// A reader that stands still keeps nobody from adding, and nobody else from
// reading.
func TestAStuckReaderDelaysNobody(*testing.T) {
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
		l.Add(v+1, "x", 1)
	}
	readers.Wait()
}
