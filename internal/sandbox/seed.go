package sandbox

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"hash/fnv"
	"math/rand/v2"
)

// seed is what everything invented follows from.
type seed uint64

// stream is the random numbers of one purpose. Purposes don't influence each
// other: another number of alerts leaves the patients as they are.
func (s seed) stream(purpose string) *rand.Rand {
	h := fnv.New64a()
	h.Write([]byte(purpose))
	return rand.New(rand.NewPCG(uint64(s), h.Sum64()))
}

// about is the random numbers of one purpose for somebody on a day: what is made
// of them can be made again whenever it is asked for, and needs no memory.
func (s seed) about(purpose string, id uuid, d day) *rand.Rand {
	h := fnv.New64a()
	h.Write([]byte(purpose))
	first, second := binary.BigEndian.Uint64(id[:8]), binary.BigEndian.Uint64(id[8:])
	return rand.New(rand.NewPCG(uint64(s)^h.Sum64()^first, second^scramble(uint64(d)+1)))
}

// id is the identifier of the one thing of that purpose.
func (s seed) id(purpose string) uuid { return newUUID(s.stream(purpose)) }

// oneOf picks an element, all alike.
func oneOf[T any](rng *rand.Rand, from []T) T { return from[rng.IntN(len(from))] }

// chance is true in that share of cases.
func chance(rng *rand.Rand, share float64) bool { return rng.Float64() < share }

// uuid is an identifier. The zero value stands for none, null in JSON.
type uuid [16]byte

// newUUID draws a random (version 4) identifier.
func newUUID(rng *rand.Rand) uuid {
	var u uuid
	binary.BigEndian.PutUint64(u[:8], rng.Uint64())
	binary.BigEndian.PutUint64(u[8:], rng.Uint64())
	u[6] = u[6]&0x0f | 0x40
	u[8] = u[8]&0x3f | 0x80
	return u
}

// parseUUID reads the 36 characters of an identifier; false for anything else.
func parseUUID(text string) (uuid, bool) {
	var u uuid
	if len(text) != 36 || text[8] != '-' || text[13] != '-' || text[18] != '-' || text[23] != '-' {
		return u, false
	}
	_, err := hex.Decode(u[:], []byte(text[:8]+text[9:13]+text[14:18]+text[19:23]+text[24:]))
	return u, err == nil
}

// String is the identifier's 36 characters.
func (u uuid) String() string { return string(u.append(nil)) }

func (u uuid) append(text []byte) []byte {
	for i, part := range [...][]byte{u[:4], u[4:6], u[6:8], u[8:10], u[10:]} {
		if i > 0 {
			text = append(text, '-')
		}
		text = hex.AppendEncode(text, part)
	}
	return text
}

func (u uuid) compare(v uuid) int { return bytes.Compare(u[:], v[:]) }

// MarshalJSON gives null for the zero identifier.
func (u uuid) MarshalJSON() ([]byte, error) {
	return u.appendJSON(nil), nil
}

func (u uuid) appendJSON(data []byte) []byte {
	if u == (uuid{}) {
		return append(data, "null"...)
	}
	return append(u.append(append(data, '"')), '"')
}

// UnmarshalJSON reads what MarshalJSON gives.
func (u *uuid) UnmarshalJSON(data []byte) error {
	var text *string
	if err := json.Unmarshal(data, &text); err != nil {
		return err
	}
	if text == nil {
		*u = uuid{}
		return nil
	}
	read, ok := parseUUID(*text)
	if !ok {
		return fmt.Errorf("%q is no UUID", *text)
	}
	*u = read
	return nil
}
