package sandbox

import (
	"slices"
	"time"
)

// archive keeps alerts and their histories in little memory, some 80 bytes each,
// and without pointers, so that a million cost the garbage collector nothing.
// They are numbered in the order of their addition; nothing is ever removed.
type archive struct {
	alerts  []packed
	records []packedRecord
	traits  interner[traits]
	users   interner[uuid]
	deeds   interner[deed]
}

// packed is an alert in the archive.
type packed struct {
	id          uuid
	measurement uuid
	createdAt   seconds
	updatedAt   seconds
	processedAt seconds
	escalatedAt seconds
	patient     uint32 // its place in the list of patients
	traits      uint32
	newest      uint32 // record, counted from 1; 0 is none
	processedBy uint16 // user; the sandbox has far fewer
	escalatedBy uint16
}

// packedRecord is an information record in the archive.
type packedRecord struct {
	at     seconds
	deed   uint32
	before uint32 // the same alert's record before this one, counted from 1; 0 is none
}

// seconds is a time in whole seconds since 1970. 0 is no time.
type seconds uint32

func secondsOf(t time.Time) seconds {
	if t.IsZero() {
		return 0
	}
	return seconds(t.Unix())
}

func (s seconds) time() time.Time {
	if s == 0 {
		return time.Time{}
	}
	return time.Unix(int64(s), 0).UTC()
}

// add takes in an alert with its records and gives its number.
func (ar *archive) add(a *alert) uint32 {
	i := uint32(len(ar.alerts))
	ar.alerts = append(ar.alerts, packed{})
	ar.put(i, a)
	return i
}

// put replaces an alert and adds its records to those kept before.
func (ar *archive) put(i uint32, a *alert) {
	newest := ar.alerts[i].newest
	for _, r := range a.records {
		ar.records = append(ar.records, packedRecord{
			at:     secondsOf(r.at),
			deed:   ar.deeds.number(r.deed),
			before: newest,
		})
		newest = uint32(len(ar.records))
	}
	ar.alerts[i] = packed{
		id:          a.id,
		measurement: a.measurement,
		createdAt:   secondsOf(a.createdAt),
		updatedAt:   secondsOf(a.updatedAt),
		processedAt: secondsOf(a.processedAt),
		escalatedAt: secondsOf(a.escalatedAt),
		patient:     a.patient.place,
		traits:      ar.traits.number(a.traits),
		newest:      newest,
		processedBy: uint16(ar.users.number(a.processedBy)),
		escalatedBy: uint16(ar.users.number(a.escalatedBy)),
	}
}

// alert is the alert of a number, without its records.
func (ar *archive) alert(i uint32, patients []*patient) alert {
	p := &ar.alerts[i]
	return alert{
		id:          p.id,
		patient:     patients[p.patient],
		traits:      ar.traits.values[p.traits],
		measurement: p.measurement,
		processedAt: p.processedAt.time(),
		processedBy: ar.users.values[p.processedBy],
		escalatedAt: p.escalatedAt.time(),
		escalatedBy: ar.users.values[p.escalatedBy],
		createdAt:   p.createdAt.time(),
		updatedAt:   p.updatedAt.time(),
	}
}

// history is the records of the alert of a number, oldest first.
func (ar *archive) history(i uint32) []record {
	var list []record
	for n := ar.alerts[i].newest; n != 0; {
		r := ar.records[n-1]
		list = append(list, record{deed: ar.deeds.values[r.deed], at: r.at.time()})
		n = r.before
	}
	slices.Reverse(list)
	return list
}

// lastDeed is the newest of an alert's with that action; empty if there is none.
func (ar *archive) lastDeed(i uint32, action string) deed {
	for n := ar.alerts[i].newest; n != 0; n = ar.records[n-1].before {
		if d := ar.deeds.values[ar.records[n-1].deed]; d.action == action {
			return d
		}
	}
	return deed{}
}

// interner keeps each value once and gives it a number.
type interner[T comparable] struct {
	numbers map[T]uint32
	values  []T
}

func (n *interner[T]) number(v T) uint32 {
	i, known := n.numbers[v]
	if !known {
		if n.numbers == nil {
			n.numbers = map[T]uint32{}
		}
		i = uint32(len(n.values))
		n.numbers[v] = i
		n.values = append(n.values, v)
	}
	return i
}
