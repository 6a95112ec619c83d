package luscii

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"triageboard/internal/triage"
)

// NOTES: "Case-insensitive aliases; an unknown value is shown as it came, never
// dropped"; "No id but id is ever required"; "Flexible numbers". None of these
// keeps a listing from being complete.
func TestAlertsKeepsOddAlertsAndStaysComplete(t *testing.T) {
	for name, odd := range map[string]struct {
		field, value string
		check        func(*testing.T, triage.Alert)
	}{
		"flag null":           {"flag", `null`, func(t *testing.T, a triage.Alert) { assert.Equal(t, triage.Flag(""), a.Flag) }},
		"flag absent":         {"flag", ``, func(t *testing.T, a triage.Alert) { assert.False(t, a.Flag.Known()) }},
		"flag grey":           {"flag", `"Grey"`, func(t *testing.T, a triage.Alert) { assert.Equal(t, triage.FlagGray, a.Flag) }},
		"flag new":            {"flag", `"Purple"`, func(t *testing.T, a triage.Alert) { assert.Equal(t, triage.Flag("Purple"), a.Flag) }},
		"flag number":         {"flag", `2`, func(t *testing.T, a triage.Alert) { assert.Equal(t, triage.Flag("2"), a.Flag) }},
		"flag object":         {"flag", `{"level":2}`, func(t *testing.T, a triage.Alert) { assert.Equal(t, triage.Flag(`{"level":2}`), a.Flag) }},
		"type of the exports": {"type", `"Measurement"`, func(t *testing.T, a triage.Alert) { assert.Equal(t, triage.TypeMeasurement, a.Type) }},
		"type new":            {"type", `"sos"`, func(t *testing.T, a triage.Alert) { assert.Equal(t, triage.Type("sos"), a.Type) }},
		"type false":          {"type", `false`, func(t *testing.T, a triage.Alert) { assert.Equal(t, triage.Type("false"), a.Type) }},
		"status in capitals":  {"status", `"ESCALATED"`, func(t *testing.T, a triage.Alert) { assert.Equal(t, triage.StatusEscalated, a.Status) }},
		"status new":          {"status", `"snoozed"`, func(t *testing.T, a triage.Alert) { assert.Equal(t, triage.Status("snoozed"), a.Status) }},
		"user absent":         {"userId", ``, func(t *testing.T, a triage.Alert) { assert.Empty(t, a.Patient) }},
		"user number":         {"userId", `4711`, func(t *testing.T, a triage.Alert) { assert.Equal(t, triage.PatientID("4711"), a.Patient) }},
		"group an object":     {"groupId", `{"id":"g"}`, func(t *testing.T, a triage.Alert) { assert.Empty(t, a.Group) }},
		"processedAt odd":     {"processedAt", `"yesterday"`, func(t *testing.T, a triage.Alert) { assert.True(t, a.ProcessedAt.IsZero()) }},
		"escalatedAt a list":  {"escalatedAt", `[]`, func(t *testing.T, a triage.Alert) { assert.True(t, a.EscalatedAt.IsZero()) }},
		"field of tomorrow":   {"severity", `{"score":[1,2]}`, func(*testing.T, triage.Alert) {}},
	} {
		t.Run(name, func(t *testing.T) {
			c := serve(t, always(http.StatusOK, data(row("a", odd.field, odd.value)+","+row("b", "", ""))))
			alerts, err := c.list(t)
			require.NoError(t, err)
			require.Len(t, alerts, 2)
			assert.Equal(t, triage.AlertID("a"), alerts[0].ID)
			odd.check(t, alerts[0])
		})
	}
}

// What the board concludes from must be legible: else the alert is given, and
// the listing ends as partial.
func TestAlertsIsPartialWhereItMatters(t *testing.T) {
	for name, odd := range map[string]struct{ field, value, says string }{
		"createdAt absent":      {"createdAt", ``, "createdAt can't be read"},
		"createdAt null":        {"createdAt", `null`, "createdAt can't be read"},
		"createdAt a number":    {"createdAt", `1742816700`, "createdAt can't be read"},
		"createdAt of no date":  {"createdAt", `"0000-00-00 00:00:00"`, "createdAt can't be read"},
		"updatedAt unreadable":  {"updatedAt", `"soon"`, "updatedAt can't be read"},
		"updatedAt null":        {"updatedAt", `null`, "updatedAt can't be read"},
		"status absent":         {"status", ``, "status can't be read"},
		"status null":           {"status", `null`, "status can't be read"},
		"status empty":          {"status", `" "`, "status can't be read"},
		"status not even words": {"status", `3`, "status can't be read"},
	} {
		t.Run(name, func(t *testing.T) {
			c := serve(t, always(http.StatusOK, data(row("a", odd.field, odd.value)+","+row("b", "", ""))))
			alerts, err := c.list(t)
			assert.Len(t, alerts, 2, "both are given")
			assert.Equal(t, []error{triage.ErrPartial}, kinds(err))
			assert.Contains(t, err.Error(), "1 × "+odd.says)
		})
	}
}

// An alert without id can't be shown or acted on; nothing is concluded either.
func TestAlertsSkipsWhatHasNoID(t *testing.T) {
	for name, bad := range map[string]string{
		"absent": row("", "id", ``), "null": row("", "id", `null`), "empty": row("", "id", `""`),
		"object": row("", "id", `{}`), "element null": `null`, "element text": `"alert"`, "element list": `[]`,
	} {
		t.Run(name, func(t *testing.T) {
			c := serve(t, always(http.StatusOK, data(bad+","+row("b", "", ""))))
			alerts, err := c.list(t)
			require.Len(t, alerts, 1)
			assert.Equal(t, triage.AlertID("b"), alerts[0].ID)
			assert.Equal(t, []error{triage.ErrPartial}, kinds(err))
		})
	}
}

// Whatever stands in an alert's other fields, the alert is given.
func TestNoFieldMakesAnAlertDisappear(t *testing.T) {
	names := []string{
		"userId", "groupId", "protocolId", "programId", "measurementId", "instrumentId", "type", "flag", "status",
		"processedAt", "processedBy", "escalatedAt", "escalatedBy", "createdAt", "updatedAt", "other",
	}
	leaf := rapid.OneOf(
		rapid.Just[any](nil), rapid.Map(rapid.Bool(), func(v bool) any { return v }),
		rapid.Map(rapid.Float64Range(-1e9, 1e9), func(v float64) any { return v }),
		rapid.Map(rapid.String(), func(v string) any { return v }),
		rapid.SampledFrom([]any{"red", "open", "2025-03-24T11:45:00Z", map[string]any{}, []any{}, map[string]any{"id": "x"}}),
	)
	rapid.Check(t, func(t *rapid.T) {
		fields := rapid.MapOf(rapid.SampledFrom(names), leaf).Draw(t, "fields")
		fields["id"] = "the-alert"
		body, err := json.Marshal(map[string]any{"data": []any{fields}})
		if err != nil {
			t.Fatal(err)
		}
		alerts, _ := decodeBody(body, decodeAlert)
		if len(alerts) != 1 || alerts[0].ID != "the-alert" {
			t.Fatalf("the alert disappeared: %s", body)
		}
	})
}

// NOTES: "ISO 8601 with Z; zoneless in exports: accept Z and offsets; zoneless
// times use a configured zone".
func TestParseTime(t *testing.T) {
	utc := func(h, m, s, ns int) time.Time { return time.Date(2024, 5, 2, h, m, s, ns, time.UTC) }
	for raw, want := range map[string]time.Time{
		"2024-05-02T15:08:30Z":           utc(15, 8, 30, 0),
		"2024-05-02T15:08:30.123456789Z": utc(15, 8, 30, 123456789),
		"2024-05-02T15:08:30.5+02:00":    utc(13, 8, 30, 500000000),
		"2024-05-02T15:08:30+0200":       utc(13, 8, 30, 0),
		"2024-05-02T15:08:30-05":         utc(20, 8, 30, 0),
		"2024-05-02T15:08Z":              utc(15, 8, 0, 0),
		"2024-05-02 15:08:30Z":           utc(15, 8, 30, 0),
		" 2024-05-02t15:08:30z ":         utc(15, 8, 30, 0),
	} {
		got, assumed, ok := parseTime(raw, amsterdam)
		assert.True(t, ok, raw)
		assert.False(t, assumed, raw)
		assert.Equal(t, want, got, raw)
	}
	for raw, want := range map[string]time.Time{
		"2024-05-02 15:08:30":     utc(13, 8, 30, 0),
		"2024-05-02T15:08:30.25":  utc(13, 8, 30, 250000000),
		"2024-12-02 15:08:30":     time.Date(2024, 12, 2, 14, 8, 30, 0, time.UTC),
		"2024-05-02T15:08:30,250": utc(13, 8, 30, 250000000),
	} {
		got, assumed, ok := parseTime(raw, amsterdam)
		assert.True(t, ok, raw)
		assert.True(t, assumed, raw)
		assert.Equal(t, want, got, raw)
	}
	for _, raw := range []string{"", "now", "2024-05-02", "02-05-2024 15:08:30", "2024-02-30T00:00:00Z", "1714655310"} {
		_, _, ok := parseTime(raw, amsterdam)
		assert.False(t, ok, raw)
	}
}

// Times of one moment are one moment, whatever their offset.
func TestParseTimeKeepsTheMoment(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		moment := time.Unix(rapid.Int64Range(0, 4e9).Draw(t, "unix"), rapid.Int64Range(0, 999_999_999).Draw(t, "nanoseconds"))
		offset := rapid.IntRange(-14*60, 14*60).Draw(t, "offset") * 60
		got, assumed, ok := parseTime(moment.In(time.FixedZone("", offset)).Format(time.RFC3339Nano), amsterdam)
		if !ok || assumed || !got.Equal(moment) {
			t.Fatalf("%v became %v", moment, got)
		}
	})
}

// A zoneless alert time is taken in the configured zone, and noticed.
func TestAlertsWithZonelessTimes(t *testing.T) {
	c := serve(t, always(http.StatusOK, data(row("a", "createdAt", `"2025-03-24 12:45:00"`))))
	alerts, err := c.list(t)
	require.NoError(t, err)
	assert.Equal(t, at(11, 45, 0), alerts[0].CreatedAt)
	assert.Contains(t, c.log.String(), "createdAt has no zone")
}

// A record of another patient's alert must never stand in this one's history.
func TestRecordsOfAnotherAlertAreNotGiven(t *testing.T) {
	c := serve(t, always(http.StatusOK, data(`{"alertId":"other","action":"process"},{"alertId":"a","action":"process"},{"action":"escalate"}`)))
	records, err := collect(c.Records(t.Context(), "a"))
	assert.Equal(t, []triage.Record{{Action: "process"}, {Action: "escalate"}}, records)
	assert.Equal(t, []error{triage.ErrPartial}, kinds(err))
}

// NOTES: "actionSource …; unknown shown as is"; text stays text (R26).
func TestRecordsKeepTextAsItCame(t *testing.T) {
	c := serve(t, always(http.StatusOK, data(`{"action":7,"actionSource":"Robot","additionalInfo":"<b>=1+1\n","createdAt":"?"},{"action":7}`)))
	records, err := collect(c.Records(t.Context(), "a"))
	require.NoError(t, err, "a record's odd time hides nothing")
	assert.Equal(t, []triage.Record{{Action: "7", Source: "Robot", Note: "<b>=1+1\n"}, {Action: "7"}}, records)
}

// decodeBody reads a body's elements as a listing of one page does.
func decodeBody[T any](body []byte, decode decoder[T]) ([]T, *findings) {
	page, bad := parseEnvelope(body)
	if bad != nil {
		return nil, nil
	}
	found := &findings{errs: page.errs}
	var all []T
	for _, raw := range page.items {
		if o, ok := parseObject(raw); ok {
			if item, ok := decode(fields{object: o, zone: amsterdam, found: found}); ok {
				all = append(all, item)
			}
		} else {
			found.gap("element that is no object")
		}
	}
	return all, found
}

// No body panics, none is dropped silently: an element gives an alert or a gap.
func FuzzDecodeAlerts(f *testing.F) {
	for _, name := range []string{"alerts-list.json", "alerts-list-last.json", "alert-update.json", "patients-list.json", "errors.json"} {
		f.Add([]byte(fixture(f, name)))
	}
	f.Add([]byte(`{"data":[{"id":1,"flag":null},null],"meta":[],"errors":"x"}`))
	f.Add([]byte(`{"data":{},"meta":{"nextCursor":{}}}`))
	f.Add([]byte(strings.Repeat("[", 20_000)))
	f.Fuzz(func(t *testing.T, body []byte) {
		page, bad := parseEnvelope(body)
		if bad != nil {
			return
		}
		alerts, found := decodeBody(body, decodeAlert)
		if len(alerts) < len(page.items) && found.partial(callAlerts) == nil {
			t.Fatalf("%d of %d elements, and no gap", len(alerts), len(page.items))
		}
		for _, a := range alerts {
			if a.ID == "" {
				t.Fatal("an alert without id")
			}
		}
		decodeBody(body, decodePatient)
		firstError(body)
	})
}
