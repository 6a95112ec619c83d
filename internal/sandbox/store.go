package sandbox

import (
	"cmp"
	"errors"
	"fmt"
	"iter"
	"maps"
	"math/rand/v2"
	"slices"
	"strconv"
	"sync"
	"time"
)

// store holds patients, which don't change, and alerts, which do. What it
// hands out are copies in wire form.
type store struct {
	patients    []*patient // by id
	eligible    []*patient // those who can have new alerts, by id
	patientByID map[uuid]*patient
	earliest    day             // when the first of them was created, or the day before
	named       map[uuid]*named // groups, programs and protocols

	mu        sync.RWMutex
	archive   archive
	byID      map[uuid]uint32  // numbers in the archive
	byDay     map[day][]uint32 // the same, each day's by id
	byPatient [][]uint32       // the same, by place, each patient's by creation
	days      []day            // those of byDay, by day.rank
	open      drawable         // the open ones
	processed map[uuid]int     // how many stand as processed by each user
	arrivals  int              // how many ever arrived live
	journal   *journal
}

// newStore lists what a population begins with: about so many alerts.
func newStore(cohorts []*cohort, patients []*patient, alerts iter.Seq[*alert], about int, journal *journal) *store {
	s := &store{
		patients:    slices.SortedFunc(slices.Values(patients), func(a, b *patient) int { return a.id.compare(b.id) }),
		patientByID: make(map[uuid]*patient, len(patients)),
		named:       map[uuid]*named{},
		archive:     archive{alerts: make([]packed, 0, about), records: make([]packedRecord, 0, about)},
		byID:        make(map[uuid]uint32, about),
		byDay:       map[day][]uint32{},
		processed:   map[uuid]int{},
		journal:     journal,
	}
	for i, p := range s.patients {
		p.place = uint32(i)
		s.patientByID[p.id] = p
		if d := dayOf(p.createdAt) - 1; i == 0 || d < s.earliest {
			s.earliest = d
		}
		if p.eligible() {
			s.eligible = append(s.eligible, p)
		}
	}
	for _, c := range cohorts {
		for _, n := range slices.Concat([]*named{c.group}, c.programs, c.protocols) {
			s.named[n.id] = n
		}
	}
	s.byPatient = make([][]uint32, len(s.patients))
	for a := range alerts {
		d, i := dayOf(a.createdAt), s.enter(a)
		s.byDay[d] = append(s.byDay[d], i)
		s.byPatient[a.patient.place] = append(s.byPatient[a.patient.place], i)
	}
	for _, list := range s.byPatient {
		slices.SortFunc(list, s.archive.byCreation)
	}
	for _, list := range s.byDay {
		slices.SortFunc(list, s.archive.byID)
	}
	s.days = slices.SortedFunc(maps.Keys(s.byDay), byRank)
	return s
}

// update makes a change at the next moment the alert allows, after the journal
// has it. The error is an *apiError when the API refuses: no such alert, or not
// the user's to change.
func (s *store) update(by *hcp, c change, now time.Time) (wireAlert, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	i, ok := s.byID[c.Alert]
	if !ok {
		return wireAlert{}, errNotFound("alert")
	}
	a := s.archive.alert(i, s.patients)
	if !by.mayUpdate(&a) {
		return wireAlert{}, errForbidden()
	}
	return s.change(i, &a, c, now)
}

// updateAnyOpen draws one of the open alerts, if there are any, and makes the
// change decided on.
func (s *store) updateAnyOpen(rng *rand.Rand, decide func(*alert) change, now time.Time) (updated wireAlert, found bool, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	i, found := s.open.draw(rng)
	if !found {
		return wireAlert{}, false, nil
	}
	a := s.archive.alert(i, s.patients)
	updated, err = s.change(i, &a, decide(&a), now)
	return updated, true, err
}

// change is what update and updateAnyOpen have in common. The caller holds mu.
func (s *store) change(i uint32, a *alert, c change, now time.Time) (wireAlert, error) {
	at := a.next(now)
	if err := s.journal.write(entry{At: stamp{at}, Change: &c}); err != nil {
		return wireAlert{}, err
	}
	s.apply(i, a, c, at)
	return a.wire(), nil
}

// apply makes a change to the alert of that number. The caller holds mu.
func (s *store) apply(i uint32, a *alert, c change, at time.Time) {
	s.count(i, a, -1)
	a.apply(c, sourcePage, at)
	s.archive.put(i, a)
	s.count(i, a, +1)
}

// count adds an alert to what is counted, or takes it out.
func (s *store) count(i uint32, a *alert, n int) {
	if a.processedBy != (uuid{}) {
		s.processed[a.processedBy] += n
	}
	switch {
	case a.status != statusOpen:
	case n > 0:
		s.open.add(i)
	default:
		s.open.remove(i)
	}
}

// arrive lists the alert invented for the next serial number, after the
// journal has it.
func (s *store) arrive(invent func(serial int) *alert) (wireAlert, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	a := invent(s.arrivals)
	w := a.wire()
	if err := s.journal.write(entry{At: w.CreatedAt, Arrival: &w}); err != nil {
		return wireAlert{}, err
	}
	s.add(a)
	return w, nil
}

// add lists an arrival. The caller holds mu.
func (s *store) add(a *alert) {
	s.arrivals++
	n := s.enter(a)
	d := dayOf(a.createdAt)
	list, known := s.byDay[d]
	i, _ := slices.BinarySearchFunc(list, n, s.archive.byID)
	s.byDay[d] = slices.Insert(list, i, n)
	own := s.byPatient[a.patient.place]
	i, _ = slices.BinarySearchFunc(own, n, s.archive.byCreation)
	s.byPatient[a.patient.place] = slices.Insert(own, i, n)
	if !known {
		i, _ = slices.BinarySearchFunc(s.days, d, byRank)
		s.days = slices.Insert(s.days, i, d)
	}
}

// enter puts a new alert everywhere but into its day.
func (s *store) enter(a *alert) uint32 {
	i := s.archive.add(a)
	s.byID[a.id] = i
	s.count(i, a, +1)
	return i
}

// replay does again what a line of the journal says was done.
func (s *store) replay(e entry) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case e.Change != nil:
		i, ok := s.byID[e.Change.Alert]
		if !ok {
			return fmt.Errorf("change of an unknown alert %s", e.Change.Alert)
		}
		a := s.archive.alert(i, s.patients)
		s.apply(i, &a, *e.Change, e.At.Time)
	case e.Arrival != nil:
		w := e.Arrival
		p, ok := s.patientByID[w.UserID]
		if !ok || s.named[w.GroupID] == nil {
			return fmt.Errorf("arrival for an unknown patient %s or group %s", w.UserID, w.GroupID)
		}
		s.add(&alert{
			id:      w.ID,
			patient: p,
			traits: traits{
				group:      s.named[w.GroupID],
				program:    s.named[w.ProgramID],
				protocol:   s.named[w.ProtocolID],
				instrument: w.InstrumentID,
				kind:       w.Type,
				flag:       w.Flag,
				status:     w.Status,
			},
			measurement: w.MeasurementID,
			createdAt:   w.CreatedAt.Time,
			updatedAt:   w.UpdatedAt.Time,
		})
	default:
		return errors.New("neither a change nor an arrival")
	}
	return nil
}

// alertsOf is a patient's alerts created from a moment until before another. The
// caller holds mu.
func (s *store) alertsOf(p *patient, from, until time.Time) []uint32 {
	list := s.byPatient[p.place]
	at := func(t time.Time) int {
		i, _ := slices.BinarySearchFunc(list, t, func(n uint32, t time.Time) int {
			return cmp.Compare(int64(s.archive.alerts[n].createdAt), t.Unix())
		})
		return i
	}
	return list[at(from):at(until)]
}

// alertPage is one page of the alerts created from the first to the last day.
func (s *store) alertPage(first, last day, p paging, sign signer) ([]wireAlert, cursors, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return page(s.runs(first, last), p, sign)
}

// recordPage is one page of an alert's history.
func (s *store) recordPage(id uuid, p paging, sign signer) ([]wireRecord, cursors, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	n, ok := s.byID[id]
	if !ok {
		return nil, cursors{}, errNotFound("alert")
	}
	records := s.archive.history(n)
	return page(sequence[wireRecord]{
		len: len(records),
		at:  func(i int) wireRecord { return records[i].wire(id) },
		key: strconv.Itoa,
		find: func(key string) (int, bool) {
			i, err := strconv.Atoi(key)
			return i, err == nil && i < len(records)
		},
	}, p, sign)
}

// openSince counts the open alerts created after a moment.
func (s *store) openSince(t time.Time) int {
	s.mu.RLock()
	defer s.mu.RUnlock()
	count := 0
	for _, i := range s.open.numbers {
		if s.archive.alerts[i].createdAt.time().After(t) {
			count++
		}
	}
	return count
}

// processedBy is how many alerts stand as processed by each user.
func (s *store) processedBy() map[uuid]int {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return maps.Clone(s.processed)
}

// changes are all changes ever applied, oldest first. They must not be altered.
func (s *store) changes() []entry {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.journal.changes
}

func (s *store) close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.journal.Close()
}

// drawable is a set of numbers one of which can be drawn.
type drawable struct {
	numbers []uint32
	places  map[uint32]int // in numbers
}

func (d *drawable) add(n uint32) {
	if d.places == nil {
		d.places = map[uint32]int{}
	}
	d.places[n] = len(d.numbers)
	d.numbers = append(d.numbers, n)
}

func (d *drawable) remove(n uint32) {
	place, last := d.places[n], len(d.numbers)-1
	d.numbers[place] = d.numbers[last]
	d.places[d.numbers[place]] = place
	d.numbers = d.numbers[:last]
	delete(d.places, n)
}

// draw is false where there are none.
func (d *drawable) draw(rng *rand.Rand) (uint32, bool) {
	if len(d.numbers) == 0 {
		return 0, false
	}
	return oneOf(rng, d.numbers), true
}
