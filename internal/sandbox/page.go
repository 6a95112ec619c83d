package sandbox

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"net/url"
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
}

// newPaging reads cursor and perPage.
func newPaging(scope string, query url.Values) (paging, error) {
	p := paging{scope: scope, cursor: query.Get("cursor"), perPage: defaultPerPage}
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
		back, key, ok := sign.open(p.scope, p.cursor)
		var i int
		if ok {
			i, ok = seq.find(key)
		}
		switch {
		case !ok:
			return nil, cursors{}, errValidation("cursor", "The cursor does not belong to this query.")
		case back:
			from, to = max(i-p.perPage, 0), i
		default:
			from, to = i+1, min(i+1+p.perPage, seq.len)
		}
	}
	items := make([]T, 0, to-from)
	for i := from; i < to; i++ {
		items = append(items, seq.at(i))
	}
	var c cursors
	if from < to && to < seq.len {
		next := sign.seal(p.scope, false, seq.key(to-1))
		c.Next = &next
	}
	if from < to && from > 0 {
		prev := sign.seal(p.scope, true, seq.key(from))
		c.Prev = &prev
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

func (s signer) seal(scope string, back bool, key string) string {
	direction := "n"
	if back {
		direction = "p"
	}
	payload := direction + key
	return base64.RawURLEncoding.EncodeToString(append(s.mac(scope, payload), payload...))
}

func (s signer) open(scope, cursor string) (back bool, key string, ok bool) {
	raw, err := base64.RawURLEncoding.DecodeString(cursor)
	if err != nil || len(raw) <= macLen {
		return false, "", false
	}
	payload := string(raw[macLen:])
	if !hmac.Equal(raw[:macLen], s.mac(scope, payload)) {
		return false, "", false
	}
	return payload[0] == 'p', payload[1:], true
}

func (s signer) mac(scope, payload string) []byte {
	h := hmac.New(sha256.New, s.secret)
	h.Write([]byte(scope))
	h.Write([]byte{0})
	h.Write([]byte(payload))
	return h.Sum(nil)[:macLen]
}
