package audit_test

import (
	"errors"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"triageboard/internal/audit"
)

// R21: whatever somebody without the key does to the records is found, and said
// where.
func TestVerify(t *testing.T) {
	c := newChain(t)
	stranger := newChain(t, key(9))
	const n = 8
	genuine, head := linked(t, c, n)
	for name, tc := range map[string]struct {
		spoil func(trail *[]audit.Record, head *audit.Head)
		want  []audit.Break
	}{
		"untouched":                {func(*[]audit.Record, *audit.Head) {}, nil},
		"a body":                   {func(r *[]audit.Record, _ *audit.Head) { (*r)[2].Body[len((*r)[2].Body)-3] ^= 1 }, []audit.Break{{Kind: audit.Altered, First: 3, Last: 3}}},
		"a hash":                   {func(r *[]audit.Record, _ *audit.Head) { (*r)[2].Hash[0] ^= 1 }, []audit.Break{{Kind: audit.Altered, First: 3, Last: 3}}},
		"what it follows":          {func(r *[]audit.Record, _ *audit.Head) { (*r)[2].Prev[0] ^= 1 }, []audit.Break{{Kind: audit.Altered, First: 3, Last: 3}}},
		"the last's hash":          {func(r *[]audit.Record, _ *audit.Head) { (*r)[n-1].Hash[0] ^= 1 }, []audit.Break{{Kind: audit.Altered, First: n, Last: n}}},
		"its key":                  {func(r *[]audit.Record, _ *audit.Head) { (*r)[2].Key = "0000" }, []audit.Break{{Kind: audit.UnknownKey, First: 3, Last: 3}}},
		"one gone":                 {func(r *[]audit.Record, _ *audit.Head) { *r = slices.Delete(*r, 3, 4) }, []audit.Break{{Kind: audit.Missing, First: 4, Last: 4}}},
		"the first three gone":     {func(r *[]audit.Record, _ *audit.Head) { *r = slices.Delete(*r, 0, 3) }, []audit.Break{{Kind: audit.Missing, First: 1, Last: 3}}},
		"the last two gone":        {func(r *[]audit.Record, _ *audit.Head) { *r = (*r)[:n-2] }, []audit.Break{{Kind: audit.CutOff, First: n - 1, Last: n}}},
		"all gone":                 {func(r *[]audit.Record, _ *audit.Head) { *r = nil }, []audit.Break{{Kind: audit.CutOff, First: 1, Last: n}}},
		"two in each other's rows": {swapRows, []audit.Break{{Kind: audit.Reordered, First: 3, Last: 3}, {Kind: audit.Reordered, First: 5, Last: 5}}},
		"out of order": {func(r *[]audit.Record, _ *audit.Head) { (*r)[2], (*r)[3] = (*r)[3], (*r)[2] }, []audit.Break{
			{Kind: audit.Missing, First: 3, Last: 3}, {Kind: audit.Reordered, First: 3, Last: 3},
		}},
		"one gone, the rest renumbered": {func(r *[]audit.Record, _ *audit.Head) {
			*r = slices.Delete(*r, 5, 6)
			for i := 5; i < len(*r); i++ {
				(*r)[i].Seq--
			}
		}, []audit.Break{{Kind: audit.Reordered, First: 6, Last: 6}, {Kind: audit.Reordered, First: 7, Last: 7}, {Kind: audit.CutOff, First: 8, Last: 8}}},
		"one made by another's key": {func(r *[]audit.Record, _ *audit.Head) {
			made, _, err := stranger.Link(audit.Head{Seq: 3, Hash: (*r)[2].Hash}, event(99))
			require.NoError(t, err)
			(*r)[3] = made[0]
		}, []audit.Break{{Kind: audit.UnknownKey, First: 4, Last: 4}}},
		"one made by another's key, claiming ours": {func(r *[]audit.Record, _ *audit.Head) {
			made, _, err := stranger.Link(audit.Head{Seq: 3, Hash: (*r)[2].Hash}, event(99))
			require.NoError(t, err)
			made[0].Key = (*r)[3].Key
			(*r)[3] = made[0]
		}, []audit.Break{{Kind: audit.Altered, First: 4, Last: 4}}},
		"a history that went another way": {func(r *[]audit.Record, _ *audit.Head) {
			other, _, err := c.Link(audit.Head{Seq: 3, Hash: (*r)[2].Hash}, event(99))
			require.NoError(t, err)
			(*r)[3] = other[0]
		}, []audit.Break{{Kind: audit.Altered, First: 4, Last: 4}}},
		"the head's hash":          {func(_ *[]audit.Record, h *audit.Head) { h.Hash[0] ^= 1 }, []audit.Break{{Kind: audit.HeadAltered, First: n, Last: n}}},
		"the head set back":        {func(r *[]audit.Record, h *audit.Head) { *h = audit.Head{Seq: 2, Hash: (*r)[1].Hash} }, []audit.Break{{Kind: audit.HeadAltered, First: 2, Last: 2}}},
		"nothing there, nor ever":  {func(r *[]audit.Record, h *audit.Head) { *r, *h = nil, audit.Head{} }, nil},
		"records, and a head of 0": {func(_ *[]audit.Record, h *audit.Head) { *h = audit.Head{} }, []audit.Break{{Kind: audit.HeadAltered}}},
	} {
		t.Run(name, func(t *testing.T) {
			records, h := clone(genuine), head
			tc.spoil(&records, &h)
			report, err := c.Verify(audit.Trail{Head: h, Records: each(records)}, nil)
			require.NoError(t, err)
			assert.Equal(t, tc.want, report.Breaks)
			assert.Equal(t, len(tc.want) == 0, report.OK())
			assert.EqualValues(t, len(records), report.Records)
		})
	}
}

// swapRows leaves the numbers of the rows, as a change in the database would.
func swapRows(r *[]audit.Record, _ *audit.Head) {
	a, b := (*r)[2], (*r)[4]
	a.Seq, b.Seq = b.Seq, a.Seq
	(*r)[2], (*r)[4] = b, a
}

func clone(records []audit.Record) []audit.Record {
	out := slices.Clone(records)
	for i := range out {
		out[i].Body = slices.Clone(out[i].Body)
	}
	return out
}

// R21: who can change the database can set its head back, too. The log's head
// tells.
func TestVerifyAgainstTheLog(t *testing.T) {
	c := newChain(t)
	records, head := linked(t, c, 5)
	cut := audit.Trail{Head: audit.Head{Seq: 3, Hash: records[2].Hash}, Records: each(records[:3])}
	report, err := c.Verify(cut, nil)
	require.NoError(t, err)
	assert.True(t, report.OK(), "without the log's head nothing can be told")
	report, err = c.Verify(cut, &head)
	require.NoError(t, err)
	assert.Equal(t, []audit.Break{{Kind: audit.CutOff, First: 4, Last: 5}}, report.Breaks)

	earlier := audit.Head{Seq: 4, Hash: records[3].Hash}
	report, err = c.Verify(audit.Trail{Head: head, Records: each(records)}, &earlier)
	require.NoError(t, err)
	assert.True(t, report.OK(), "the log may be behind")
	earlier.Hash[5] ^= 1
	report, err = c.Verify(audit.Trail{Head: head, Records: each(records)}, &earlier)
	require.NoError(t, err)
	assert.Equal(t, []audit.Break{{Kind: audit.HeadAltered, First: 4, Last: 4}}, report.Breaks)
}

// The chain survives a change of keys, as long as the old one is given.
func TestVerifyAcrossKeys(t *testing.T) {
	older := newChain(t)
	records, head := linked(t, older, 3)
	both := newChain(t, key(2), key(1))
	more, head, err := both.Link(head, event(3), event(4))
	require.NoError(t, err)
	records = append(records, more...)
	assert.NotEqual(t, records[0].Key, records[4].Key)
	trail := audit.Trail{Head: head, Records: each(records)}
	report, err := both.Verify(trail, nil)
	require.NoError(t, err)
	assert.True(t, report.OK(), report.Breaks)
	report, err = newChain(t, key(2)).Verify(trail, nil)
	require.NoError(t, err)
	assert.Equal(t, audit.Break{Kind: audit.UnknownKey, First: 1, Last: 1}, report.Breaks[0])
	assert.Len(t, report.Breaks, 3)
}

// R21: purging leaves a signed checkpoint.
func TestVerifyBehindACheckpoint(t *testing.T) {
	c := newChain(t)
	records, head := linked(t, c, 6)
	p := c.Checkpoint(audit.Head{Seq: 4, Hash: records[3].Hash}, at)
	verify := func(p *audit.Checkpoint, records []audit.Record, logged *audit.Head) []audit.Break {
		report, err := c.Verify(audit.Trail{Checkpoint: p, Head: head, Records: each(records)}, logged)
		require.NoError(t, err)
		return report.Breaks
	}
	assert.Empty(t, verify(&p, records[4:], nil))
	assert.Empty(t, verify(&p, records[4:], &p.Head), "the log's head may be the last one purged")
	assert.Empty(t, verify(&p, records[4:], &audit.Head{Seq: 1, Hash: records[0].Hash}), "or older")
	assert.Equal(t, []audit.Break{{Kind: audit.Missing, First: 1, Last: 4}}, verify(nil, records[4:], nil), "purged without one")
	assert.Equal(t, []audit.Break{{Kind: audit.Missing, First: 5, Last: 5}}, verify(&p, records[5:], nil), "purged beyond it")

	for name, forge := range map[string]func(p *audit.Checkpoint){
		"seq":  func(p *audit.Checkpoint) { p.Head = audit.Head{Seq: 5, Hash: records[4].Hash} },
		"time": func(p *audit.Checkpoint) { p.At = p.At.AddDate(-1, 0, 0) },
		"mac":  func(p *audit.Checkpoint) { p.MAC[1] ^= 1 },
	} {
		forged := p
		forge(&forged)
		assert.Equal(t, []audit.Break{{Kind: audit.BadCheckpoint, First: forged.Seq, Last: forged.Seq}}, verify(&forged, records[forged.Seq:], nil), name)
	}
	elsewhere := newChain(t, key(7)).Checkpoint(p.Head, at)
	assert.Equal(t, audit.UnknownKey, verify(&elsewhere, records[4:], nil)[0].Kind)
}

func TestVerifyTellsThatItCantRead(t *testing.T) {
	broken := errors.New("disk")
	_, err := newChain(t).Verify(audit.Trail{Records: func(yield func(audit.Record, error) bool) { yield(audit.Record{}, broken) }}, nil)
	assert.ErrorIs(t, err, broken)
}

func TestManyBreaksAreCounted(t *testing.T) {
	c := newChain(t)
	records, head := linked(t, c, 250)
	for i := range records {
		records[i].Hash[0] ^= 1
	}
	report, err := c.Verify(audit.Trail{Head: head, Records: each(records)}, nil)
	require.NoError(t, err)
	assert.Equal(t, 250, len(report.Breaks)+report.More)
	assert.Less(t, len(report.Breaks), 250)
	assert.Equal(t, "record 1: altered", report.Breaks[0].String())
	assert.Equal(t, "records 1 to 3: missing", audit.Break{Kind: audit.Missing, First: 1, Last: 3}.String())
}
