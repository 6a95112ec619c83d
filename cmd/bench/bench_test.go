package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestPercentiles(t *testing.T) {
	var s samples
	assert.False(t, s.percentile(50).known, "nothing was measured")
	for i := range 200 {
		s.add(time.Duration(200 - i))
	}
	assert.Equal(t, time.Duration(100), s.at(50))
	assert.Equal(t, time.Duration(198), s.at(99))
	assert.Equal(t, time.Duration(200), s.at(100))
	assert.Equal(t, time.Duration(1), s.at(0))
}

func TestUsageOfAProcess(t *testing.T) {
	status := []byte("Name:\tbench\nVmHWM:\t   2048 kB\nVmRSS:\t   1024 kB\nThreads:\t8\n")
	stat := []byte("42 (odd ) name) S 1 42 42 0 -1 4194560 100 0 0 0 150 50 0 0 20 0 8 0 1 2 3")
	u := parseUsage(status, stat)
	assert.Equal(t, usage{known: true, resident: 1 << 20, residentPeak: 2 << 20, cpu: 2 * time.Second}, u)
	later := u
	later.cpu += time.Second
	assert.Equal(t, duration(10*time.Millisecond), cpuEach(u, later, 100))

	for _, none := range []usage{parseUsage(nil, stat), parseUsage(status, []byte("42 (name) S 1")), usageOf(-1)} {
		assert.False(t, none.known)
		assert.False(t, none.peak().known)
		assert.False(t, cpuEach(none, u, 1).known)
	}
}

func TestReportTellsWhatWasMissed(t *testing.T) {
	r := newReport()
	r.begin(part{name: "pages", about: "how fast"})
	r.add("100 open", "load, p99", duration(300*time.Millisecond), millis).against(duration(20*time.Millisecond)).atMost(250, 50)
	r.add("100 open", "memory", notMeasured(), megabytes).against(value(1e6)).atMost(100, 0)
	require.NoError(t, r.verdict(), "absolute figures depend on the machine")
	r.add("100 open", "errors", count(1), one).never(0)
	r.add("100 open", "CPU", value(2000), micros).against(value(1000)).ratioAtMost(1.5)
	require.ErrorContains(t, r.verdict(), "errors is over its bound of 0")
	require.ErrorContains(t, r.verdict(), "CPU is over its bound of 1.50")

	var table bytes.Buffer
	require.NoError(t, r.print(&table))
	rows := map[string]string{}
	for line := range strings.Lines(table.String()) {
		what, rest, _ := strings.Cut(strings.TrimSpace(line), "  ")
		rows[what] = strings.Join(strings.Fields(rest), " ")
	}
	assert.Equal(t, "300 ms 20 ms × 15 ≤ 250 ms (aim 50): MISSED", rows["load, p99"])
	assert.Equal(t, "not measured 1 MB - ≤ 100 MB", rows["memory"])
	assert.Equal(t, "1 - - ≤ 0: MISSED", rows["errors"])
	assert.Equal(t, "2 µs 1 µs × 2 ≤ × 1.50: MISSED", rows["CPU"])

	file := filepath.Join(t.TempDir(), "new", "bench.json")
	require.NoError(t, r.write(file))
	text, err := os.ReadFile(file)
	require.NoError(t, err)
	var read struct {
		Figures []struct {
			What  string
			Value *float64
			Ratio *float64
			Goal  struct{ Met *bool }
		}
	}
	require.NoError(t, json.Unmarshal(text, &read))
	require.Len(t, read.Figures, 4)
	assert.InDelta(t, 15, *read.Figures[0].Ratio, 0.001)
	assert.False(t, *read.Figures[0].Goal.Met)
	assert.Nil(t, read.Figures[1].Value)
	assert.Nil(t, read.Figures[1].Goal.Met)
}

func TestReadBenchmarks(t *testing.T) {
	found, err := readBenchmarks([]byte("goos: linux\nBenchmarkStaleness/200_alerts-2  1  123 ns/op  0.5 today/p50/best-s  1e3 today/p50/board-s\nPASS\n"))
	require.NoError(t, err)
	require.Len(t, found, 1)
	assert.Equal(t, "200 alerts", found[0].name)
	assert.Equal(t, []string{"ns/op", "today/p50/best-s", "today/p50/board-s"}, found[0].order)
	assert.InDelta(t, 1000, found[0].metrics["today/p50/board-s"], 0)

	_, err = readBenchmarks([]byte("PASS\n"))
	require.Error(t, err)
	_, err = readBenchmarks([]byte("BenchmarkStaleness 1 fast ns/op\n"))
	require.Error(t, err)
}

// The last of all streams counts, and a change that missed one doesn't.
func TestLastOfEach(t *testing.T) {
	f := fannedOut{deliveries: []delivery{{1, 5}, {2, 9}, {1, 7}, {1, 6}, {2, 3}}}
	assert.Equal(t, samples{7}, f.lastOfEach(3))
}

func TestBusiest(t *testing.T) {
	c := &counter{}
	for _, s := range []time.Duration{0, 1, 2, 12, 13, 14, 15, 30} {
		c.came = append(c.came, time.Unix(100, 0).Add(s*time.Second))
	}
	assert.Equal(t, 4, c.busiest(10*time.Second))
}

func TestListingHoldsEveryAlertOnce(t *testing.T) {
	l := newListing(450, time.Date(2026, 11, 22, 0, 0, 1, 0, time.UTC))
	ids := map[string]bool{}
	for _, text := range l.pages {
		var page struct{ Data []wireAlert }
		require.NoError(t, json.Unmarshal(text, &page))
		for _, a := range page.Data {
			ids[a.ID] = true
			assert.Equal(t, "2026-11-22", a.CreatedAt.Format(time.DateOnly))
		}
	}
	assert.Len(t, ids, 450)
	assert.Len(t, l.pages, 3)
}

func TestChoose(t *testing.T) {
	chosen, err := choose([]string{"warm", "sweep"})
	require.NoError(t, err)
	assert.Equal(t, "warm", chosen[0].name)
	_, err = choose([]string{"warm", "cold"})
	require.ErrorContains(t, err, `"cold"`)
}
