package sandbox

import (
	"encoding/json"
	"errors"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// role is a Luscii role.
type role string

const (
	roleAdmin     role = "HC_ADMIN"
	roleViewAll   role = "HC_VIEW_ALL"
	rolePrimary   role = "HC_PRIMARY"
	roleSecondary role = "HC_SECONDARY"
)

var (
	readers = []role{roleAdmin, roleViewAll}
	writers = []role{roleAdmin, rolePrimary, roleSecondary}
)

// mayUpdate decides what role alone doesn't: HC_ADMIN changes alerts of the
// whole organisation, the page limits the others to their groups. HC_SECONDARY
// assesses what was forwarded to it, so the sandbox lets it change what is or
// once was escalated; the page doesn't say.
func (h *hcp) mayUpdate(a *alert) bool {
	switch h.role {
	case roleAdmin:
		return true
	case rolePrimary:
		return slices.Contains(h.groups, a.group)
	case roleSecondary:
		return slices.Contains(h.groups, a.group) && !a.escalatedAt.IsZero()
	}
	return false
}

// operation is one method of a resource: who may, and what it does. serve
// gives the answer's whole body, or an *apiError for a refusal.
type operation struct {
	roles []role
	serve func(r *http.Request, by *hcp) (any, error)
}

// operations are a resource's methods.
type operations map[string]operation

// allow is the Allow header's value.
func (o operations) allow() string { return strings.Join(slices.Sorted(maps.Keys(o)), ", ") }

// api is every route below /v1.
func (s *Sandbox) api() http.Handler {
	mux := http.NewServeMux()
	for path, ops := range map[string]operations{
		"/v1/alerts":                  {http.MethodGet: {readers, s.listAlerts}},
		"/v1/alerts/{id}":             {http.MethodPut: {writers, s.updateAlert}},
		"/v1/alerts/{id}/information": {http.MethodGet: {readers, s.listRecords}},
		"/v1/patients":                {http.MethodGet: {readers, s.listPatients}},
		"/v1/patients/{id}":           {http.MethodGet: {readers, s.getPatient}},
		"/v1/export/{report}":         {http.MethodPost: {readers, s.export}},
	} {
		mux.HandleFunc(path, func(w http.ResponseWriter, r *http.Request) { s.serve(w, r, ops) })
	}
	mux.HandleFunc("/v1/", func(w http.ResponseWriter, r *http.Request) { s.serve(w, r, nil) })
	return mux
}

// serve takes a request through its checks, in this order: key, path, method,
// role; the operation does the rest.
func (s *Sandbox) serve(w http.ResponseWriter, r *http.Request, ops operations) {
	by, err := s.authenticate(r)
	if err != nil {
		s.fail(w, r, err)
		return
	}
	if ops == nil {
		s.fail(w, r, errNotFound("path"))
		return
	}
	op, ok := ops[r.Method]
	if !ok {
		w.Header().Set("Allow", ops.allow())
		s.fail(w, r, errMethod(ops.allow()))
		return
	}
	if !slices.Contains(op.roles, by.role) {
		s.fail(w, r, errForbidden())
		return
	}
	body, err := op.serve(r, by)
	if err != nil {
		s.fail(w, r, err)
		return
	}
	s.write(w, r, http.StatusOK, body)
}

// authenticate finds the key's owner.
func (s *Sandbox) authenticate(r *http.Request) (*hcp, error) {
	scheme, key, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	by, ok := s.staff.byKey[strings.TrimSpace(key)]
	if !strings.EqualFold(scheme, "Bearer") || !ok {
		return nil, errUnauthenticated()
	}
	if by.status != statusActive {
		return nil, errInactive()
	}
	return by, nil
}

// fail answers an error in the envelope. What isn't an *apiError is logged and
// answered as internal.
func (s *Sandbox) fail(w http.ResponseWriter, r *http.Request, err error) {
	var refusal *apiError
	if !errors.As(err, &refusal) {
		s.logger.ErrorContext(r.Context(), "sandbox: request failed", "method", r.Method, "path", r.URL.Path, "error", err)
		refusal = errInternal()
	}
	if refusal.status == http.StatusUnauthorized {
		w.Header().Set("WWW-Authenticate", "Bearer")
	}
	s.write(w, r, refusal.status, map[string][]*apiError{"errors": {refusal}})
}

// write answers JSON.
func (s *Sandbox) write(w http.ResponseWriter, r *http.Request, status int, body any) {
	if own, ok := body.(interface{ json() []byte }); ok {
		writeJSON(w, status, own.json())
		return
	}
	data, err := json.Marshal(body)
	if err != nil {
		s.logger.ErrorContext(r.Context(), "sandbox: answer can't be encoded", "path", r.URL.Path, "error", err)
		http.Error(w, "internal", http.StatusInternalServerError)
		return
	}
	writeJSON(w, status, data)
}

// writeJSON sends an answer. A client that has gone is no concern of the
// sandbox.
func writeJSON(w http.ResponseWriter, status int, data []byte) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Content-Length", strconv.Itoa(len(data)))
	w.WriteHeader(status)
	_, _ = w.Write(data)
}
