package trend

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"triageboard/internal/export"
	"triageboard/internal/triage"
)

// errPartial says that Luscii gave a day with an error beside it: it may lack rows.
var errPartial = errors.New("Luscii gave a part of the day only")

// read is a whole day of the export, by patient.
func (m *Measurements) read(ctx context.Context, day triage.Day) (map[triage.PatientID][]Measurement, error) {
	c, err := columnsOf(m.o.Zone)
	if err != nil {
		return nil, err
	}
	asked := export.Request{Type: export.Measurements, Range: export.Range{From: string(day), To: string(day)}}
	all, partial := map[triage.PatientID][]Measurement{}, false
	for page, err := range m.o.Exports.Report(ctx, asked) {
		if err != nil {
			return nil, fmt.Errorf("read a day of measurements: %w", err)
		}
		partial = partial || len(page.Warnings) > 0
		for _, row := range page.Rows {
			if patient, measured, ok := c.measurement(row); ok {
				all[patient] = append(all[patient], measured)
			}
		}
	}
	if partial {
		return nil, errPartial
	}
	return all, nil
}

// columns are the places of those that are kept.
type columns struct {
	zone                                            *time.Location
	patient, at, name, value, flag, kind, alertedAt int
}

func columnsOf(zone *time.Location) (columns, error) {
	report, ok := export.Lookup(string(export.Measurements))
	if !ok {
		return columns{}, fmt.Errorf("measurements: %w", export.ErrUnknownReport)
	}
	return columns{
		zone:    zone,
		patient: report.Index("Patient_UUID"), at: report.Index("Measurement_Date"), name: report.Index("Measurement_Name"),
		value: report.Index("Measurement_Value"), flag: report.Index("Alert_Flag"), kind: report.Index("Alert_Type"),
		alertedAt: report.Index("Alert_Created_Date"),
	}, nil
}

// measurement is what is kept of a row; false where nobody could say whose it is,
// or when it was made. Its texts are copies: those of a page share their memory.
func (c columns) measurement(row export.Row) (triage.PatientID, Measurement, bool) {
	text := func(column int) string { return strings.Clone(strings.TrimSpace(row.Cells[column].Text)) }
	patient := triage.PatientID(text(c.patient))
	m := Measurement{At: c.moment(text(c.at)), Name: text(c.name), Value: text(c.value), AlertAt: c.moment(text(c.alertedAt))}
	if flag := text(c.flag); flag != "" {
		m.Flag = triage.ParseFlag(flag)
	}
	if kind := text(c.kind); kind != "" {
		m.Type = triage.ParseType(kind)
	}
	return patient, m, patient != "" && !m.At.IsZero()
}

// moment reads a time of the export: with an offset, or without one in the zone
// that is assumed for those. Zero: none.
func (c columns) moment(text string) time.Time {
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02 15:04:05Z07:00"} {
		if t, err := time.Parse(layout, text); err == nil {
			return t.UTC()
		}
	}
	for _, layout := range []string{time.DateTime, "2006-01-02T15:04:05"} {
		if t, err := time.ParseInLocation(layout, text, c.zone); err == nil {
			return t.UTC()
		}
	}
	return time.Time{}
}
