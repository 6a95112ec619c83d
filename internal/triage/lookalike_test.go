package triage

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// called is a patient of that name.
func called(first, middle, last string) Patient {
	return Patient{FirstName: first, MiddleName: middle, LastName: last}
}

// R10.
func TestLookAlike(t *testing.T) {
	for name, tt := range map[string]struct {
		a, b Patient
		want bool
	}{
		"the same name":             {called("Joris", "de", "Vries"), called("Joris", "de", "Vries"), true},
		"case":                      {called("Joris", "de", "Vries"), called("JORIS", "De", "VRIES"), true},
		"accents":                   {called("Zoë", "", "Güneş"), called("Zoe", "", "Gunes"), true},
		"letters with a stroke":     {called("Søren", "", "Łukasz"), called("Soren", "", "Lukasz"), true},
		"hyphen and blank":          {called("Anna-Sophie", "", "Smit"), called("Anna Sophie", "", "Smit"), true},
		"an apostrophe":             {called("Mei", "'t", "Hart"), called("Mei", "t", "Hart"), true},
		"parts cut otherwise":       {called("Anna", "Maria", "Bos"), called("Anna Maria", "", "Bos"), true},
		"a short name":              {called("Li", "", "Wu"), called("li", "", "wu"), true},
		"one letter more":           {called("Jan", "", "Janssen"), called("Jan", "", "Jansen"), true},
		"another letter":            {called("Henk", "", "Bakker"), called("Henk", "", "Bekker"), true},
		"neighbours swapped":        {called("Brian", "", "Smit"), called("Brain", "", "Smit"), true},
		"an edit at the end":        {called("Emma", "", "Visse"), called("Emma", "", "Visser"), true},
		"an edit at the beginning":  {called("Karin", "", "Mol"), called("Carin", "", "Mol"), true},
		"an initial":                {called("J.", "de", "Vries"), called("Joris", "de", "Vries"), true},
		"a first name cut short":    {called("Alex", "", "Bos"), called("Alexander", "", "Bos"), true},
		"no first name":             {called("", "de", "Vries"), called("Joris", "de", "Vries"), true},
		"first names of one family": {called("Joris", "de", "Vries"), called("Kees", "de", "Vries"), false},
		"two edits":                 {called("Jan", "", "Janssen"), called("Jon", "", "Jansen"), false},
		"letters apart swapped":     {called("Bart", "", "Molenaar"), called("Bart", "", "Nolemaar"), false},
		"short, one edit":           {called("Bo", "", "Li"), called("Bo", "", "Lu"), false},
		"another prefix":            {called("Joris", "van der", "Berg"), called("Joris", "de", "Berg"), false},
		"an initial, other last":    {called("J.", "de", "Vries"), called("Joris", "", "Vries"), false},
		"the first name alone":      {called("Fatima", "", "El Idrissi"), called("Fatima", "", "Yılmaz"), false},
		"nobody is named":           {called("", "", ""), called("", "", ""), false},
		"a name of signs":           {called("-", "", "."), called("-", "", "."), false},
	} {
		t.Run(name, func(t *testing.T) {
			l := NewLookAlikes()
			l.Put("a", tt.a)
			l.Put("b", tt.b)

			want := 0
			if tt.want {
				want = 1
			}
			assert.Equal(t, want, l.Like("a"))
			assert.Equal(t, want, l.Like("b"))
			assert.Equal(t, 2*want, len(l.Changed()), "who is marked now")
			assert.Empty(t, l.Changed(), "told once")
			l.Remove("a")
			assert.Zero(t, l.Like("a"))
			assert.Zero(t, l.Like("b"))
			assert.Equal(t, 2*want, len(l.Changed()), "who was")
		})
	}
}

// The generator draws from names that nearly are each other.
var anyName = rapid.Custom(func(t *rapid.T) Patient {
	first := rapid.SampledFrom([]string{"", "J", "Jo", "Joris", "Jorsi", "Jóris", "Jors", "Kim"}).Draw(t, "first")
	middle := rapid.SampledFrom([]string{"", "de", "d"}).Draw(t, "middle")
	last := rapid.SampledFrom([]string{"", "Li", "Lu", "Vries", "Vreis", "Fries"}).Draw(t, "last")
	return called(first, middle, last)
})

// Whatever comes, goes and is renamed: who looks like whom is what comparing each
// with each finds, which is symmetric and never oneself; and what is told to have
// changed is what did.
func TestLookAlikesFollowTheBoard(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		l := NewLookAlikes()
		there, marked := map[PatientID]Patient{}, map[PatientID]bool{}
		for range rapid.IntRange(1, 12).Draw(t, "rounds") {
			for range rapid.IntRange(1, 4).Draw(t, "steps") {
				id := PatientID(fmt.Sprint(rapid.IntRange(1, 6).Draw(t, "id")))
				if rapid.Bool().Draw(t, "goes") {
					l.Remove(id)
					delete(there, id)
				} else {
					there[id] = anyName.Draw(t, "name")
					l.Put(id, there[id])
				}
			}
			changed := l.Changed()
			for n := 1; n <= 6; n++ {
				id := PatientID(fmt.Sprint(n))
				require.Equal(t, alike(t, there, id), l.Like(id), "%s of %v", id, there)
				is := l.Like(id) > 0
				require.Equal(t, is != marked[id], changed[id], "%s of %v", id, there)
				marked[id] = is
			}
		}
		for id := range there {
			l.Remove(id)
		}
		require.Empty(t, l.of)
		require.Empty(t, l.byName)
		require.Empty(t, l.index, "nothing is left behind")
	})
}

// alike counts by comparing with each of the others.
func alike(t require.TestingT, there map[PatientID]Patient, id PatientID) (n int) {
	p, ok := there[id]
	if !ok {
		return 0
	}
	name := func(p Patient) foldedName { return foldedName{Fold(p.FirstName), Fold(p.MiddleName + p.LastName)} }
	own := name(p)
	for other, q := range there {
		theirs := name(q)
		if other == id || own.full() == "" || theirs.full() == "" {
			continue
		}
		require.Equal(t, own.looksLike(theirs), theirs.looksLike(own), "symmetric")
		if own.looksLike(theirs) {
			n++
		}
	}
	return n
}

// Ten thousand patients of two hundred first and five hundred last names.
func BenchmarkLookAlikes(b *testing.B) {
	patient := func(i int) Patient {
		return called(fmt.Sprintf("Voornaam%c%c", 'a'+i%14, 'a'+i/14%14), "van der", fmt.Sprintf("Achternaam%d", i*7919%500))
	}
	b.Run("all at once", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			l := NewLookAlikes()
			for i := range 10_000 {
				l.Put(PatientID(fmt.Sprint(i)), patient(i))
			}
			l.Changed()
		}
	})
	b.Run("one comes and goes", func(b *testing.B) {
		l := NewLookAlikes()
		for i := range 10_000 {
			l.Put(PatientID(fmt.Sprint(i)), patient(i))
		}
		l.Changed()
		b.ReportAllocs()
		for b.Loop() {
			l.Put("new", patient(42))
			l.Remove("new")
			l.Changed()
		}
	})
}
