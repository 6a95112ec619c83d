package insight

import (
	"slices"
	"time"

	"triageboard/internal/triage"
)

// fact is what the figures need of an alert, as small as it goes: a million of
// them are looked through for one page. Times are seconds since 1970, 0 for none;
// ids stand in a dictionary.
type fact struct {
	created, processed, escalated uint32
	patient, group                uint32
	processedBy, escalatedBy      uint32
	day                           uint16 // of its creation in the shown zone, since 1970
	hour                          uint8  // likewise
	flag, kind, status            uint8  // places in Flags and Types; see below
}

// The statuses of a fact. Unknown ones belong to the open view.
const (
	isOpen uint8 = iota
	isProcessed
	isEscalated
)

// ids gives each id of some sort a number, and keeps it.
type ids[T ~string] struct {
	numbers map[T]uint32
	of      []T
}

// newIDs gives no id at all the number 0.
func newIDs[T ~string]() *ids[T] { return &ids[T]{numbers: map[T]uint32{"": nobody}, of: []T{""}} }

// nobody is the number of no id.
const nobody = 0

func (d *ids[T]) number(id T) uint32 {
	n, ok := d.numbers[id]
	if !ok {
		n = uint32(len(d.of)) //nolint:gosec // there aren't four thousand million people
		d.numbers[id] = n
		d.of = append(d.of, id)
	}
	return n
}

// words are the dictionaries of all facts.
type words struct {
	patients *ids[triage.PatientID]
	groups   *ids[triage.GroupID]
	people   *ids[triage.HCPID]
}

func newWords() words {
	return words{newIDs[triage.PatientID](), newIDs[triage.GroupID](), newIDs[triage.HCPID]()}
}

const secondsADay = 24 * 60 * 60

// newFact is an alert in short. One whose creation can't be told, or lies outside
// 1970 to 2106, is none.
func (w words) newFact(a triage.Alert, zone *time.Location) (fact, bool) {
	created := seconds(a.CreatedAt)
	if created == 0 {
		return fact{}, false
	}
	local := a.CreatedAt.In(zone)
	_, offset := local.Zone()
	return fact{
		created: created, processed: seconds(a.ProcessedAt), escalated: seconds(a.EscalatedAt),
		patient: w.patients.number(a.Patient), group: w.groups.number(a.Group),
		processedBy: w.people.number(a.ProcessedBy), escalatedBy: w.people.number(a.EscalatedBy),
		day:  uint16((a.CreatedAt.Unix() + int64(offset)) / secondsADay), //nolint:gosec // at most 49,710: it fits in seconds
		hour: uint8(local.Hour()),                                        //nolint:gosec // 0 to 23
		flag: place(Flags[:], a.Flag, 0), kind: place(Types[:], a.Type, len(Types)-1), status: statusOf(a.Status),
	}, true
}

func seconds(t time.Time) uint32 {
	s := t.Unix()
	if t.IsZero() || s <= 0 || s > 1<<32-1 {
		return 0
	}
	return uint32(s)
}

// place is where a value stands among those there are.
func place[T comparable](among []T, value T, otherwise int) uint8 {
	if i := slices.Index(among, value); i >= 0 {
		otherwise = i
	}
	return uint8(otherwise) //nolint:gosec // there are five at most
}

func statusOf(s triage.Status) uint8 {
	switch s.View() {
	case triage.StatusProcessed:
		return isProcessed
	case triage.StatusEscalated:
		return isEscalated
	}
	return isOpen
}

// wait is how long it took somebody to process the alert; false: nobody did, or the
// times can't be right.
func (f *fact) wait() (seconds uint32, ok bool) {
	if f.status != isProcessed || f.processedBy == nobody || f.processed < f.created {
		return 0, false
	}
	return f.processed - f.created, true
}

// shardOf is the part of the facts a creation time belongs to: its day in UTC. It
// never changes, whatever else about an alert does.
func shardOf(created time.Time) int64 { return created.Unix() / secondsADay }
