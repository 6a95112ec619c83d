package sandbox

import (
	"context"
	"encoding/binary"
	"net/http"
	"time"
)

// disorder is what is wrong with one page of a listing, or with one alert shown.
// The zero value is nothing.
type disorder struct {
	shift        int // by which the page begins too late; negative: too early
	repeatCursor bool
	expiry       *expiry // nil: cursors don't expire
	unknown      float64 // the share of alerts that show what no page knows
}

// expiry is how cursors expire.
type expiry struct {
	now        time.Time
	serial     uint64        // of the request
	ttl        time.Duration // 0: unlimited
	spent      bool          // the request's cursor was used too often
	badRequest bool          // it is refused with 400
}

type disorderKey struct{}

// of puts the disorder into a request.
func (d disorder) of(r *http.Request) *http.Request {
	if d == (disorder{}) {
		return r
	}
	return r.WithContext(context.WithValue(r.Context(), disorderKey{}, d))
}

// disorderOf is the disorder put into a request.
func disorderOf(r *http.Request) disorder {
	d, _ := r.Context().Value(disorderKey{}).(disorder)
	return d
}

// begin is where a page begins that ought to begin at place i of so many. It
// gives back no more than half a page, so that who follows the cursors gets on.
func (d disorder) begin(i, perPage, length int) int {
	return min(max(i+d.shift, i-perPage/2, 0), length)
}

// stamp completes what a new cursor says.
func (d disorder) stamp(at place) place {
	if d.expiry != nil {
		at.issued, at.serial = d.expiry.now.UnixNano(), d.expiry.serial
	}
	return at
}

// expired reports whether a cursor has expired. Those given while none did
// never do, except by their uses.
func (d disorder) expired(at place) bool {
	e := d.expiry
	if e == nil {
		return false
	}
	return e.spent || e.ttl > 0 && at.issued != 0 && e.now.Sub(time.Unix(0, at.issued)) > e.ttl
}

// disguise makes an alert show a flag, type or status that the reference page
// doesn't know, if it belongs to that share of all: always the same alerts, and
// always the same way. The status only until somebody acts on it, so that what
// a PUT brings about is seen.
func (w *wireAlert) disguise(share float64) {
	draw := scramble(binary.BigEndian.Uint64(w.ID[8:]))
	if float64(draw>>11)/(1<<53) >= share {
		return
	}
	switch draw % 3 {
	case 0:
		w.Flag = "violet"
	case 1:
		w.Type = "symptom"
	default:
		if w.Status == statusOpen && w.UpdatedAt == w.CreatedAt {
			w.Status = "snoozed"
		}
	}
}
