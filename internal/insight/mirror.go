package insight

import (
	"context"
	"fmt"
	"iter"
	"maps"
	"slices"
	"sync"
	"time"

	"triageboard/internal/audit"
	"triageboard/internal/triage"
)

// Store is what storage knows.
type Store interface {
	// AlertsCreated are the alerts of the mirror created from a moment on and
	// before another, oldest first; a zero moment is no limit. Those that don't say
	// when aren't among them.
	AlertsCreated(ctx context.Context, from, before time.Time) iter.Seq2[triage.Alert, error]
	// ConfirmedDays is when each day's last complete listing began.
	ConfirmedDays(ctx context.Context) (map[triage.Day]time.Time, error)
	AuditRecords(ctx context.Context, f audit.Filter) iter.Seq2[audit.Record, error]
}

const (
	// freshFor is how long what was read counts as it is: people look at the same
	// page one after the other, and a busy day needn't be read for each; ours.
	freshFor = 10 * time.Second
	// keptFor is how long the facts stay in memory when nobody looks; ours.
	keptFor = 30 * time.Minute
)

// Options are what Insights is made of.
type Options struct {
	Store Store
	Zone  *time.Location // days and hours are those of it
	Stars *StarRatings   // nil: nothing is asked of the exports
	Now   func() time.Time
}

// Insights answers queries. It reads the mirror once, when somebody first asks,
// and afterwards only the days that changed. It is safe for concurrent use.
type Insights struct {
	o Options

	reading sync.Mutex // one reads, the others wait for it

	mu      sync.Mutex // guards what follows
	shards  map[int64][]fact
	words   words
	changed map[int64]bool // shards to read anew
	loaded  bool           // shards are all there is, but for the changed ones
	asOf    time.Time      // when they were read
	since   time.Time
	asked   time.Time // when somebody last wanted to know
}

// New makes Insights. Nothing is read yet.
func New(o Options) *Insights {
	i := &Insights{o: o}
	i.forget()
	return i
}

// forget frees the facts. The lock is held, or nobody else knows the Insights yet.
func (i *Insights) forget() {
	i.shards, i.changed, i.words, i.loaded = map[int64][]fact{}, map[int64]bool{}, newWords(), false
}

// Changed tells that the mirror keeps these alerts as they are now.
func (i *Insights) Changed(entries []triage.Entry) {
	i.mu.Lock()
	defer i.mu.Unlock()
	if i.o.Now().Sub(i.asked) > keptFor {
		i.forget()
		return
	}
	for _, e := range entries {
		if !e.CreatedAt.IsZero() {
			i.changed[shardOf(e.CreatedAt)] = true
		}
	}
}

// Forgot tells that the mirror dropped what was processed before a day.
func (i *Insights) Forgot(before triage.Day) {
	i.mu.Lock()
	defer i.mu.Unlock()
	last := shardOf(midnight(before, time.UTC)) // the days before it may be another zone's, and end later
	for shard := range i.shards {
		if shard <= last {
			i.changed[shard] = true
		}
	}
}

// view is the facts at one moment. Nothing in it changes any more.
type view struct {
	shards [][]fact // oldest first
	groups []triage.GroupID
	people []triage.HCPID
	nPat   int
	asOf   time.Time
	since  time.Time
}

// groupsWithAlerts are the groups by id, that of no group left out.
func (v view) groupsWithAlerts() []triage.GroupID { return slices.Sorted(slices.Values(v.groups[1:])) }

// look is the facts as they are now, or were at most freshFor ago.
func (i *Insights) look(ctx context.Context) (view, error) {
	i.reading.Lock()
	defer i.reading.Unlock()
	now := i.o.Now()
	i.mu.Lock()
	i.asked = now
	loaded, stale := i.loaded, now.Sub(i.asOf) >= freshFor
	i.mu.Unlock()
	switch {
	case !loaded:
		if err := i.readAll(ctx, now); err != nil {
			return view{}, err
		}
	case stale:
		if err := i.readChanged(ctx, now); err != nil {
			return view{}, err
		}
	}
	i.mu.Lock()
	defer i.mu.Unlock()
	v := view{
		groups: slices.Clone(i.words.groups.of), people: slices.Clone(i.words.people.of), nPat: len(i.words.patients.of),
		asOf: i.asOf, since: i.since,
	}
	for _, shard := range slices.Sorted(maps.Keys(i.shards)) {
		v.shards = append(v.shards, i.shards[shard])
	}
	return v, nil
}

// readAll reads the whole mirror.
func (i *Insights) readAll(ctx context.Context, now time.Time) error {
	i.mu.Lock()
	i.forget()
	dictionary := i.words
	i.mu.Unlock()
	since, err := i.readSince(ctx, now)
	if err != nil {
		return err
	}
	shards, err := i.read(ctx, dictionary, time.Time{}, time.Time{})
	if err != nil {
		return err
	}
	i.mu.Lock()
	defer i.mu.Unlock()
	i.shards, i.words, i.loaded, i.asOf, i.since = shards, dictionary, true, now, since
	return nil
}

// readChanged reads the days that changed.
func (i *Insights) readChanged(ctx context.Context, now time.Time) error {
	i.mu.Lock()
	changed, dictionary := i.changed, i.words
	i.changed = map[int64]bool{}
	i.mu.Unlock()
	err := i.readShards(ctx, dictionary, changed)
	var since time.Time
	if err == nil {
		since, err = i.readSince(ctx, now)
	}
	i.mu.Lock()
	defer i.mu.Unlock()
	if err != nil {
		maps.Copy(i.changed, changed)
		return err
	}
	i.asOf, i.since = now, since
	return nil
}

func (i *Insights) readShards(ctx context.Context, dictionary words, which map[int64]bool) error {
	for shard := range which {
		from := time.Unix(shard*secondsADay, 0).UTC()
		found, err := i.read(ctx, dictionary, from, from.Add(24*time.Hour))
		if err != nil {
			return err
		}
		i.mu.Lock()
		delete(i.shards, shard)
		maps.Copy(i.shards, found)
		i.mu.Unlock()
	}
	return nil
}

// read reads some of the mirror, by shard. Only one reads at a time, and only who
// reads uses the dictionary's maps.
func (i *Insights) read(ctx context.Context, dictionary words, from, before time.Time) (map[int64][]fact, error) {
	shards := map[int64][]fact{}
	var one []fact
	current := int64(-1)
	put := func() {
		if len(one) > 0 {
			shards[current] = slices.Clone(one)
		}
		one = one[:0]
	}
	for a, err := range i.o.Store.AlertsCreated(ctx, from, before) {
		if err != nil {
			return nil, fmt.Errorf("read the mirror for insights: %w", err)
		}
		f, ok := dictionary.newFact(a, i.o.Zone)
		if !ok {
			continue
		}
		if shard := shardOf(a.CreatedAt); shard != current {
			put()
			current = shard
		}
		one = append(one, f)
	}
	put()
	return shards, nil
}

func (i *Insights) readSince(ctx context.Context, now time.Time) (time.Time, error) {
	confirmed, err := i.o.Store.ConfirmedDays(ctx)
	if err != nil {
		return time.Time{}, fmt.Errorf("read for insights when days were confirmed: %w", err)
	}
	return knownSince(confirmed, now, i.o.Zone), nil
}
