package directory

import "triageboard/internal/triage"

// person is a patient as they are held: there may be a hundred thousand, and half
// of what is known of one stands with many.
type person struct {
	first, middle, last, born, sex, number, status, phone, email string

	care *care
}

// care is where and in what a patient is looked after.
type care struct {
	group                                triage.GroupID
	program                              triage.ProgramID
	protocol                             triage.ProtocolID
	groupName, programName, protocolName string
	organizationID, organization         string
}

// patient is all that is known of a person.
func (p person) patient(id triage.PatientID) triage.Patient {
	return triage.Patient{
		ID: id, FirstName: p.first, MiddleName: p.middle, LastName: p.last, BirthDate: p.born, Sex: p.sex,
		Number: p.number, Status: p.status, Phone: p.phone, Email: p.email,
		Group: p.care.group, GroupName: p.care.groupName, Program: p.care.program, ProgramName: p.care.programName,
		Protocol: p.care.protocol, ProtocolName: p.care.protocolName,
		OrganizationID: p.care.organizationID, Organization: p.care.organization,
	}
}

// holder makes persons of patients, who have in common with each other, and with
// the reading before, what is the same: so two readings can be compared by ==.
type holder struct {
	known *patients
	cares map[care]*care
	words triage.Words
}

func newHolder(known *patients) *holder {
	h := &holder{known: known, cares: map[care]*care{}, words: triage.Words{}}
	for _, p := range known.byID {
		h.cares[*p.care] = p.care
	}
	return h
}

func (h *holder) hold(p triage.Patient) person {
	place := care{
		group: p.Group, program: p.Program, protocol: p.Protocol,
		groupName: p.GroupName, programName: p.ProgramName, protocolName: p.ProtocolName,
		organizationID: p.OrganizationID, organization: p.Organization,
	}
	shared, ok := h.cares[place]
	if !ok {
		fresh := place
		shared = &fresh
		h.cares[place] = shared
	}
	triage.Share(h.words, &p.FirstName, &p.MiddleName, &p.LastName, &p.Sex, &p.Status)
	is := person{
		first: p.FirstName, middle: p.MiddleName, last: p.LastName, born: p.BirthDate, sex: p.Sex,
		number: p.Number, status: p.Status, phone: p.Phone, email: p.Email, care: shared,
	}
	if was, ok := h.known.byID[p.ID]; ok && was == is {
		return was // its texts are there already
	}
	return is
}
