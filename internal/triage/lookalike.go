package triage

import (
	"hash/maphash"
	"slices"
	"strings"
)

// leastForAnEdit is how many letters a name has to have for one letter's
// difference to count as similar; ours. Among shorter ones nearly all would be.
const leastForAnEdit = 5

// LookAlikes knows which of some patients could be taken for one another by
// their names (R10). The definition is ours. Names are compared as a hurried eye
// reads them: without case, accents, blanks, hyphens and other signs, with their
// prefixes ("van der"). Two patients look alike if
//
//   - their full names are equal, or
//   - both have at least five letters and are one edit apart: a letter more, less
//     or different, or two neighbours swapped, or
//   - they share the last name, and one's first name begins with the other's, as
//     an initial does. A first name that isn't given begins every other.
//
// Nobody looks like themselves, and a patient without a name like nobody.
//
// It grows and shrinks by single patients, each at a cost that depends on the
// length of the name and on how many look like it, not on how many there are. It
// isn't safe for concurrent use.
type LookAlikes struct {
	seed   maphash.Seed
	of     map[PatientID]*bearers
	byName map[foldedName]*bearers
	// Where to look for names that may be near; each hit is then compared.
	index   map[uint64][]*bearers
	changed map[PatientID]bool // who was marked before the first change that isn't told yet
}

// bearers are the patients of one name.
type bearers struct {
	foldedName
	ids  []PatientID
	near []*bearers // others that look alike
}

// foldedName is a name as it is compared. last has the prefix before it.
type foldedName struct{ first, last string }

func (n foldedName) full() string { return n.first + n.last }

// NewLookAlikes begins with nobody.
func NewLookAlikes() *LookAlikes {
	return &LookAlikes{
		seed: maphash.MakeSeed(), of: map[PatientID]*bearers{}, byName: map[foldedName]*bearers{},
		index: map[uint64][]*bearers{}, changed: map[PatientID]bool{},
	}
}

// Like is how many of the other patients a patient looks like.
func (l *LookAlikes) Like(id PatientID) int {
	own, ok := l.of[id]
	if !ok {
		return 0
	}
	return own.count()
}

func (b *bearers) count() int {
	n := len(b.ids) - 1
	for _, other := range b.near {
		n += len(other.ids)
	}
	return n
}

// Put adds a patient, or changes the name.
func (l *LookAlikes) Put(id PatientID, p Patient) {
	name := foldedName{Fold(p.FirstName), Fold(p.MiddleName + p.LastName)}
	if own, ok := l.of[id]; ok && own.foldedName == name {
		return
	}
	l.Remove(id)
	if name.full() == "" {
		return
	}
	own, ok := l.byName[name]
	if !ok {
		own = &bearers{foldedName: name}
		l.byName[name] = own
		l.enter(own)
	}
	l.touch(own)
	l.note(id, false)
	own.ids = append(own.ids, id)
	l.of[id] = own
}

// Remove takes a patient out, if there.
func (l *LookAlikes) Remove(id PatientID) {
	own, ok := l.of[id]
	if !ok {
		return
	}
	l.touch(own)
	l.note(id, own.count() > 0)
	delete(l.of, id)
	own.ids = without(own.ids, id)
	if len(own.ids) == 0 {
		l.leave(own)
	}
}

// Changed is who looks like somebody now and looked like nobody when it was asked
// last, and the other way round.
func (l *LookAlikes) Changed() map[PatientID]bool {
	out := map[PatientID]bool{}
	for id, was := range l.changed {
		if is := l.Like(id) > 0; is != was {
			out[id] = true
		}
	}
	clear(l.changed)
	return out
}

// touch notes who was marked, before one of these bearers comes or goes. Whoever
// looks like several stays marked whichever it is.
func (l *LookAlikes) touch(b *bearers) {
	for _, group := range append([]*bearers{b}, b.near...) {
		if n := group.count(); n <= 1 {
			for _, id := range group.ids {
				l.note(id, n > 0)
			}
		}
	}
}

// note keeps whether a patient was marked, unless an earlier change did.
func (l *LookAlikes) note(id PatientID, was bool) {
	if _, ok := l.changed[id]; !ok {
		l.changed[id] = was
	}
}

// enter finds what is near a new name, and makes it be found.
func (l *LookAlikes) enter(b *bearers) {
	look, found := l.keys(b.foldedName)
	for _, key := range look {
		for _, other := range l.index[key] {
			if other.looksLike(b.foldedName) && !slices.Contains(b.near, other) {
				b.near = append(b.near, other)
				other.near = append(other.near, b)
			}
		}
	}
	for _, key := range found {
		l.index[key] = append(l.index[key], b)
	}
}

// leave undoes enter.
func (l *LookAlikes) leave(b *bearers) {
	for _, other := range b.near {
		other.near = without(other.near, b)
	}
	_, found := l.keys(b.foldedName)
	for _, key := range found {
		if rest := without(l.index[key], b); len(rest) > 0 {
			l.index[key] = rest
		} else {
			delete(l.index, key)
		}
	}
	delete(l.byName, b.foldedName)
}

// keys are those under which to look for names near this one, and those under
// which it is found itself. Two names one edit apart have in common one of the
// texts that are left when at most one letter is taken out of each. For first
// names, a name is found under all its beginnings by those that are one of them,
// and under the whole of it by those that begin with it.
func (l *LookAlikes) keys(n foldedName) (look, found []uint64) {
	full := n.full()
	both := []uint64{l.key("edit", full)}
	if letters := []rune(full); len(letters) >= leastForAnEdit {
		for i, r := range letters {
			if i == 0 || r != letters[i-1] { // of "ll" it is the same whichever goes
				both = append(both, l.key("edit", string(letters[:i])+string(letters[i+1:])))
			}
		}
	}
	look, found = both, slices.Clone(both)
	if n.last == "" {
		return look, found
	}
	for i := range len(n.first) + 1 {
		begin := l.key("begins", n.last, n.first[:i])
		look, found = append(look, l.key("is", n.last, n.first[:i])), append(found, begin)
	}
	return append(look, l.key("begins", n.last, n.first)), append(found, l.key("is", n.last, n.first))
}

func (l *LookAlikes) key(parts ...string) uint64 {
	var h maphash.Hash
	h.SetSeed(l.seed)
	for _, part := range parts {
		_, _ = h.WriteString(part) // it never fails
		_ = h.WriteByte(0)
	}
	return h.Sum64()
}

// looksLike is the definition.
func (n foldedName) looksLike(m foldedName) bool {
	if n.last != "" && n.last == m.last && (strings.HasPrefix(n.first, m.first) || strings.HasPrefix(m.first, n.first)) {
		return true
	}
	a, b := []rune(n.full()), []rune(m.full())
	if len(a) < leastForAnEdit || len(b) < leastForAnEdit {
		return string(a) == string(b)
	}
	return withinOneEdit(a, b)
}

// withinOneEdit reports whether two texts differ by at most one letter more, less
// or different, or by two neighbours swapped.
func withinOneEdit(a, b []rune) bool {
	if len(a) > len(b) {
		a, b = b, a
	}
	i := 0
	for i < len(a) && a[i] == b[i] {
		i++
	}
	switch len(b) - len(a) {
	case 0:
		return i == len(a) || slices.Equal(a[i+1:], b[i+1:]) ||
			i+1 < len(a) && a[i] == b[i+1] && a[i+1] == b[i] && slices.Equal(a[i+2:], b[i+2:])
	case 1:
		return slices.Equal(a[i:], b[i+1:])
	}
	return false
}

// without is the list without one element, in no order.
func without[T comparable](list []T, one T) []T {
	i := slices.Index(list, one)
	if i < 0 {
		return list
	}
	list[i] = list[len(list)-1]
	clear(list[len(list)-1:])
	return list[:len(list)-1]
}
