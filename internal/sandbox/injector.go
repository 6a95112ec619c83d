package sandbox

import (
	"bytes"
	"io"
	"math/rand/v2"
	"net/http"
	"sync"
	"time"
)

// injector puts faults between client and API. The API below it knows nothing
// of them.
type injector struct {
	seed seed

	mu     sync.Mutex
	faults Faults
	rng    *rand.Rand
}

func newInjector(s seed, f Faults) *injector {
	i := &injector{seed: s}
	i.set(f)
	return i
}

// set replaces the faults in force. Chance starts anew with them, so that the
// same requests in the same order meet the same fate.
func (i *injector) set(f Faults) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.faults, i.rng = f, i.seed.stream("faults")
}

func (i *injector) get() Faults {
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.faults
}

// fate is what befalls one request.
type fate struct {
	delay     time.Duration
	refusal   *apiError // instead of the API's answer, nothing done; nil: none
	malformed bool
}

// decide draws a request's fate. Every request in scope draws the same number
// of times, whatever the faults, so that one share doesn't shift another.
func (i *injector) decide(r *http.Request) fate {
	i.mu.Lock()
	defer i.mu.Unlock()
	f := i.faults
	write := r.Method == http.MethodPut
	if f.Only == ScopeReads && write || f.Only == ScopeWrites && !write {
		return fate{}
	}
	jitter, failed, which, malformed := i.rng.Float64(), i.rng.Float64(), i.rng.IntN(2), i.rng.Float64()

	d := fate{
		delay:     f.Latency + time.Duration(jitter*float64(f.Jitter)),
		malformed: malformed < f.Malformed,
	}
	switch {
	case f.Down, failed < f.Errors && which == 0:
		d.refusal = errUnavailable()
	case failed < f.Errors:
		d.refusal = errInternal()
	}
	return d
}

// wrap is the API with its faults. refuse answers an error in the envelope.
func (i *injector) wrap(api http.Handler, refuse func(http.ResponseWriter, *http.Request, error)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		d := i.decide(r)
		if d.delay > 0 {
			timer := time.NewTimer(d.delay)
			defer timer.Stop()
			select {
			case <-timer.C:
			case <-r.Context().Done():
				return
			}
		}
		switch {
		case d.refusal != nil:
			refuse(w, r, d.refusal)
		case d.malformed:
			serveHalf(w, r, api)
		default:
			api.ServeHTTP(w, r)
		}
	})
}

// serveHalf serves the request and answers half of the result, which is never
// JSON, as if all were well.
func serveHalf(w http.ResponseWriter, r *http.Request, api http.Handler) {
	full := recorder{header: http.Header{}}
	api.ServeHTTP(&full, r)
	writeJSON(w, http.StatusOK, full.body.Bytes()[:full.body.Len()/2])
}

// recorder keeps an answer instead of sending it.
type recorder struct {
	header http.Header
	body   bytes.Buffer
}

func (r *recorder) Header() http.Header            { return r.header }
func (r *recorder) WriteHeader(int)                {}
func (r *recorder) Write(data []byte) (int, error) { return r.body.Write(data) }

// control is POST and GET /sandbox/faults. A POST replaces the faults by those
// of its JSON object, {} ends them all; "arrivals" in it sets the rate of
// arrivals, which otherwise stays. Both answer what is in force. No key is
// asked for: the sandbox holds nobody's data.
func (s *Sandbox) control(w http.ResponseWriter, r *http.Request) {
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
	inForce["arrivals"] = s.tempo.get()
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
	arrivals := s.tempo.get()
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
	s.tempo.set(arrivals)
	s.logger.Info("sandbox: faults set", "faults", f.String(), "arrivals", arrivals.String())
	return nil
}
