package sandbox

import (
	"net/http"
	"slices"
)

// organization is where all of the sandbox's people belong.
func (s *Sandbox) organization() wireOrganization {
	return wireOrganization{
		ID:         s.seed.id("organization"),
		Name:       "Ziekenhuis De Zandbak",
		ParentID:   s.seed.id("organization's parent"),
		ParentName: "Zorggroep Zand",
	}
}

// listPatients is GET /v1/patients.
func (s *Sandbox) listPatients(r *http.Request, _ *hcp) (any, error) {
	p, err := newPaging("patients", r)
	if err != nil {
		return nil, err
	}
	organization, list := s.organization(), s.store.patients
	patients, meta, err := page(sequence[wirePatient]{
		len: len(list),
		at:  func(i int) wirePatient { return list[i].wire(organization) },
		key: func(i int) string { return list[i].id.String() },
		find: func(key string) (int, bool) {
			id, ok := parseUUID(key)
			i, found := slices.BinarySearchFunc(list, id, func(p *patient, id uuid) int { return p.id.compare(id) })
			return i, ok && found
		},
	}, p, s.signer)
	return envelope{meta, patients}, err
}

// getPatient is GET /v1/patients/{id}.
func (s *Sandbox) getPatient(r *http.Request, _ *hcp) (any, error) {
	id, ok := parseUUID(r.PathValue("id"))
	p := s.store.patientByID[id]
	if !ok || p == nil {
		return nil, errNotFound("patient")
	}
	return envelope{Data: p.wire(s.organization())}, nil
}
