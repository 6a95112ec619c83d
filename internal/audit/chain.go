package audit

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Hash is what ties a record to the one before it.
type Hash [sha256.Size]byte

// String is the hash in hexadecimal.
func (h Hash) String() string { return hex.EncodeToString(h[:]) }

// Record is one event as it is kept. Hash is the HMAC of all else under the key
// that Key names, Prev the hash of the record before.
type Record struct {
	Seq  uint64 // from 1 on, without gaps
	Key  string // which key: keys are replaced, records stay
	Prev Hash
	Body []byte // the event's canonical encoding, a line of JSON
	Hash Hash
}

// Event is what the record says. What is sealed in it stays so.
func (r Record) Event() (Event, error) {
	b, err := decode(r.Body)
	if err != nil {
		return Event{}, err
	}
	return b.event()
}

// Head is the newest record of a chain; the zero Head is that of an empty one.
type Head struct {
	Seq  uint64
	Hash Hash
}

// String is SEQ:HASH, as ParseHead reads it.
func (h Head) String() string { return strconv.FormatUint(h.Seq, 10) + ":" + h.Hash.String() }

var errHead = errors.New("a head is written SEQ:HASH, as the log shows it")

// ParseHead reads what Head.String wrote.
func ParseHead(s string) (Head, error) {
	number, hash, ok := strings.Cut(s, ":")
	seq, err := strconv.ParseUint(number, 10, 64)
	raw, hexErr := hex.DecodeString(hash)
	if !ok || err != nil || hexErr != nil || len(raw) != sha256.Size {
		return Head{}, errHead
	}
	return Head{seq, Hash(raw)}, nil
}

// Checkpoint says, signed, that the records up to and with Seq were purged
// because they were old enough.
type Checkpoint struct {
	Head
	At  time.Time // to the microsecond
	Key string
	MAC Hash
}

// Chain makes records and checks them. It is safe for concurrent use.
type Chain struct {
	keys   []chainKey // the first makes, all check
	sealer Sealer
}

type chainKey struct {
	id  string
	raw []byte
}

// NewChain takes the keys, the first of which new records are made with, and
// what seals the events' private parts.
func NewChain(keys [][]byte, sealer Sealer) (*Chain, error) {
	if len(keys) == 0 {
		return nil, errors.New("an audit chain needs a key")
	}
	c := &Chain{sealer: sealer}
	for _, raw := range keys {
		if len(raw) < sha256.Size {
			return nil, fmt.Errorf("an audit key has %d bytes, %d are needed", len(raw), sha256.Size)
		}
		id := mac(raw, "key id")
		c.keys = append(c.keys, chainKey{hex.EncodeToString(id[:8]), raw})
	}
	return c, nil
}

// Link makes the records of events that follow head, and the head they lead to.
func (c *Chain) Link(head Head, events ...Event) ([]Record, Head, error) {
	records := make([]Record, 0, len(events))
	for _, e := range events {
		raw, err := encode(head.Seq+1, e, c.sealer)
		if err != nil {
			return nil, Head{}, err
		}
		r := Record{Seq: head.Seq + 1, Key: c.keys[0].id, Prev: head.Hash, Body: raw}
		r.Hash = r.mac(c.keys[0].raw)
		records = append(records, r)
		head = Head{r.Seq, r.Hash}
	}
	return records, head, nil
}

// Checkpoint signs that the records up to and with head are purged at a moment.
func (c *Chain) Checkpoint(head Head, at time.Time) Checkpoint {
	p := Checkpoint{Head: head, At: at.UTC().Truncate(time.Microsecond), Key: c.keys[0].id}
	p.MAC = p.mac(c.keys[0].raw)
	return p
}

// sound reports whether the record is as it was made; known whether its key is
// among ours at all.
func (c *Chain) sound(r Record) (sound, known bool) {
	key, known := c.key(r.Key)
	if !known {
		return false, false
	}
	want := r.mac(key)
	return hmac.Equal(want[:], r.Hash[:]), true
}

func (c *Chain) soundCheckpoint(p Checkpoint) (sound, known bool) {
	key, known := c.key(p.Key)
	if !known {
		return false, false
	}
	want := p.mac(key)
	return hmac.Equal(want[:], p.MAC[:]), true
}

func (c *Chain) key(id string) ([]byte, bool) {
	for _, k := range c.keys {
		if k.id == id {
			return k.raw, true
		}
	}
	return nil, false
}

// mac covers the number through the body, which holds it.
func (r Record) mac(key []byte) Hash {
	return mac(key, "record", r.Key, string(r.Prev[:]), string(r.Body))
}

func (p Checkpoint) mac(key []byte) Hash {
	return mac(key, "checkpoint", p.Key, p.Head.String(), strconv.FormatInt(p.At.UnixMicro(), 10))
}

// mac is the HMAC of parts, each with its length before it, so that no part can
// lend bytes to another.
func mac(key []byte, parts ...string) Hash {
	m := hmac.New(sha256.New, key)
	var length [8]byte
	for _, part := range parts {
		binary.BigEndian.PutUint64(length[:], uint64(len(part)))
		m.Write(length[:])
		m.Write([]byte(part))
	}
	return Hash(m.Sum(nil))
}
