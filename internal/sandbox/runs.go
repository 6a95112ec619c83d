package sandbox

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// alertRuns is the order alerts are listed in: day after day, but the days
// scrambled, and within a day by id. Any query's order is part of the whole's,
// finding a place costs no scan, and nothing about it resembles time.
type alertRuns struct {
	store  *store
	days   []day
	lists  [][]uint32
	starts []int // where each list begins
	len    int
}

// runs is the alerts created from the first to the last day. The caller holds
// mu as long as it uses them.
func (s *store) runs(first, last day) sequence[wireAlert] {
	r := alertRuns{store: s}
	for _, d := range s.days {
		if first <= d && d <= last {
			r.days = append(r.days, d)
			r.lists = append(r.lists, s.byDay[d])
			r.starts = append(r.starts, r.len)
			r.len += len(s.byDay[d])
		}
	}
	return sequence[wireAlert]{len: r.len, at: r.at, key: r.key, find: r.find}
}

// number is the one in the archive of the alert at a place.
func (r *alertRuns) number(i int) uint32 {
	run, found := slices.BinarySearch(r.starts, i)
	if !found {
		run--
	}
	return r.lists[run][i-r.starts[run]]
}

func (r *alertRuns) at(i int) wireAlert {
	a := r.store.archive.alert(r.number(i), r.store.patients)
	return a.wire()
}

func (r *alertRuns) key(i int) string {
	p := &r.store.archive.alerts[r.number(i)]
	return fmt.Sprintf("%d/%s", dayOf(p.createdAt.time()), p.id)
}

func (r *alertRuns) find(key string) (int, bool) {
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
	i, found := slices.BinarySearchFunc(r.lists[run], id, func(n uint32, id uuid) int { return r.store.archive.alerts[n].id.compare(id) })
	return r.starts[run] + i, found
}

// byID compares two alerts of the archive.
func (ar *archive) byID(i, j uint32) int { return ar.alerts[i].id.compare(ar.alerts[j].id) }

// byCreation compares two alerts of the archive by when they came.
func (ar *archive) byCreation(i, j uint32) int {
	return cmp.Or(cmp.Compare(ar.alerts[i].createdAt, ar.alerts[j].createdAt), cmp.Compare(i, j))
}

// day is a UTC date, in days since 1970.
type day int64

const secondsPerDay = 24 * 60 * 60

// dayOf holds for midnights, which a query may give, at any time, and for
// anything else since 1970.
func dayOf(t time.Time) day { return day(t.Unix() / secondsPerDay) }

// rank scrambles days, always in the same way (the finaliser of SplitMix64).
func (d day) rank() uint64 { return scramble(uint64(d)) }

func byRank(a, b day) int { return cmp.Compare(a.rank(), b.rank()) }

func scramble(x uint64) uint64 {
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}
