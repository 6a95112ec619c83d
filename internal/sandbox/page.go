package sandbox

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"net/http"
	"strconv"
)

const (
	defaultPerPage = 50
	maxPerPage     = 200
)

// paging is which page is asked for.
type paging struct {
	scope   string // the query a cursor belongs to: the resource and its filters, not perPage
	cursor  string // empty: the first page
	perPage int
	disorder
}

// newPaging reads cursor and perPage.
func newPaging(scope string, r *http.Request) (paging, error) {
	query := r.URL.Query()
	p := paging{scope: scope, cursor: query.Get("cursor"), perPage: defaultPerPage, disorder: disorderOf(r)}
	if !query.Has("perPage") {
		return p, nil
	}
	n, err := strconv.Atoi(query.Get("perPage"))
	if err != nil || n < 1 || n > maxPerPage {
		return p, errValidation("perPage", "The perPage must be an integer between 1 and 200.")
	}
	p.perPage = n
	return p, nil
}

// sequence is a list in a fixed order in which each place has a key of its own.
// Elements may be added anywhere but don't move and don't vanish.
type sequence[T any] struct {
	len  int
	at   func(i int) T
	key  func(i int) string
	find func(key string) (i int, ok bool)
}

// cursors are the way on and the way back; nil at either end.
type cursors struct {
	Next *string `json:"nextCursor"`
	Prev *string `json:"prevCursor"`
}

// page cuts one page out of a sequence. A cursor names the element it stands
// beside, so what is added meanwhile neither repeats nor skips anything that
// was there before.
func page[T any](seq sequence[T], p paging, sign signer) ([]T, cursors, error) {
	from, to := 0, min(p.perPage, seq.len)
	if p.cursor != "" {
		at, ok := sign.open(p.scope, p.cursor)
		var i int
		if ok {
			i, ok = seq.find(at.key)
		}
		switch {
		case !ok:
			return nil, cursors{}, errValidation("cursor", "The cursor does not belong to this query.")
		case p.expired(at):
			return nil, cursors{}, errExpired(p.expiry.badRequest)
		case at.back:
			from, to = max(i-p.perPage, 0), i
		default:
			from = p.begin(i+1, p.perPage, seq.len)
			to = min(from+p.perPage, seq.len)
		}
	}
	items := make([]T, 0, to-from)
	for i := from; i < to; i++ {
		items = append(items, seq.at(i))
	}
	var c cursors
	if from < to && to < seq.len {
		next := sign.seal(p.scope, p.stamp(place{key: seq.key(to - 1)}))
		c.Next = &next
	}
	if from < to && from > 0 {
		prev := sign.seal(p.scope, p.stamp(place{back: true, key: seq.key(from)}))
		c.Prev = &prev
	}
	if p.repeatCursor && p.cursor != "" {
		c.Next = &p.cursor
	}
	return items, c, nil
}

// signer makes cursors nobody else can make and ties each to its query. The
// same seed makes the same cursors, so they outlive a restart.
type signer struct{ secret []byte }

func newSigner(s seed) signer {
	return signer{secret: binary.BigEndian.AppendUint64(nil, s.stream("cursors").Uint64())}
}

// macLen is how much of the MAC a cursor carries.
const macLen = 8

// place is what a cursor says.
type place struct {
	back   bool
	key    string // of the element it stands beside; without a space
	issued int64  // in Unix nanoseconds; 0 unless cursors expire
	serial uint64 // makes it differ from all others; 0 unless they expire
}

func (s signer) seal(scope string, at place) string {
	payload := fmt.Sprintf("%t %d %d %s", at.back, at.issued, at.serial, at.key)
	return base64.RawURLEncoding.EncodeToString(append(s.mac(scope, payload), payload...))
}

func (s signer) open(scope, cursor string) (place, bool) {
	raw, err := base64.RawURLEncoding.DecodeString(cursor)
	if err != nil || len(raw) <= macLen {
		return place{}, false
	}
	payload := string(raw[macLen:])
	if !hmac.Equal(raw[:macLen], s.mac(scope, payload)) {
		return place{}, false
	}
	var at place
	_, err = fmt.Sscan(payload, &at.back, &at.issued, &at.serial, &at.key)
	return at, err == nil
}

func (s signer) mac(scope, payload string) []byte {
	h := hmac.New(sha256.New, s.secret)
	h.Write([]byte(scope))
	h.Write([]byte{0})
	h.Write([]byte(payload))
	return h.Sum(nil)[:macLen]
}
