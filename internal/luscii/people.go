package luscii

import (
	"context"
	"iter"
	"strings"
	"time"

	"triageboard/internal/triage"
)

const (
	callPatients = "list patients"
	callHCPs     = "export hcps"
)

// Patients lists the organisation's patients: GET /v1/patients with the service
// key. The key may lack the right (triage.ErrForbidden).
func (c *Client) Patients(ctx context.Context) iter.Seq2[triage.Patient, error] {
	return list(ctx, c, callPatients, c.pages(ctx, callPatients, nil, "patients"), decodePatient)
}

// decodePatient reads the patient object. Most of its fields may be null; only
// one without an id is of no use.
func decodePatient(f fields) (triage.Patient, bool) {
	group, program, protocol, organization := f.sub("group"), f.sub("program"), f.sub("protocol"), f.sub("organization")
	patient := triage.Patient{
		ID:             triage.PatientID(f.id("id")),
		FirstName:      f.text("firstName"),
		MiddleName:     f.text("middleName"),
		LastName:       f.text("lastName"),
		BirthDate:      birthDate(f.text("dateOfBirth")),
		Sex:            f.text("sex"),
		Number:         patientNumber(f.object["identifiers"]),
		Status:         f.text("status"),
		Phone:          f.text("phone"),
		Email:          f.text("email"),
		Group:          triage.GroupID(group.id("id")),
		GroupName:      group.text("name"),
		Program:        triage.ProgramID(program.id("id")),
		ProgramName:    program.text("name"),
		Protocol:       triage.ProtocolID(protocol.id("id")),
		ProtocolName:   protocol.text("name"),
		OrganizationID: organization.id("id"),
		Organization:   organization.text("name"),
	}
	if patient.ID == "" {
		f.found.gap("patient without id")
		return triage.Patient{}, false
	}
	return patient, true
}

// birthDate takes the date as it is written, from a date or from a midnight. A
// date-time at another hour could mean this day or the next, depending on a zone
// nobody states: it gives none, for a wrong date of birth names a wrong patient.
func birthDate(raw string) string {
	raw = strings.TrimSpace(raw)
	if len(raw) < len(time.DateOnly) {
		return ""
	}
	date, rest := raw[:len(time.DateOnly)], raw[len(time.DateOnly):]
	if _, err := time.Parse(time.DateOnly, date); err != nil {
		return ""
	}
	if rest == "" {
		return date
	}
	if at, _, ok := parseTime(raw, time.UTC); ok && strings.HasPrefix(rest[1:], "00:00") && at.Second() == 0 && at.Nanosecond() == 0 {
		return date
	}
	return ""
}

// HCPs lists the health-care professionals: the hcps export with the service
// key. It takes no dates.
func (c *Client) HCPs(ctx context.Context) iter.Seq2[triage.HCP, error] {
	return list(ctx, c, callHCPs, c.export(ctx, callHCPs, "hcps"), decodeHCP)
}

// decodeHCP reads a row of the export. Its columns come as text or as numbers.
func decodeHCP(f fields) (triage.HCP, bool) {
	hcp := triage.HCP{
		ID:         triage.HCPID(f.id("UUID")),
		FirstName:  f.text("First_Name"),
		MiddleName: f.text("Middle_Name"),
		LastName:   f.text("Last_Name"),
		Email:      f.text("Email"),
		Role:       triage.ParseRole(f.text("Role")),
		Active:     strings.EqualFold(strings.TrimSpace(f.text("Status")), "active"),
		Groups:     f.text("Groups"),
	}
	if hcp.ID == "" {
		f.found.gap("professional without id")
		return triage.HCP{}, false
	}
	return hcp, true
}
