package sandbox

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// store holds patients, which don't change, and alerts, which do. What it
// hands out are copies in wire form.
type store struct {
	patients    []*patient // by id
	eligible    []*patient // those who can have new alerts, by id
	patientByID map[uuid]*patient
	named       map[uuid]*named // groups, programs and protocols

	mu       sync.RWMutex
	byID     map[uuid]*alert
	byDay    map[day][]*alert // each by id
	days     []day            // those of byDay, by day.rank
	arrivals int              // how many ever arrived live
	journal  *journal
}

// newStore lists what a population begins with. It keeps the alerts.
func newStore(cohorts []*cohort, patients []*patient, alerts []*alert, journal *journal) *store {
	s := &store{
		patients:    slices.SortedFunc(slices.Values(patients), func(a, b *patient) int { return a.id.compare(b.id) }),
		patientByID: make(map[uuid]*patient, len(patients)),
		named:       map[uuid]*named{},
		byID:        make(map[uuid]*alert, len(alerts)),
		byDay:       map[day][]*alert{},
		journal:     journal,
	}
	for _, p := range s.patients {
		s.patientByID[p.id] = p
		if p.eligible() {
			s.eligible = append(s.eligible, p)
		}
	}
	for _, c := range cohorts {
		for _, n := range slices.Concat([]*named{c.group}, c.programs, c.protocols) {
			s.named[n.id] = n
		}
	}
	for _, a := range alerts {
		s.byID[a.id] = a
		d := dayOf(a.createdAt)
		s.byDay[d] = append(s.byDay[d], a)
	}
	for _, list := range s.byDay {
		slices.SortFunc(list, byAlertID)
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
	a, ok := s.byID[c.Alert]
	if !ok {
		return wireAlert{}, errNotFound("alert")
	}
	if !by.mayUpdate(a) {
		return wireAlert{}, errForbidden()
	}
	at := a.next(now)
	if err := s.journal.write(entry{At: stamp{at}, Change: &c}); err != nil {
		return wireAlert{}, err
	}
	a.apply(c, sourcePage, at)
	return a.wire(), nil
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
	s.byID[a.id] = a
	d := dayOf(a.createdAt)
	list, known := s.byDay[d]
	i, _ := slices.BinarySearchFunc(list, a, byAlertID)
	s.byDay[d] = slices.Insert(list, i, a)
	if !known {
		i, _ = slices.BinarySearchFunc(s.days, d, byRank)
		s.days = slices.Insert(s.days, i, d)
	}
}

// replay does again what a line of the journal says was done.
func (s *store) replay(e entry) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case e.Change != nil:
		a, ok := s.byID[e.Change.Alert]
		if !ok {
			return fmt.Errorf("change of an unknown alert %s", e.Change.Alert)
		}
		a.apply(*e.Change, sourcePage, e.At.Time)
	case e.Arrival != nil:
		w := e.Arrival
		p, ok := s.patientByID[w.UserID]
		if !ok || s.named[w.GroupID] == nil {
			return fmt.Errorf("arrival for an unknown patient %s or group %s", w.UserID, w.GroupID)
		}
		s.add(&alert{
			id:          w.ID,
			patient:     p,
			group:       s.named[w.GroupID],
			program:     s.named[w.ProgramID],
			protocol:    s.named[w.ProtocolID],
			measurement: w.MeasurementID,
			instrument:  w.InstrumentID,
			kind:        w.Type,
			flag:        w.Flag,
			status:      w.Status,
			createdAt:   w.CreatedAt.Time,
			updatedAt:   w.UpdatedAt.Time,
		})
	default:
		return errors.New("neither a change nor an arrival")
	}
	return nil
}

// alertPage is one page of the alerts created from the first to the last day.
func (s *store) alertPage(first, last day, p paging, sign signer) ([]wireAlert, cursors, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return page(s.runs(first, last).sequence(), p, sign)
}

// recordPage is one page of an alert's history.
func (s *store) recordPage(id uuid, p paging, sign signer) ([]wireRecord, cursors, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	a, ok := s.byID[id]
	if !ok {
		return nil, cursors{}, errNotFound("alert")
	}
	return page(sequence[wireRecord]{
		len: len(a.records),
		at:  func(i int) wireRecord { return a.records[i].wire(a.id) },
		key: strconv.Itoa,
		find: func(key string) (int, bool) {
			i, err := strconv.Atoi(key)
			return i, err == nil && i < len(a.records)
		},
	}, p, sign)
}

// each visits every alert, in no order. The visitor must not keep it.
func (s *store) each(visit func(*alert)) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	for _, a := range s.byID {
		visit(a)
	}
}

func (s *store) close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.journal.Close()
}

// runs picks the days asked for. The caller holds mu.
func (s *store) runs(first, last day) alertRuns {
	var r alertRuns
	for _, d := range s.days {
		if first <= d && d <= last {
			r.days = append(r.days, d)
			r.lists = append(r.lists, s.byDay[d])
			r.starts = append(r.starts, r.len)
			r.len += len(s.byDay[d])
		}
	}
	return r
}

// alertRuns is the order alerts are listed in: day after day, but the days
// scrambled, and within a day by id. Any query's order is part of the whole's,
// finding a place costs no scan, and nothing about it resembles time.
type alertRuns struct {
	days   []day
	lists  [][]*alert
	starts []int // where each list begins
	len    int
}

func (r alertRuns) alert(i int) *alert {
	run, found := slices.BinarySearch(r.starts, i)
	if !found {
		run--
	}
	return r.lists[run][i-r.starts[run]]
}

func (r alertRuns) sequence() sequence[wireAlert] {
	return sequence[wireAlert]{
		len: r.len,
		at:  func(i int) wireAlert { return r.alert(i).wire() },
		key: func(i int) string {
			a := r.alert(i)
			return fmt.Sprintf("%d/%s", dayOf(a.createdAt), a.id)
		},
		find: r.find,
	}
}

func (r alertRuns) find(key string) (int, bool) {
	dayText, idText, _ := strings.Cut(key, "/")
	number, err := strconv.Atoi(dayText)
	id, ok := parseUUID(idText)
	if err != nil || !ok {
		return 0, false
	}
	run := slices.Index(r.days, day(number))
	if run < 0 {
		return 0, false
	}
	i, found := slices.BinarySearchFunc(r.lists[run], id, func(a *alert, id uuid) int { return a.id.compare(id) })
	return r.starts[run] + i, found
}

func byAlertID(a, b *alert) int { return a.id.compare(b.id) }

// day is a UTC date, in days since 1970.
type day int64

const secondsPerDay = 24 * 60 * 60

// dayOf holds for midnights, which a query may give, at any time, and for
// anything else since 1970.
func dayOf(t time.Time) day { return day(t.Unix() / secondsPerDay) }

// rank scrambles days, always in the same way (the finaliser of SplitMix64).
func (d day) rank() uint64 {
	x := uint64(d)
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

func byRank(a, b day) int { return cmp.Compare(a.rank(), b.rank()) }
