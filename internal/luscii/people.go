package luscii

import (
	"context"
	"iter"
	"net/http"
	"strings"
	"time"

	"triageboard/internal/export"
	"triageboard/internal/triage"
)

const (
	callPatients = "list patients"
	callPatient  = "read patient"
)

// Patients lists the organisation's patients: GET /v1/patients with the service
// key. The key may lack the right (triage.ErrForbidden).
func (c *Client) Patients(ctx context.Context) iter.Seq2[triage.Patient, error] {
	return list(ctx, c, callPatients, c.pages(ctx, callPatients, nil, "patients"), decodePatient)
}

// Patient reads one patient: GET /v1/patients/{id} with the service key. The
// error matches triage.ErrNotFound where Luscii knows no such patient.
func (c *Client) Patient(ctx context.Context, id triage.PatientID) (triage.Patient, error) {
	if !addressable(id) {
		return triage.Patient{}, &Error{Call: callPatient, Kinds: []error{triage.ErrNotFound}, Err: reason("no id a patient can have")}
	}
	sent := request{call: callPatient, method: http.MethodGet, path: []string{"patients", string(id)}, key: c.key, rank: rankOf(ctx)}
	got, err := c.read(ctx, sent)
	if err != nil {
		return triage.Patient{}, err
	}
	env, err := c.open(ctx, sent, got)
	if err != nil {
		return triage.Patient{}, err
	}
	found := findings{errs: env.errs}
	defer func() { c.report(ctx, callPatient, &found) }()
	if len(env.items) == 1 {
		if o, ok := parseObject(env.items[0]); ok {
			patient, ok := decodePatient(fields{object: o, zone: c.zone, found: &found})
			if ok && patient.ID == id { // another's name would be worse than none
				return patient, nil
			}
		}
	}
	return triage.Patient{}, c.malformed(ctx, sent, got, flaw{what: "not the patient asked for"})
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

// HCPs lists the health-care professionals: the hcps report with the service
// key. The key may lack the right (triage.ErrForbidden).
func (c *Client) HCPs(ctx context.Context) iter.Seq2[triage.HCP, error] {
	return fromReport(ctx, c, export.HCPs, decodeHCP)
}

// decodeHCP reads a row of the hcps report.
func decodeHCP(f cells) (triage.HCP, bool) {
	hcp := triage.HCP{
		ID:         triage.HCPID(f.text("UUID")),
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

// PatientsReport lists the organisation's patients by the patients report, for
// where the Patients API can't be read: it has names, but no ids of groups,
// programs or protocols. The citizen service number is left where it came.
func (c *Client) PatientsReport(ctx context.Context) iter.Seq2[triage.Patient, error] {
	return fromReport(ctx, c, export.Patients, decodePatientRow)
}

func decodePatientRow(f cells) (triage.Patient, bool) {
	patient := triage.Patient{
		ID:           triage.PatientID(f.text("Patient_UUID")),
		FirstName:    f.text("First_Name"),
		MiddleName:   f.text("Middle_Name"),
		LastName:     f.text("Last_Name"),
		BirthDate:    birthDate(f.text("Date_Of_Birth")),
		Sex:          f.text("Sex"),
		Number:       f.text("Patient_Number"),
		Status:       f.text("Status"),
		Phone:        f.text("Phone"),
		Email:        f.text("Email"),
		GroupName:    f.text("Group_Name"),
		ProgramName:  f.text("Program_Name"),
		ProtocolName: f.text("Protocol"),
	}
	if national := f.text("BSN"); national != "" && bare(patient.Number) == bare(national) {
		patient.Number = "" // as in patientNumber (R27)
	}
	if patient.ID == "" {
		f.found.gap("patient without id")
		return triage.Patient{}, false
	}
	return patient, true
}

// cells reads one row of a report column by column and notes what was odd.
type cells struct {
	report export.Report
	row    export.Row
	found  *findings
}

// text is a copy of a column's text: a page's texts share their memory, and with
// it everything else that stood there.
func (f cells) text(column string) string {
	return strings.Clone(f.row.Cells[f.report.Index(column)].Text)
}

// fromReport makes values of a whole report that takes no dates. It is complete
// where it ends without an error, as a listing is.
func fromReport[T any](ctx context.Context, c *Client, kind export.Type, decode func(cells) (T, bool)) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		var zero T
		var found findings
		report, _ := export.Lookup(string(kind))
		for page, err := range c.sheets(ctx, report, export.Request{Type: kind}, rankOf(ctx)) {
			if page != nil {
				found.errs = append(found.errs, page.errs...)
				for _, row := range page.rows {
					if item, ok := decode(cells{report: report, row: row, found: &found}); ok && !yield(item, nil) {
						return
					}
				}
			}
			if err != nil {
				yield(zero, err)
				return
			}
		}
		if e := found.partial(exportCall(kind)); e != nil {
			yield(zero, e)
		}
	}
}
