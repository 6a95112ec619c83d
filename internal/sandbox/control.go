package sandbox

import (
	"encoding/json"
	"io"
	"net/http"
	"strconv"
)

// The controls are the sandbox's own, no part of Luscii's API. No key is asked
// for: the sandbox holds nobody's data.

// controlFaults is POST and GET /sandbox/faults. A POST replaces the faults by
// those of its JSON object, {} ends them all; "arrivals" in it sets the rate of
// arrivals, which otherwise stays. Both answer what is in force.
func (s *Sandbox) controlFaults(w http.ResponseWriter, r *http.Request) {
	switch r.Method {
	case http.MethodGet:
	case http.MethodPost:
		if err := s.setFaults(r.Body); err != nil {
			s.fail(w, r, err)
			return
		}
	default:
		w.Header().Set("Allow", "GET, POST")
		s.fail(w, r, errMethod("GET, POST"))
		return
	}
	inForce := s.faults.get().object()
	inForce["arrivals"] = s.arrivals.get()
	s.write(w, r, http.StatusOK, inForce)
}

// setFaults reads a POST's body and puts all of it in force, or nothing.
func (s *Sandbox) setFaults(body io.Reader) error {
	data, err := io.ReadAll(io.LimitReader(body, maxBody))
	if err != nil {
		return errMalformed("The body could not be read.")
	}
	values, err := readObject(data)
	if err != nil {
		return errMalformed("The body must be a JSON object.")
	}
	arrivals := s.arrivals.get()
	if text, ok := values["arrivals"]; ok {
		if arrivals, err = ParseRate(text); err != nil {
			return errValidation("arrivals", err.Error())
		}
		delete(values, "arrivals")
	}
	var f Faults
	if err := f.setAll(values); err != nil {
		return errValidation("faults", err.Error())
	}
	s.faults.set(f)
	s.others.set(f.Others)
	s.arrivals.set(arrivals)
	s.logger.Info("sandbox: faults set", "faults", f.String(), "arrivals", arrivals.String())
	return nil
}

// countMishaps is GET /sandbox/mishaps: to how many requests each fault happened
// since the start, by name.
func (s *Sandbox) countMishaps(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodGet {
		w.Header().Set("Allow", http.MethodGet)
		s.fail(w, r, errMethod(http.MethodGet))
		return
	}
	s.write(w, r, http.StatusOK, s.faults.mishaps())
}

// applied is a line of the changes: a line of the journal and its position
// among all changes, from 1.
type applied struct {
	Position int `json:"position"`
	entry
}

// listChanges is GET /sandbox/changes?since=N: every change that was applied
// after the first N, whoever asked for it, one JSON object a line, oldest
// first. Positions outlive a restart if there is a state file. The header
// Sandbox-Position is how many changes there are in all, the N to go on with;
// Sandbox-Late is how many requests are still to be served late.
func (s *Sandbox) listChanges(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodGet {
		w.Header().Set("Allow", http.MethodGet)
		s.fail(w, r, errMethod(http.MethodGet))
		return
	}
	since := 0
	if query := r.URL.Query(); query.Has("since") {
		var err error
		if since, err = strconv.Atoi(query.Get("since")); err != nil || since < 0 {
			s.fail(w, r, errValidation("since", "The since must be a position: 0 or more."))
			return
		}
	}
	// Counted first: what is served meanwhile is then listed as well as counted,
	// never neither.
	late := s.faults.late.waiting.Load()
	changes := s.store.changes()
	since = min(since, len(changes))
	w.Header().Set("Content-Type", "application/x-ndjson")
	w.Header().Set("Sandbox-Position", strconv.Itoa(len(changes)))
	w.Header().Set("Sandbox-Late", strconv.FormatInt(late, 10))
	lines := json.NewEncoder(w)
	for i, e := range changes[since:] {
		if err := lines.Encode(applied{since + i + 1, e}); err != nil {
			return // the client has gone
		}
	}
}
