package trend

import (
	"strings"
	"time"

	"triageboard/internal/triage"
)

// sameMoment is how far the creation times of an alert in the export and on the
// board may lie apart (NOTES.md).
const sameMoment = 2 * time.Second

// Raised is the measurement that raised an alert: the only one whose alert has its
// flag, its type and its creation time. Where two could be meant, or where it could
// as well belong to another of the patient's alerts, there is none.
func Raised(measured []Measurement, a triage.Alert, others []triage.Alert, zone *time.Location) (Measurement, bool) {
	var found Measurement
	n := 0
	for _, m := range measured {
		if !fits(m, a, zone) {
			continue
		}
		found = m
		n++
	}
	if n != 1 {
		return Measurement{}, false
	}
	for _, other := range others {
		if other.ID != a.ID && fits(found, other, zone) {
			return Measurement{}, false
		}
	}
	return found, true
}

// fits reports whether a measurement may have raised the alert.
func fits(m Measurement, a triage.Alert, zone *time.Location) bool {
	if m.AlertAt.IsZero() || a.CreatedAt.IsZero() ||
		!strings.EqualFold(string(m.Flag), string(a.Flag)) || !strings.EqualFold(string(m.Type), string(a.Type)) {
		return false
	}
	for _, at := range readings(m.AlertAt, zone) {
		if at.Sub(a.CreatedAt).Abs() <= sameMoment {
			return true
		}
	}
	return false
}

// readings are the moments a time without a zone can mean: in the hour that a clock
// shows twice there are two.
func readings(t time.Time, zone *time.Location) []time.Time {
	all := []time.Time{t}
	for _, shift := range []time.Duration{-time.Hour, -30 * time.Minute, 30 * time.Minute, time.Hour} {
		if other := t.Add(shift); other.In(zone).Format(time.DateTime) == t.In(zone).Format(time.DateTime) {
			all = append(all, other)
		}
	}
	return all
}
