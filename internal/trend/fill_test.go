package trend_test

import (
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"triageboard/internal/trend"
	"triageboard/internal/triage"
)

// Today comes first, then the days before it, each once.
func TestTheNewestDayComesFirst(t *testing.T) {
	in(t, "2026-11-23 12:00:00", func(t *testing.T, w *world) {
		w.run(time.Hour)
		asked := w.took()
		require.Len(t, asked, trend.Days)
		for i, day := range asked {
			assert.Equal(t, triage.Day("2026-11-23").Add(-i), day)
		}
		w.run(time.Hour)
		assert.Empty(t, w.took(), "another process begins where that one ended")
	})
}

// Today is read again every five minutes, where somebody needs it only.
func TestTodayIsKeptCurrent(t *testing.T) {
	in(t, "2026-11-23 12:00:00", func(t *testing.T, w *world) {
		w.run(10 * time.Minute)
		w.took()
		w.busy = true
		w.run(31 * time.Minute)
		assert.Len(t, w.took(), 7, "at once, then six times")
		w.page = 60 * time.Second // two pages: two minutes
		w.run(31 * time.Minute)
		assert.Len(t, w.took(), 4, "a fifth of the time at most")
		w.busy, w.page = false, time.Second
		m := w.open()
		done := make(chan struct{})
		ctx := t.Context()
		go func() { defer close(done); m.Run(ctx) }()
		time.Sleep(time.Hour)
		assert.Empty(t, w.took(), "nobody needs it")
		_, err := m.Of(ctx, "p1")
		require.NoError(t, err)
		time.Sleep(3 * time.Hour)
		assert.Len(t, w.took(), 6, "for half an hour after somebody looked")
	})
}

// A day is read again after its midnight, and once more when late ones are in: in
// the night in which clocks go back, and any other.
func TestADayThatEndedIsReadAgain(t *testing.T) {
	for name, from := range map[string]string{"usual": "2026-11-22 23:00:00", "clocks go back": "2026-10-24 23:00:00", "25 hours": "2026-10-25 23:00:00", "23 hours": "2026-03-29 23:00:00"} {
		t.Run(name, func(t *testing.T) {
			in(t, from, func(t *testing.T, w *world) {
				today := triage.DayOf(time.Now(), amsterdam)
				w.run(10 * time.Minute)
				w.took()
				w.run(80 * time.Minute)
				assert.Equal(t, []triage.Day{today.Add(1), today}, w.took(), "after midnight")
				w.run(2 * time.Hour)
				assert.Empty(t, w.took())
				w.run(2 * time.Hour)
				assert.Equal(t, []triage.Day{today}, w.took(), "once more")
				w.run(12 * time.Hour)
				assert.Empty(t, w.took())
				assert.Len(t, w.store.days, trend.Days)
				assert.NotContains(t, w.store.days, today.Add(2-trend.Days-1), "what is too old is gone")
			})
		})
	}
}

// A day that breaks off, or that Luscii gives a part of, stays as it was; the others
// go on.
func TestAFailedDayStaysAsItWas(t *testing.T) {
	in(t, "2026-11-23 12:00:00", func(t *testing.T, w *world) {
		w.run(time.Hour)
		w.took()
		kept := w.store.sheets["2026-11-23"]
		begun := w.store.days["2026-11-23"]
		delete(w.store.days, "2026-11-20")
		delete(w.store.sheets, "2026-11-20")
		w.busy, w.fails["2026-11-23"], w.warns["2026-11-20"] = true, errors.New("broken off"), true
		m := w.run(time.Hour)
		assert.Equal(t, begun, w.store.days["2026-11-23"])
		assert.Equal(t, kept, w.store.sheets["2026-11-23"])
		assert.NotContains(t, w.store.days, triage.Day("2026-11-20"), "a part is none")
		assert.Less(t, len(w.took()), 20, "not again and again")
		c, err := m.Of(t.Context(), "p1")
		require.NoError(t, err)
		assert.Equal(t, trend.NoAnswer, c.Missing)
		assert.Equal(t, trend.Days-1, c.LoadedN())
		w.fails, w.warns = nil, nil
		m = w.run(time.Hour)
		c, err = m.Of(t.Context(), "p1")
		require.NoError(t, err)
		assert.Equal(t, trend.NotMissing, c.Missing)
		assert.Equal(t, trend.Days, c.LoadedN())
	})
}

// Without the right to the export it is left alone.
func TestNoRight(t *testing.T) {
	in(t, "2026-11-23 12:00:00", func(t *testing.T, w *world) {
		w.busy, w.fails["2026-11-23"] = true, triage.ErrForbidden
		m := w.run(5 * time.Hour)
		assert.Len(t, w.took(), 1)
		c, err := m.Of(t.Context(), "p1")
		require.NoError(t, err)
		assert.Equal(t, trend.NoRight, c.Missing)
		assert.Zero(t, c.LoadedN())
		assert.Zero(t, c.AsOf())
		w.fails = nil
		m = w.run(time.Hour)
		c, err = m.Of(t.Context(), "p1")
		require.NoError(t, err)
		assert.Equal(t, trend.NotMissing, c.Missing)
	})
}

// Killed within a day, nothing of it is kept; the next process begins that day anew.
func TestKilledInTheMiddle(t *testing.T) {
	in(t, "2026-11-23 12:00:00", func(t *testing.T, w *world) {
		w.rows = 500 // ten seconds a day
		w.run(25 * time.Second)
		assert.Equal(t, []triage.Day{"2026-11-23", "2026-11-22", "2026-11-21"}, w.took())
		assert.Len(t, w.store.days, 2)
		w.run(15 * time.Second)
		assert.Equal(t, []triage.Day{"2026-11-21", "2026-11-20"}, w.took())
	})
}

// Filling 31 days of 2,000 patients takes 4,960 pages: at one a second, the reports'
// own fifth of five requests, 83 minutes; at 4.5 a second, when sweeps leave all of
// theirs, 19.
func TestHowLongFillingTakes(t *testing.T) {
	for pace, want := range map[time.Duration]time.Duration{time.Second: 83 * time.Minute, time.Second * 2 / 9: 19 * time.Minute} {
		in(t, "2026-11-23 08:00:00", func(t *testing.T, w *world) {
			w.rows, w.page = 8_000, pace
			w.run(want)
			assert.Equal(t, trend.Days, len(w.store.days)) //nolint:testifylint // 8,000 rows a day aren't to be printed
			assert.InDelta(t, 4_960, w.pages, 0)
		})
	}
}

// Neither names nor numbers are in what is sealed.
func TestNoNamesAreKept(t *testing.T) {
	in(t, "2026-11-23 12:00:00", func(t *testing.T, w *world) {
		m := w.run(time.Minute)
		for _, sheets := range w.store.sheets {
			for _, sheet := range sheets {
				for _, secret := range []string{"Saskia", "Berg", "7001234"} {
					assert.NotContains(t, string(sheet.Sealed), secret)
				}
			}
		}
		c, err := m.Of(t.Context(), "p1")
		require.NoError(t, err)
		require.NotEmpty(t, c.Measurements)
		first := c.Measurements[0]
		assert.Equal(t, "Heart rate", first.Name)
		assert.Equal(t, time.UTC, first.At.Location())
		w.store.breaks = errors.New("broken")
		_, err = m.Of(t.Context(), "p1")
		assert.Error(t, err)
	})
}
