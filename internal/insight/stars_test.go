package insight_test

import (
	"context"
	"errors"
	"iter"
	"log/slog"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"triageboard/internal/export"
	"triageboard/internal/insight"
	"triageboard/internal/triage"
)

// exports gives the star ratings it is told to, page by page.
type exports struct {
	pages []export.Page
	fails error
	takes time.Duration
	mu    sync.Mutex
	asked []export.Request
}

func (e *exports) Report(_ context.Context, r export.Request) iter.Seq2[export.Page, error] {
	e.mu.Lock()
	e.asked = append(e.asked, r)
	e.mu.Unlock()
	return func(yield func(export.Page, error) bool) {
		time.Sleep(e.takes)
		for _, p := range e.pages {
			if !yield(p, nil) {
				return
			}
		}
		if e.fails != nil {
			yield(export.Page{}, e.fails)
		}
	}
}

func stars(group, date, score string) export.Row {
	set := func(s string) export.Value { return export.Value{Text: s, Set: true} }
	return export.Row{Cells: []export.Value{set(group), set(date), set("p-1"), set(score), {}}}
}

func (e *exports) requests() []export.Request {
	e.mu.Lock()
	defer e.mu.Unlock()
	return slices.Clone(e.asked)
}

// inStars runs a test in a bubble whose clock begins at midnight UTC of 2000-01-01.
func inStars(t *testing.T, e *exports, do func(t *testing.T, ask func(insight.Query) insight.Figure[insight.Stars])) {
	synctest.Test(t, func(t *testing.T) {
		time.Sleep(time.Until(now))
		ratings := insight.NewStarRatings(e, amsterdam, time.Now, slog.New(slog.DiscardHandler))
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan struct{})
		go func() { ratings.Run(ctx); close(ended) }()
		i := insight.New(insight.Options{Store: remember(31), Zone: amsterdam, Stars: ratings, Now: time.Now})
		do(t, func(q insight.Query) insight.Figure[insight.Stars] {
			t.Helper()
			r, err := i.Report(t.Context(), q)
			require.NoError(t, err)
			return r.Stars
		})
		cancel()
		<-ended
	})
}

func TestStarRatings(t *testing.T) {
	e := &exports{pages: []export.Page{
		{Rows: []export.Row{stars("COPD", "2026-11-23 11:00:00", "5"), stars("COPD", "2026-11-22 09:00:00", "4"), stars("Hart", "2026-11-17 00:00:00", "1")}},
		{Rows: []export.Row{
			stars("COPD", "2026-11-16 23:59:59", "1"), // before the period, by the assumed zone
			stars("COPD", "2026-11-22 09:00:00", "246"), stars("COPD", "2026-11-22 09:00:00", "good"), stars("COPD", "2026-11-22 09:00:00", "4.5"),
			stars("COPD", "someday", "5"), stars("Hart", "2026-11-22T09:00:00Z", " 4 "),
		}},
	}}
	inStars(t, e, func(t *testing.T, ask func(insight.Query) insight.Figure[insight.Stars]) {
		f := ask(last(7))
		assert.Equal(t, insight.Stars{N: 4, Mean: 3.5, ByStars: [5]int{1, 0, 0, 2, 1}, Other: 3}, f.Value)
		assert.Equal(t, insight.FromExport, f.Basis.Source)
		assert.Equal(t, 7, f.Basis.Counted)
		assert.True(t, now.Equal(f.Basis.AsOf))
		assert.Equal(t, []export.Request{{Type: export.StarRatings}}, e.requests(), "it takes no dates")

		before := insight.Query{Period: insight.Period{From: "2026-11-10", To: "2026-11-17"}}
		assert.Equal(t, 2, ask(before).Value.N, "what was given later isn't in it")

		q := last(7)
		q.Group, q.GroupName = "g-heart", "Hart"
		assert.Equal(t, insight.Stars{N: 2, Mean: 2.5, ByStars: [5]int{1, 0, 0, 1, 0}}, ask(q).Value)

		time.Sleep(59 * time.Minute)
		e.pages = []export.Page{{Rows: []export.Row{stars("COPD", "2026-11-23 12:30:00", "3")}}}
		e.takes = time.Second
		assert.Equal(t, 4, ask(last(7)).Value.N, "an hour old is good enough")
		time.Sleep(time.Minute)
		assert.Equal(t, 4, ask(last(7)).Value.N, "nobody waits for the next fetch")
		time.Sleep(2 * time.Second)
		assert.Equal(t, insight.Stars{N: 1, Mean: 3, ByStars: [5]int{2: 1}}, ask(last(7)).Value)
		assert.Len(t, e.requests(), 2)

		e.fails = errors.New("no answer")
		time.Sleep(time.Hour)
		ask(last(7))
		time.Sleep(2 * time.Second)
		f = ask(last(7))
		assert.Equal(t, 1, f.Value.N, "the last ones stay")
		assert.Equal(t, time.Hour+4*time.Second, time.Since(f.Basis.AsOf), "with their age")
	})
}

func TestWhyThereAreNoStars(t *testing.T) {
	for name, tc := range map[string]struct {
		exports *exports
		want    insight.Missing
	}{
		"it may not be read": {&exports{fails: triage.ErrForbidden}, insight.NoRight},
		"no answer":          {&exports{fails: triage.ErrUnavailable}, insight.NoAnswer},
		"it breaks off":      {&exports{pages: []export.Page{{Rows: []export.Row{stars("COPD", "2026-11-23 11:00:00", "5")}}}, fails: triage.ErrUnavailable}, insight.NoAnswer},
		"it takes long":      {&exports{takes: time.Minute}, insight.BeingRead},
	} {
		inStars(t, tc.exports, func(t *testing.T, ask func(insight.Query) insight.Figure[insight.Stars]) {
			begun := time.Now()
			assert.Equal(t, insight.Figure[insight.Stars]{Basis: ask(last(7)).Basis}, ask(last(7)), name)
			f := ask(last(7))
			assert.Equal(t, tc.want, f.Basis.Missing, name)
			assert.LessOrEqual(t, time.Since(begun), 3*time.Second, name)
			assert.Len(t, tc.exports.requests(), 1, name+": Luscii isn't asked at every look")
			time.Sleep(2 * time.Minute)
			ask(last(7))
			synctest.Wait()
			if tc.want != insight.BeingRead {
				assert.Len(t, tc.exports.requests(), 2, name+": but again later")
			}
		})
	}
	assert.Equal(t, insight.SwitchedOff, report(t, remember(31), last(7)).Stars.Basis.Missing)
}
