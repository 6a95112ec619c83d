package audit_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"iter"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"triageboard/internal/audit"
)

// plainly stands for a sealer: what it made can be told, and isn't what went in.
type plainly struct{}

func (plainly) Seal(plain []byte, purpose string) []byte {
	out := []byte(purpose + ":")
	for _, b := range plain {
		out = append(out, b^0xff)
	}
	return out
}

func key(b byte) []byte { return bytes.Repeat([]byte{b}, 32) }

func newChain(t *testing.T, keys ...[]byte) *audit.Chain {
	t.Helper()
	if keys == nil {
		keys = [][]byte{key(1)}
	}
	c, err := audit.NewChain(keys, plainly{})
	require.NoError(t, err)
	return c
}

var at = time.Date(2026, 11, 22, 9, 30, 0, 123456000, time.UTC)

func event(n int) audit.Event {
	return audit.Event{
		At: at.Add(time.Duration(n) * time.Second), Action: audit.AlertShown, Outcome: audit.Done, User: "h-1", Role: "HC_PRIMARY",
		Organisation: "board.test", AccessPoint: "https://board.test/alerts/{id}", Patient: fmt.Sprint("p-", n),
		Object: audit.Object{Kind: audit.KindAlert, ID: fmt.Sprint("a-", n)},
		Basis:  audit.Basis{Rule: audit.ByRoleAndGroup, Groups: []string{"g-1"}}, RequestID: fmt.Sprint("r-", n),
	}
}

// linked is a chain of n records.
func linked(t *testing.T, c *audit.Chain, n int) ([]audit.Record, audit.Head) {
	t.Helper()
	var records []audit.Record
	var head audit.Head
	for i := range n {
		more, next, err := c.Link(head, event(i))
		require.NoError(t, err)
		records, head = append(records, more...), next
	}
	return records, head
}

func each(records []audit.Record) iter.Seq2[audit.Record, error] {
	return func(yield func(audit.Record, error) bool) {
		for _, r := range records {
			if !yield(r, nil) {
				return
			}
		}
	}
}

// R19: a record holds everything of its event, and nothing that names a person.
func TestARecordHoldsItsEvent(t *testing.T) {
	e := event(1)
	e.Details = audit.Details{Was: "open", Is: "processed", View: "open", Rows: 2, Total: 3, Patients: []string{"p-2", "p-3"}, Reason: "busy", Undo: true, ReopenedSoon: true}
	secret := e
	secret.Private = audit.Private{Note: "Called mrs Berg", Category: "Visit", Terms: "Berg", Email: "a@b.test", Asked: "Berg"}
	records, head, err := newChain(t).Link(audit.Head{}, secret)
	require.NoError(t, err)
	require.Len(t, records, 1)
	got, err := records[0].Event()
	require.NoError(t, err)
	assert.Equal(t, e, got)
	assert.Equal(t, []string{"p-1", "p-2", "p-3"}, got.Patients())
	assert.Equal(t, audit.Head{Seq: 1, Hash: records[0].Hash}, head)

	var fields map[string]any
	require.NoError(t, json.Unmarshal(records[0].Body, &fields))
	for _, field := range []string{"at", "action", "outcome", "user", "role", "organisation", "access_point", "patient", "object", "basis", "request_id"} {
		assert.Contains(t, fields, field)
	}
	assert.Equal(t, "2026-11-22T09:30:01.123456Z", fields["at"])
	assert.NotEmpty(t, fields["sealed"])
	said := string(records[0].Body) + fmt.Sprint(secret) + fmt.Sprintf("%#v", secret.Private)
	for _, personal := range []string{"Berg", "Visit", "a@b.test"} {
		assert.NotContains(t, said, personal)
	}
}

// Each detail counts by itself: a record with nothing but one of them holds it, and
// one with none has no details at all.
func TestEachDetailIsKept(t *testing.T) {
	for name, d := range map[string]audit.Details{
		"was": {Was: "open"}, "is": {Is: "open"}, "view": {View: "open"}, "rows": {Rows: 1}, "total": {Total: 1}, "patients": {Patients: []string{"p"}},
		"reason": {Reason: "busy"}, "undo": {Undo: true}, "reopened_soon": {ReopenedSoon: true},
	} {
		e := event(1)
		e.Details = d
		records, _, err := newChain(t).Link(audit.Head{}, e)
		require.NoError(t, err)
		assert.Contains(t, string(records[0].Body), `"details":{"`+name+`":`)
		got, err := records[0].Event()
		require.NoError(t, err, name)
		assert.Equal(t, e, got)
	}
	records, _ := linked(t, newChain(t), 1)
	assert.NotContains(t, string(records[0].Body), "details")
	assert.Equal(t, 9, reflect.TypeFor[audit.Details]().NumField(), "each is tested above")
}

func TestTimesAreUTC(t *testing.T) {
	e := event(1)
	e.At = e.At.In(time.FixedZone("", 3600))
	records, _, err := newChain(t).Link(audit.Head{}, e)
	require.NoError(t, err)
	assert.Contains(t, string(records[0].Body), `"at":"2026-11-22T09:30:01.123456Z"`)
}

// R21: whatever a field holds, it stays in that field of that record.
func FuzzNoValueForgesAField(f *testing.F) {
	for _, s := range []string{
		"", "a\nb", "a\x00b", "\r\n{\"audit\":{}}", `","outcome":"done`, "\x1b[2J", "\xff\xfe", "\u2028\u2029", `\u0022`, "é" + strings.Repeat("ü", 600), "<&>",
	} {
		f.Add(s, "x", "y")
		f.Add("x", s, s)
	}
	f.Fuzz(func(t *testing.T, user, id, note string) {
		c := newChain(t)
		e := event(1)
		e.User, e.Object.ID, e.Private.Note = user, id, note
		e.Details.Patients = []string{id, user}
		records, _, err := c.Link(audit.Head{}, e, event(2))
		require.NoError(t, err)

		var out bytes.Buffer
		require.NoError(t, audit.WriteStream(&out, records))
		lines := strings.Split(strings.TrimSuffix(out.String(), "\n"), "\n")
		require.Len(t, lines, 2, "a line for each record")
		for _, line := range lines {
			require.NotContains(t, line, "\x00")
			require.False(t, strings.ContainsFunc(line, func(r rune) bool { return r < ' ' }), "no control character")
		}
		got, err := records[0].Event()
		require.NoError(t, err)
		want := e
		want.User, want.Object.ID, want.Private = got.User, got.Object.ID, audit.Private{}
		want.Details.Patients = []string{got.Object.ID, got.User}
		require.Equal(t, want, got, "no other field moved")
		if len(user) < 1024 {
			require.Equal(t, strings.ToValidUTF8(user, "\uFFFD"), got.User)
		}
		report, err := c.Verify(audit.Trail{Head: audit.Head{Seq: 2, Hash: records[1].Hash}, Records: each(records)}, nil)
		require.NoError(t, err)
		require.True(t, report.OK(), report.Breaks)
	})
}

// Another arrangement of the same bytes is another record.
func TestOnlyTheCanonicalFormIsARecord(t *testing.T) {
	records, _ := linked(t, newChain(t), 1)
	for name, body := range map[string]string{
		"a space":       strings.Replace(string(records[0].Body), ":", ": ", 1),
		"field twice":   strings.Replace(string(records[0].Body), `"user":"h-1"`, `"user":"h-2","user":"h-1"`, 1),
		"unknown field": strings.Replace(string(records[0].Body), `"user":`, `"uzer":"x","user":`, 1),
		"two objects":   string(records[0].Body) + "{}",
	} {
		r := records[0]
		r.Body = []byte(body)
		_, err := r.Event()
		assert.Error(t, err, name)
	}
}

func TestHeadIsReadAsWritten(t *testing.T) {
	_, head := linked(t, newChain(t), 3)
	again, err := audit.ParseHead(head.String())
	require.NoError(t, err)
	assert.Equal(t, head, again)
	for _, wrong := range []string{"", "3", "3:", ":", "x:" + head.Hash.String(), "3:" + head.Hash.String()[2:], "-1:" + head.Hash.String(), "3:zz" + head.Hash.String()[2:]} {
		_, err := audit.ParseHead(wrong)
		assert.Error(t, err, wrong)
	}
}

func TestAChainNeedsAKey(t *testing.T) {
	_, err := audit.NewChain(nil, plainly{})
	require.Error(t, err)
	_, err = audit.NewChain([][]byte{key(1), {1, 2, 3}}, plainly{})
	require.Error(t, err)
}

// However much somebody types, a record stays of a bearable size.
func TestRecordsAreBounded(t *testing.T) {
	much := strings.Repeat("ü", 1<<20)
	records, _, err := newChain(t).Link(audit.Head{}, audit.Event{
		User: much, RequestID: much, Private: audit.Private{Note: much, Category: much, Terms: much, Email: much, Asked: much},
	})
	require.NoError(t, err)
	assert.Less(t, len(records[0].Body), 300<<10)
	got, err := records[0].Event()
	require.NoError(t, err)
	assert.Equal(t, strings.Repeat("ü", 512), got.User)
}
