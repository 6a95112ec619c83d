package insight

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"log/slog"
	"strconv"
	"strings"
	"sync"
	"time"

	"triageboard/internal/export"
	"triageboard/internal/triage"
)

// Exports gives the pages of a report, as Luscii does.
type Exports interface {
	Report(ctx context.Context, r export.Request) iter.Seq2[export.Page, error]
}

const (
	// starsFor is how long a fetched report is good enough: patients rate a few
	// times a day, and the report is only given whole; ours.
	starsFor = time.Hour
	// starsAgain is how long after a failure the report isn't asked for; ours.
	starsAgain = time.Minute
	// starsWithin is how long fetching it may take; ours.
	starsWithin = 10 * time.Minute
	// starsWait is how long a page waits for the first fetch; ours.
	starsWait = time.Second
)

// StarRatings keeps the star ratings of the export in memory: when, which group
// and how many, and neither patient nor remark. It asks Luscii only when somebody
// wants to know, at most once an hour, and nobody waits for it for longer than a
// second.
type StarRatings struct {
	exports Exports
	zone    *time.Location // of the report's zoneless times
	now     func() time.Time
	log     *slog.Logger
	wanted  chan struct{}

	mu      sync.Mutex
	kept    []rating
	at      time.Time     // when they were fetched; zero: not yet
	tried   time.Time     // when that was last tried
	missing Missing       // why it failed last
	done    chan struct{} // closed when the first fetch has ended
}

// rating is one patient's.
type rating struct {
	at    time.Time // zero: it can't be told
	group string
	stars int // 0: no number from one to five
}

// NewStarRatings makes StarRatings, which fetch once Run runs.
func NewStarRatings(exports Exports, zone *time.Location, now func() time.Time, log *slog.Logger) *StarRatings {
	return &StarRatings{
		exports: exports, zone: zone, now: now, log: log,
		wanted: make(chan struct{}, 1), missing: BeingRead, done: make(chan struct{}),
	}
}

// Run fetches the report whenever somebody wants it and it is too old, until ctx
// ends.
func (s *StarRatings) Run(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-s.wanted:
		}
		if s.due() {
			s.fetch(ctx)
		}
	}
}

// due reports whether it is time to ask Luscii again.
func (s *StarRatings) due() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.now()
	return (s.at.IsZero() || now.Sub(s.at) >= starsFor) && (s.tried.IsZero() || now.Sub(s.tried) >= starsAgain)
}

func (s *StarRatings) fetch(ctx context.Context) {
	begun := s.now()
	ctx, cancel := context.WithTimeout(ctx, starsWithin)
	defer cancel()
	found, err := s.read(ctx)
	s.mu.Lock()
	defer s.mu.Unlock()
	first := s.tried.IsZero()
	s.tried = begun
	switch {
	case err == nil:
		s.kept, s.at, s.missing = found, begun, NotMissing
	case errors.Is(err, triage.ErrForbidden):
		s.missing = NoRight
	default:
		s.missing = NoAnswer
	}
	if err != nil {
		s.log.Warn("the star ratings could not be fetched", slog.Any("error", err))
	}
	if first {
		close(s.done)
	}
}

// read fetches the report, of which it keeps what is counted.
func (s *StarRatings) read(ctx context.Context) ([]rating, error) {
	report, ok := export.Lookup(string(export.StarRatings))
	if !ok {
		return nil, fmt.Errorf("star ratings: %w", export.ErrUnknownReport)
	}
	group, date, score := report.Index("Group"), report.Index("Date"), report.Index("Score")
	var all []rating
	names := map[string]string{}
	for page, err := range s.exports.Report(ctx, export.Request{Type: export.StarRatings}) {
		if err != nil {
			return nil, fmt.Errorf("fetch the star ratings: %w", err)
		}
		for _, row := range page.Rows {
			// A page's texts share their memory: its remarks would be kept with them.
			name, ok := names[row.Cells[group].Text]
			if !ok {
				name = strings.Clone(row.Cells[group].Text)
				names[name] = name
			}
			all = append(all, rating{s.moment(row.Cells[date].Text), name, starsOf(row.Cells[score].Text)})
		}
	}
	return all, nil
}

// moment reads a time of the export: with an offset, or without one in the zone
// that is assumed for those.
func (s *StarRatings) moment(text string) time.Time {
	if t, err := time.Parse(time.RFC3339Nano, text); err == nil {
		return t
	}
	for _, form := range []string{time.DateTime, time.DateOnly} {
		if t, err := time.ParseInLocation(form, text, s.zone); err == nil {
			return t
		}
	}
	return time.Time{}
}

// starsOf reads one to five; anything else is 0.
func starsOf(text string) int {
	n, err := strconv.ParseFloat(strings.TrimSpace(text), 64)
	if err != nil || n != float64(int(n)) || n < 1 || n > 5 {
		return 0
	}
	return int(n)
}

// stars is the figure of a query.
func (i *Insights) stars(ctx context.Context, q Query) Figure[Stars] {
	f := Figure[Stars]{Basis: Basis{
		Source: FromExport, Method: MeanOfStars, Asked: q.Period, From: q.Period.Begin(i.o.Zone), To: q.Period.End(i.o.Zone),
	}}
	if i.o.Stars == nil {
		f.Basis.Missing = SwitchedOff
		return f
	}
	kept, at, missing := i.o.Stars.latest(ctx)
	f.Basis.AsOf = at
	if at.IsZero() {
		f.Basis.Missing = missing
		return f
	}
	if f.Basis.To.After(at) {
		f.Basis.To = at
	}
	sum := 0
	for _, r := range kept {
		if r.at.Before(f.Basis.From) || !r.at.Before(f.Basis.To) || q.Group != "" && r.group != q.GroupName {
			continue
		}
		f.Basis.Counted++
		if r.stars == 0 {
			f.Value.Other++
			continue
		}
		f.Value.N++
		f.Value.ByStars[r.stars-1]++
		sum += r.stars
	}
	if f.Value.N > 0 {
		f.Value.Mean = float64(sum) / float64(f.Value.N)
	}
	return f
}

// latest is the ratings there are, and why there are none. It lets them be
// fetched where they are too old, and waits a moment only for the first.
func (s *StarRatings) latest(ctx context.Context) ([]rating, time.Time, Missing) {
	if s.due() {
		select {
		case s.wanted <- struct{}{}:
		default: // somebody else does already
		}
		wait := time.NewTimer(starsWait)
		defer wait.Stop()
		select {
		case <-s.done:
		case <-wait.C:
		case <-ctx.Done():
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.kept, s.at, s.missing
}
