package luscii

import (
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"net/http"
	"net/url"
	"strings"

	"triageboard/internal/triage"
)

// The names of the calls in errors and logs.
const (
	callAlerts  = "list alerts"
	callUpdate  = "update alert"
	callRecords = "list information records"
)

// Alerts lists the alerts created from one date to another, both included, by
// the API's time zone: GET /v1/alerts with the service key. Rows come in no
// order, and may come twice: merge by id.
//
// A non-nil error ends the listing. Only a listing without one is complete; one
// that ends with triage.ErrPartial, or any other error, gives alerts to merge
// but proves nothing about those it didn't give.
func (c *Client) Alerts(ctx context.Context, from, to triage.Day) iter.Seq2[triage.Alert, error] {
	if err := dates(from, to); err != nil {
		return rejected[triage.Alert](&Error{Call: callAlerts, Kinds: []error{triage.ErrRejected}, Err: err})
	}
	query := url.Values{"startDate": {string(from)}, "endDate": {string(to)}}
	return list(ctx, c, callAlerts, c.pages(ctx, callAlerts, query, "alerts"), decodeAlert)
}

// decodeAlert reads the alert object. No field but id is required, and none can
// make the alert disappear: an odd flag, type or status is kept as it came.
//
// The listing becomes partial where one of three fields can't be read, because
// then the board would conclude from a guess: without createdAt nobody knows
// which day the alert belongs to or how long it waits, without updatedAt which
// of two versions is the newer (R13, R44), without status whether it is still
// open. A status that is text, but none the page names, has been read. Every
// other field is only shown, so its oddness is noted and nothing more.
func decodeAlert(f fields) (triage.Alert, bool) {
	alert := triage.Alert{
		ID:          triage.AlertID(f.id("id")),
		Patient:     triage.PatientID(f.id("userId")),
		Group:       triage.GroupID(f.id("groupId")),
		Protocol:    triage.ProtocolID(f.id("protocolId")),
		Program:     triage.ProgramID(f.id("programId")),
		Measurement: triage.MeasurementID(f.id("measurementId")),
		Instrument:  triage.InstrumentID(f.id("instrumentId")),
		Type:        triage.ParseType(f.text("type")),
		Flag:        triage.ParseFlag(f.text("flag")),
		Status:      triage.ParseStatus(f.text("status")),
		ProcessedAt: f.time("processedAt"),
		ProcessedBy: triage.HCPID(f.id("processedBy")),
		EscalatedAt: f.time("escalatedAt"),
		EscalatedBy: triage.HCPID(f.id("escalatedBy")),
		CreatedAt:   f.time("createdAt"),
		UpdatedAt:   f.time("updatedAt"),
	}
	if alert.ID == "" {
		f.found.gap("alert without id")
		return triage.Alert{}, false
	}
	if alert.CreatedAt.IsZero() {
		f.found.gap("createdAt can't be read")
	}
	if alert.UpdatedAt.IsZero() {
		f.found.gap("updatedAt can't be read")
	}
	if shapeOf(f.object["status"]) != shapeString || strings.TrimSpace(string(alert.Status)) == "" {
		f.found.gap("status can't be read")
	}
	return alert, true
}

// update is the body of the PUT; nil is sent as null.
type update struct {
	Status         triage.Status `json:"status"`
	Category       *string       `json:"category"`
	AdditionalInfo *string       `json:"additionalInfo"`
}

// UpdateAlert changes an alert's status with the clinician's own key, which is
// whom Luscii will name as the actor: PUT /v1/alerts/{id}. It answers the alert
// as it is afterwards.
//
// It is sent once, never again by itself, and ends within WriteTimeout of being
// sent. An error that matches triage.ErrUncertain says that the change may have
// been made: look before sending it again (R46). Any other error says that it
// wasn't.
func (c *Client) UpdateAlert(ctx context.Context, key triage.Key, id triage.AlertID, change triage.Change) (triage.Alert, error) {
	r := request{
		call: callUpdate, method: http.MethodPut, path: []string{"alerts", string(id)},
		key: key, rank: forClinician, write: true,
	}
	switch {
	case !addressable(id):
		return triage.Alert{}, &Error{Call: r.call, Kinds: []error{triage.ErrNotFound}, Err: reason("no id an alert can have")}
	case !change.Status.Known():
		return triage.Alert{}, &Error{Call: r.call, Kinds: []error{triage.ErrRejected}, Err: reason("no status an alert can be given")}
	case !sendable(key):
		return triage.Alert{}, &Error{Call: r.call, Kinds: []error{triage.ErrKeyRefused}, Err: reason("empty, or with characters no key has")}
	}
	var err error
	r.body, err = json.Marshal(update{Status: change.Status, Category: orNull(change.Category), AdditionalInfo: orNull(change.Note)})
	if err != nil {
		return triage.Alert{}, fmt.Errorf("%s: %w", r.call, err)
	}
	got, err := c.write(ctx, r)
	if err != nil {
		return triage.Alert{}, err
	}
	env, err := c.open(ctx, r, got)
	if err != nil {
		return triage.Alert{}, err
	}
	return c.updated(ctx, r, got, env, id)
}

// updated takes the alert out of a PUT's answer. Only the alert that was asked
// for, legibly, confirms the change.
func (c *Client) updated(ctx context.Context, r request, got answer, env envelope, id triage.AlertID) (triage.Alert, error) {
	var found findings
	defer func() { c.report(ctx, r.call, &found) }()
	found.errs = env.errs
	if len(env.items) != 1 {
		return triage.Alert{}, c.malformed(ctx, r, got, flaw{what: "not one alert"})
	}
	o, _ := parseObject(env.items[0])
	alert, ok := decodeAlert(fields{object: o, zone: c.zone, found: &found})
	if !ok || alert.ID != id {
		return triage.Alert{}, c.malformed(ctx, r, got, flaw{what: "not the alert that was changed"})
	}
	if len(found.gaps) > 0 {
		return triage.Alert{}, c.malformed(ctx, r, got, flaw{what: found.summary()})
	}
	if e := found.partial(r.call); e != nil {
		e.Kinds = append(e.Kinds, triage.ErrUncertain)
		return alert, e
	}
	return alert, nil
}

// Records lists what was done about an alert, in the order the API gives it:
// GET /v1/alerts/{id}/information with the service key. Records have neither an
// id nor an actor, so none is made up, and equal ones are kept. A record that
// names another alert isn't given, and ends the listing as partial.
func (c *Client) Records(ctx context.Context, id triage.AlertID) iter.Seq2[triage.Record, error] {
	if !addressable(id) {
		return rejected[triage.Record](&Error{Call: callRecords, Kinds: []error{triage.ErrNotFound}, Err: reason("no id an alert can have")})
	}
	decode := func(f fields) (triage.Record, bool) {
		if of := f.id("alertId"); of != "" && of != string(id) {
			f.found.gap("record of another alert")
			return triage.Record{}, false
		}
		return triage.Record{
			Action:    f.text("action"),
			Category:  f.text("category"),
			Note:      f.text("additionalInfo"),
			Source:    f.text("actionSource"),
			CreatedAt: f.time("createdAt"),
			UpdatedAt: f.time("updatedAt"),
		}, true
	}
	return list(ctx, c, callRecords, c.pages(ctx, callRecords, nil, "alerts", string(id), "information"), decode)
}

// addressable says whether an id can stand in a path: "." and ".." would mean
// another one.
func addressable[ID ~string](id ID) bool { return id != "" && id != "." && id != ".." }

func orNull(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}
