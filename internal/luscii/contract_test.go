package luscii

import (
	"io"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"triageboard/internal/triage"
)

// paged answers a fixture, and another behind the cursor of the pages' samples.
func paged(t *testing.T, path, first, last string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		assert.Equal(t, http.MethodGet, r.Method)
		assert.Equal(t, path, r.URL.Path)
		assert.Equal(t, "200", r.URL.Query().Get("perPage"))
		assert.Equal(t, "Bearer "+serviceKey.Reveal(), r.Header.Get("Authorization"))
		assert.Equal(t, "application/json", r.Header.Get("Accept"))
		assert.Regexp(t, `^triageboard/`, r.Header.Get("User-Agent"))
		name := first
		if r.URL.Query().Get("cursor") == "<cursor_token>" {
			name = last
		}
		answerJSON(w, http.StatusOK, fixture(t, name))
	}
}

func at(hour, minute, second int) time.Time {
	return time.Date(2025, 3, 24, hour, minute, second, 0, time.UTC)
}

var theSample = triage.Alert{
	ID:        sampleAlert,
	Patient:   "a8ddfa24-df95-4625-8ef8-a7518a8dc6ea",
	Group:     "62be753c-dcbf-4c6b-9895-0e7087459a33",
	Protocol:  "9317beca-67b4-46e9-adcd-e24d04e679c1",
	Program:   "12790a98-4432-4541-bea9-954e666e7425",
	Type:      triage.TypeMeasurement,
	Flag:      triage.FlagRed,
	Status:    triage.StatusOpen,
	CreatedAt: at(11, 45, 0),
	UpdatedAt: at(11, 45, 0),
}

// NOTES: "Base URL …/v1/, Authorization: Bearer"; "perPage 1–200"; all sixteen
// fields of the alert object, each at least once.
func TestContractAlerts(t *testing.T) {
	c := serve(t, paged(t, "/v1/alerts", "alerts-list.json", "alerts-list-last.json"))
	alerts, err := c.list(t)
	require.NoError(t, err)
	assert.Equal(t, []triage.Alert{
		theSample,
		{
			ID:          "0d6b6a52-5c0e-4a53-8d5f-1f5f7b6a2c01",
			Patient:     "a8ddfa24-df95-4625-8ef8-a7518a8dc6ea",
			Group:       "62be753c-dcbf-4c6b-9895-0e7087459a33",
			Measurement: "7f8a2b1e-90b1-4f0c-a9b4-3c0d6a1e4f02",
			Instrument:  "c2b7f2de-2c55-4d0b-8f0a-52d8a0f4e703",
			Type:        triage.TypeCombination,
			Flag:        triage.FlagOrange,
			Status:      triage.StatusEscalated,
			EscalatedAt: at(12, 10, 30),
			EscalatedBy: "dd34afba-60cf-47ce-8bd5-3054acab2baf",
			CreatedAt:   at(11, 50, 0),
			UpdatedAt:   at(12, 10, 30),
		},
		{
			ID:          "3a1c9f44-1b0e-4e0f-9d56-8a2f0c7b5d04",
			Patient:     "f2a4c6e8-0b1d-4c3e-8f5a-6b7c8d9e0f05",
			Group:       "62be753c-dcbf-4c6b-9895-0e7087459a33",
			Program:     "12790a98-4432-4541-bea9-954e666e7425",
			Type:        triage.TypeOverdue,
			Flag:        triage.FlagGray,
			Status:      triage.StatusProcessed,
			ProcessedAt: at(12, 0, 0),
			ProcessedBy: "dd34afba-60cf-47ce-8bd5-3054acab2baf",
			CreatedAt:   at(9, 0, 0),
			UpdatedAt:   at(12, 0, 0),
		},
	}, alerts)
	assert.Empty(t, c.log.String(), "nothing is odd about the pages' samples")
}

// NOTES: "Reads with one service key; writes with the signed-in clinician's own key".
func TestContractUpdate(t *testing.T) {
	c := serve(t, func(w http.ResponseWriter, r *http.Request) {
		assert.Equal(t, http.MethodPut, r.Method)
		assert.Equal(t, "/v1/alerts/"+string(sampleAlert), r.URL.Path)
		assert.Empty(t, r.URL.RawQuery)
		assert.Equal(t, "Bearer "+clinicianKey.Reveal(), r.Header.Get("Authorization"))
		assert.Equal(t, "application/json", r.Header.Get("Content-Type"))
		body, err := io.ReadAll(r.Body)
		assert.NoError(t, err)
		assert.JSONEq(t, fixture(t, "alert-update-request.json"), string(body))
		answerJSON(w, http.StatusOK, fixture(t, "alert-update.json"))
	})
	got, err := c.UpdateAlert(t.Context(), clinicianKey, sampleAlert, triage.Change{
		Status: triage.StatusProcessed, Category: "request_visit", Note: "Patient called, visit scheduled for tomorrow.",
	})
	require.NoError(t, err)
	want := theSample
	want.Status, want.ProcessedAt, want.ProcessedBy, want.UpdatedAt = triage.StatusProcessed, at(12, 0, 0), "dd34afba-60cf-47ce-8bd5-3054acab2baf", at(12, 0, 0)
	assert.Equal(t, want, got)
}

// NOTES: "Alert object has no category or note: read them from /information";
// "Information records have no id and no actor: keep order and count";
// "actionSource … or null".
func TestContractInformation(t *testing.T) {
	c := serve(t, paged(t, "/v1/alerts/"+string(sampleAlert)+"/information", "alert-information.json", "alert-information-last.json"))
	records, err := collect(c.Records(t.Context(), sampleAlert))
	require.NoError(t, err)
	assert.Equal(t, []triage.Record{
		{
			Action: "process", Category: "request_visit", Note: "Patient called, visit scheduled for tomorrow.",
			Source: "alerts_page", CreatedAt: at(12, 0, 0), UpdatedAt: at(12, 0, 0),
		},
		{Action: "process", Source: "alerts_page_process_all", CreatedAt: at(11, 58, 0), UpdatedAt: at(11, 58, 0)},
		{Action: "process", Source: "autoprocessed", CreatedAt: at(11, 50, 0), UpdatedAt: at(11, 50, 0)},
		{Action: "process", CreatedAt: at(11, 46, 0), UpdatedAt: at(11, 46, 0)},
	}, records)
}

// NOTES: "GET /v1/patients (paged)"; most fields may be null; ids are opaque.
func TestContractPatients(t *testing.T) {
	c := serve(t, paged(t, "/v1/patients", "patients-list.json", ""))
	patients, err := collect(c.Patients(t.Context()))
	require.NoError(t, err)
	assert.Equal(t, []triage.Patient{
		{
			ID: "a8ddfa24-df95-4625-8ef8-a7518a8dc6ea", FirstName: "John", MiddleName: "van den", LastName: "Doe",
			BirthDate: "1970-01-01", Sex: "male", Number: "7654321", Status: "active",
			Phone: "+31 6 12345678", Email: "john.doe@example.com",
			Group: "62be753c-dcbf-4c6b-9895-0e7087459a33", GroupName: "A Group",
			Program: "12790a98-4432-4541-bea9-954e666e7425", ProgramName: "A Program",
			Protocol: "9317beca-67b4-46e9-adcd-e24d04e679c1", ProtocolName: "A Protocol",
			OrganizationID: "org-1", Organization: "A Hospital",
		},
		{ID: "patient-2", Status: "created"},
	}, patients)
}

// The Export API's page: POST, empty body, no dates for hcps.
func TestContractHCPs(t *testing.T) {
	c := serve(t, func(w http.ResponseWriter, r *http.Request) {
		assert.Equal(t, http.MethodPost, r.Method)
		assert.Equal(t, "/v1/export/hcps", r.URL.Path)
		assert.Empty(t, r.URL.RawQuery)
		assert.Zero(t, r.ContentLength)
		assert.Equal(t, "Bearer "+serviceKey.Reveal(), r.Header.Get("Authorization"))
		answerJSON(w, http.StatusOK, fixture(t, "export-hcps.json"))
	})
	hcps, err := collect(c.HCPs(t.Context()))
	require.NoError(t, err)
	assert.Equal(t, []triage.HCP{{
		ID: "164d8d3a-a745-4c35-8c93-bec8c356e798", FirstName: "John", LastName: "Doe", Email: "john.doe@example.com",
		Role: triage.RolePrimary, Active: true, Groups: "A Group",
	}}, hcps)
}

// NOTES: "errors[] with code, message and sometimes attribute".
func TestContractErrors(t *testing.T) {
	c := serve(t, always(http.StatusUnprocessableEntity, fixture(t, "errors.json")))
	_, err := c.list(t)
	e := asError(t, err)
	assert.Equal(t, &Error{
		Call: "list alerts", Status: 422, Code: "validation", Message: "The status is invalid.", Attribute: "status",
		Kinds: []error{triage.ErrRejected}, envelope: true,
	}, e)

	c = serve(t, always(http.StatusForbidden, fixture(t, "errors-account-inactive.json")))
	_, err = c.list(t)
	e = asError(t, err)
	assert.Equal(t, &Error{
		Call: "list alerts", Status: 403, Code: "account_inactive", Message: "The account is inactive.",
		Kinds: []error{triage.ErrKeyRefused}, envelope: true,
	}, e)
}
