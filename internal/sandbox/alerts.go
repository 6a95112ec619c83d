package sandbox

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"net/http"
	"net/url"
	"time"
	"unicode/utf8"
)

const (
	maxBody = 256 << 10 // of a request; holds the longest note, every character escaped
	maxNote = 10_000    // characters of additionalInfo
)

// envelope is a success's body.
type envelope struct {
	Meta any `json:"meta,omitempty"`
	Data any `json:"data"`
}

// listAlerts is GET /v1/alerts.
func (s *Sandbox) listAlerts(r *http.Request, _ *hcp) (any, error) {
	query := r.URL.Query()
	first, err := readDay(query, "startDate", math.MinInt64)
	if err != nil {
		return nil, err
	}
	last, err := readDay(query, "endDate", math.MaxInt64)
	if err != nil {
		return nil, err
	}
	if last < first {
		return nil, errValidation("endDate", "The endDate must not be before the startDate.")
	}
	p, err := newPaging(fmt.Sprintf("alerts %d %d", first, last), r)
	if err != nil {
		return nil, err
	}
	alerts, meta, err := s.store.alertPage(first, last, p, s.signer)
	for i := range alerts {
		alerts[i].disguise(p.unknown)
	}
	return alertList{meta, alerts}, err
}

// readDay reads a date of the query, or gives what an absent one stands for.
func readDay(query url.Values, name string, absent day) (day, error) {
	if !query.Has(name) {
		return absent, nil
	}
	t, err := time.Parse(time.DateOnly, query.Get(name))
	if err != nil {
		return 0, errValidation(name, "The "+name+" must be a date in the format YYYY-MM-DD.")
	}
	return dayOf(t), nil
}

// updateAlert is PUT /v1/alerts/{id}.
func (s *Sandbox) updateAlert(r *http.Request, by *hcp) (any, error) {
	id, ok := parseUUID(r.PathValue("id"))
	if !ok {
		return nil, errNotFound("alert")
	}
	c, err := readChange(r.Body)
	if err != nil {
		return nil, err
	}
	c.Alert, c.User = id, by.id
	updated, err := s.store.update(by, c, s.now())
	if err != nil {
		return nil, err
	}
	s.logChange(r.Context(), c)
	updated.disguise(disorderOf(r).unknown)
	return envelope{Data: updated}, nil
}

// readChange reads a PUT's body. Its field names are matched exactly, as an
// API not written in Go would; fields it doesn't know are ignored.
func readChange(body io.Reader) (change, error) {
	data, err := io.ReadAll(io.LimitReader(body, maxBody+1))
	if err != nil {
		return change{}, errMalformed("The body could not be read.")
	}
	if len(data) > maxBody {
		return change{}, errMalformed("The body is too large.")
	}
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(data, &fields); err != nil || fields == nil {
		return change{}, errMalformed("The body must be a JSON object.")
	}
	status, statusErr := readText(fields, "status")
	category, categoryErr := readText(fields, "category")
	note, noteErr := readText(fields, "additionalInfo")
	if err := errors.Join(statusErr, categoryErr, noteErr); err != nil {
		return change{}, err
	}
	switch status {
	case statusOpen, statusProcessed, statusEscalated:
	default:
		return change{}, errValidation("status", "The status must be one of open, processed, escalated.")
	}
	if utf8.RuneCountInString(note) > maxNote {
		return change{}, errValidation("additionalInfo", "The additionalInfo must not be longer than 10000 characters.")
	}
	return change{Status: status, Category: text(category), Note: text(note)}, nil
}

// readText reads a field that is a string, null or absent; the latter two are
// empty.
func readText(fields map[string]json.RawMessage, name string) (string, error) {
	raw, ok := fields[name]
	if !ok || bytes.Equal(raw, []byte("null")) {
		return "", nil
	}
	var value string
	if err := json.Unmarshal(raw, &value); err != nil {
		return "", errValidation(name, "The "+name+" must be a string.")
	}
	return value, nil
}

// listRecords is GET /v1/alerts/{id}/information: the records oldest first.
func (s *Sandbox) listRecords(r *http.Request, _ *hcp) (any, error) {
	id, ok := parseUUID(r.PathValue("id"))
	if !ok {
		return nil, errNotFound("alert")
	}
	p, err := newPaging("information "+id.String(), r)
	if err != nil {
		return nil, err
	}
	records, meta, err := s.store.recordPage(id, p, s.signer)
	return envelope{meta, records}, err
}
