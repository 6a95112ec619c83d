package trend_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"triageboard/internal/trend"
	"triageboard/internal/triage"
)

// Only a unique match counts: patient, flag, type and creation time, give or take two
// seconds (R11).
func TestRaised(t *testing.T) {
	at := time.Date(2026, 11, 23, 11, 3, 45, 0, time.UTC)
	fold := time.Date(2026, 10, 25, 0, 30, 0, 0, time.UTC) // 02:30, the first time
	alert := func(created time.Time, changes ...func(*triage.Alert)) triage.Alert {
		a := triage.Alert{ID: "a", Flag: triage.FlagGray, Type: triage.TypeMeasurement, CreatedAt: created}
		for _, change := range changes {
			change(&a)
		}
		return a
	}
	m := func(value string, alerted time.Time) trend.Measurement {
		return trend.Measurement{At: alerted.Add(-time.Minute), Name: "Heart rate", Value: value, Flag: triage.ParseFlag("Grey"), Type: triage.ParseType("Measurement"), AlertAt: alerted}
	}
	with := func(one trend.Measurement, change func(*trend.Measurement)) trend.Measurement {
		change(&one)
		return one
	}
	for name, test := range map[string]struct {
		measured []trend.Measurement
		alert    triage.Alert
		others   []triage.Alert
		want     string
	}{
		"grey is gray, Measurement is mea": {[]trend.Measurement{m("72", at)}, alert(at), nil, "72"},
		"two values in one text":           {[]trend.Measurement{m("132/84", at)}, alert(at), nil, "132/84"},
		"two seconds later":                {[]trend.Measurement{m("72", at.Add(2*time.Second))}, alert(at), nil, "72"},
		"two seconds before":               {[]trend.Measurement{m("72", at.Add(-2*time.Second))}, alert(at), nil, "72"},
		"cut off to seconds":               {[]trend.Measurement{m("72", at)}, alert(at.Add(999 * time.Millisecond)), nil, "72"},
		"three seconds":                    {[]trend.Measurement{m("72", at.Add(3*time.Second))}, alert(at), nil, ""},
		"two measurements":                 {[]trend.Measurement{m("72", at), m("73", at.Add(time.Second))}, alert(at), nil, ""},
		"two alerts":                       {[]trend.Measurement{m("72", at)}, alert(at), []triage.Alert{alert(at.Add(time.Second), func(a *triage.Alert) { a.ID = "b" })}, ""},
		"itself among the others":          {[]trend.Measurement{m("72", at)}, alert(at), []triage.Alert{alert(at)}, "72"},
		"another of another flag":          {[]trend.Measurement{m("72", at)}, alert(at), []triage.Alert{alert(at, func(a *triage.Alert) { a.ID, a.Flag = "b", triage.FlagRed })}, "72"},
		"another flag":                     {[]trend.Measurement{with(m("72", at), func(m *trend.Measurement) { m.Flag = triage.FlagRed })}, alert(at), nil, ""},
		"another type":                     {[]trend.Measurement{with(m("72", at), func(m *trend.Measurement) { m.Type = triage.TypeCombination })}, alert(at), nil, ""},
		"a flag nobody knows":              {[]trend.Measurement{with(m("72", at), func(m *trend.Measurement) { m.Flag = "Violet" })}, alert(at, func(a *triage.Alert) { a.Flag = "violet" }), nil, "72"},
		"no alert":                         {[]trend.Measurement{with(m("72", at), func(m *trend.Measurement) { m.AlertAt = time.Time{} })}, alert(at), nil, ""},
		"no creation time":                 {[]trend.Measurement{with(m("72", at), func(m *trend.Measurement) { m.AlertAt = time.Time{} })}, alert(time.Time{}), nil, ""},
		"the hour that comes twice":        {[]trend.Measurement{m("72", fold)}, alert(fold.Add(time.Hour)), nil, "72"},
		"and both of it":                   {[]trend.Measurement{m("72", fold), m("75", fold.Add(time.Hour))}, alert(fold), nil, ""},
		"and another alert in it":          {[]trend.Measurement{m("72", fold)}, alert(fold), []triage.Alert{alert(fold.Add(time.Hour), func(a *triage.Alert) { a.ID = "b" })}, ""},
		"an hour on any other day":         {[]trend.Measurement{m("72", at)}, alert(at.Add(time.Hour)), nil, ""},
	} {
		t.Run(name, func(t *testing.T) {
			got, ok := trend.Raised(test.measured, test.alert, test.others, amsterdam)
			assert.Equal(t, test.want, got.Value)
			assert.Equal(t, test.want != "", ok)
		})
	}
}
