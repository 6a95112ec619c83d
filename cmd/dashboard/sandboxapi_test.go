package main

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// sandboxAPI asks the sandbox itself, over its own HTTP API and in types of its
// own: what the board says is checked against what Luscii would say.
type sandboxAPI struct {
	t          *testing.T
	url        string
	serviceKey string
	personas   map[string]apiPersona // by name
	first      []apiAlert            // what it held when first asked
}

// apiAlert is what the tests look at of an alert.
type apiAlert struct {
	ID          string    `json:"id"`
	Patient     string    `json:"userId"`
	Group       string    `json:"groupId"`
	Type        string    `json:"type"`
	Flag        string    `json:"flag"`
	Status      string    `json:"status"`
	ProcessedBy string    `json:"processedBy"`
	EscalatedBy string    `json:"escalatedBy"`
	CreatedAt   time.Time `json:"createdAt"`
	UpdatedAt   time.Time `json:"updatedAt"`
}

// apiRecord is one information record.
type apiRecord struct {
	Action   string `json:"action"`
	Category string `json:"category"`
	Note     string `json:"additionalInfo"`
	Source   string `json:"actionSource"`
}

// apiPatient is what the tests look at of a patient.
type apiPatient struct {
	ID         string `json:"id"`
	FirstName  string `json:"firstName"`
	MiddleName string `json:"middleName"`
	LastName   string `json:"lastName"`
	BirthDate  string `json:"dateOfBirth"`
	Group      struct {
		ID   string `json:"id"`
		Name string `json:"name"`
	} `json:"group"`
	Identifiers []struct {
		System string `json:"system"`
		Value  string `json:"value"`
	} `json:"identifiers"`
}

// apiHCP is what the tests look at of a professional.
type apiHCP struct {
	ID     string `json:"UUID"`
	Email  string `json:"Email"`
	Groups string `json:"Groups"`
}

// atStart is every alert the sandbox holds when it is first asked.
func (s *sandboxAPI) atStart() []apiAlert {
	if s.first == nil {
		s.first = listAll[apiAlert](s, http.MethodGet, "/v1/alerts", url.Values{"perPage": {"200"}})
	}
	return s.first
}

// open is the alerts of a flag that were open then, of any where it is empty.
func (s *sandboxAPI) open(flag string) []apiAlert {
	return slices.DeleteFunc(slices.Clone(s.atStart()), func(a apiAlert) bool {
		return a.Status != "open" || flag != "" && a.Flag != flag
	})
}

// alert is one of them as it is now.
func (s *sandboxAPI) alert(id string) apiAlert {
	s.t.Helper()
	known := find(s, s.atStart(), "alert "+id, func(a apiAlert) bool { return a.ID == id })
	day := known.CreatedAt.UTC().Format(time.DateOnly)
	ofDay := listAll[apiAlert](s, http.MethodGet, "/v1/alerts", url.Values{"perPage": {"200"}, "startDate": {day}, "endDate": {day}})
	return find(s, ofDay, "alert "+id, func(a apiAlert) bool { return a.ID == id })
}

// awaitStatus is an alert once it is in a status: what is accepted is written a
// moment later.
func (s *sandboxAPI) awaitStatus(id, status string) apiAlert {
	s.t.Helper()
	var a apiAlert
	require.Eventually(s.t, func() bool {
		a = s.alert(id)
		return a.Status == status
	}, waitWithin, 50*time.Millisecond, "%s never becomes %s", id, status)
	return a
}

// records is an alert's history, oldest first.
func (s *sandboxAPI) records(id string) []apiRecord {
	s.t.Helper()
	return listAll[apiRecord](s, http.MethodGet, "/v1/alerts/"+url.PathEscape(id)+"/information", url.Values{"perPage": {"200"}})
}

// lastRecord is what was done last with an alert.
func (s *sandboxAPI) lastRecord(id string) apiRecord {
	s.t.Helper()
	all := s.records(id)
	require.NotEmpty(s.t, all, "alert %s has a history", id)
	return all[len(all)-1]
}

// patients is every patient.
func (s *sandboxAPI) patients() []apiPatient {
	s.t.Helper()
	return listAll[apiPatient](s, http.MethodGet, "/v1/patients", url.Values{"perPage": {"200"}})
}

// patient is one of them.
func (s *sandboxAPI) patient(id string) apiPatient {
	s.t.Helper()
	return find(s, s.patients(), "patient "+id, func(p apiPatient) bool { return p.ID == id })
}

// number is the hospital's own, not the national one.
func (p apiPatient) number() string {
	for _, i := range p.Identifiers {
		if !strings.HasSuffix(i.System, "/bsn") {
			return i.Value
		}
	}
	return ""
}

// hcp is a persona as the hcps report has it.
func (s *sandboxAPI) hcp(name string) apiHCP {
	s.t.Helper()
	all := listAll[apiHCP](s, http.MethodPost, "/v1/export/hcps", url.Values{})
	return find(s, all, name, func(h apiHCP) bool { return h.Email == s.personas[name].Email })
}

// find is the one of a list that is meant.
func find[T any](s *sandboxAPI, list []T, what string, is func(T) bool) T {
	s.t.Helper()
	i := slices.IndexFunc(list, is)
	require.GreaterOrEqual(s.t, i, 0, "the sandbox knows %s", what)
	return list[i]
}

// change does what another client of Luscii would do: a PUT with somebody's key.
func (s *sandboxAPI) change(name, id, status, note string) {
	s.t.Helper()
	body, err := json.Marshal(map[string]string{"status": status, "category": "called_patient", "additionalInfo": note})
	require.NoError(s.t, err)
	s.ask(http.MethodPut, "/v1/alerts/"+url.PathEscape(id), s.personas[name].Key, body)
}

// faults puts faults in force; {} ends them.
func (s *sandboxAPI) faults(object string) {
	s.t.Helper()
	s.ask(http.MethodPost, "/sandbox/faults", "", []byte(object))
}

// listAll follows a listing to its end.
func listAll[T any](s *sandboxAPI, method, path string, query url.Values) []T {
	s.t.Helper()
	var all []T
	for {
		var page struct {
			Data []T
			Meta struct{ NextCursor *string }
		}
		require.NoError(s.t, json.Unmarshal(s.ask(method, path+"?"+query.Encode(), s.serviceKey, nil), &page))
		all = append(all, page.Data...)
		if page.Meta.NextCursor == nil {
			return all
		}
		query.Set("cursor", *page.Meta.NextCursor)
	}
}

// ask sends a request that must work.
func (s *sandboxAPI) ask(method, path, key string, body []byte) []byte {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(s.t.Context(), 10*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, method, s.url+path, bytes.NewReader(body))
	require.NoError(s.t, err)
	if key != "" {
		req.Header.Set("Authorization", "Bearer "+key)
	}
	resp, err := freshConnections.RoundTrip(req)
	require.NoError(s.t, err)
	answer, err := io.ReadAll(resp.Body)
	require.NoError(s.t, err)
	require.NoError(s.t, resp.Body.Close())
	require.Equal(s.t, http.StatusOK, resp.StatusCode, "%s %s: %s", method, path, answer)
	return answer
}
