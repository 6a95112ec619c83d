package sandbox

import (
	"encoding/json"
	"time"
)

// text is a string whose empty value is null.
type text string

// MarshalJSON gives null for the empty text.
func (t text) MarshalJSON() ([]byte, error) {
	if t == "" {
		return []byte("null"), nil
	}
	return json.Marshal(string(t))
}

// stamp is a time as the Alerts API writes it, whole seconds with a Z. The
// zero time is null.
type stamp struct{ time.Time }

// MarshalJSON gives null for the zero time.
func (s stamp) MarshalJSON() ([]byte, error) { return s.appendJSON(nil), nil }

func (s stamp) appendJSON(b []byte) []byte {
	if s.IsZero() {
		return append(b, "null"...)
	}
	return s.UTC().AppendFormat(b, `"2006-01-02T15:04:05Z"`)
}

// wireAlert is the alert object, its sixteen fields.
type wireAlert struct {
	ID            uuid   `json:"id"`
	UserID        uuid   `json:"userId"`
	GroupID       uuid   `json:"groupId"`
	ProtocolID    uuid   `json:"protocolId"`
	ProgramID     uuid   `json:"programId"`
	MeasurementID uuid   `json:"measurementId"`
	InstrumentID  uuid   `json:"instrumentId"`
	Type          string `json:"type"`
	Flag          string `json:"flag"`
	Status        string `json:"status"`
	ProcessedAt   stamp  `json:"processedAt"`
	ProcessedBy   uuid   `json:"processedBy"`
	EscalatedAt   stamp  `json:"escalatedAt"`
	EscalatedBy   uuid   `json:"escalatedBy"`
	CreatedAt     stamp  `json:"createdAt"`
	UpdatedAt     stamp  `json:"updatedAt"`
}

func (a *alert) wire() wireAlert {
	return wireAlert{
		ID:            a.id,
		UserID:        a.patient.id,
		GroupID:       a.group.id,
		ProtocolID:    a.protocol.ref(),
		ProgramID:     a.program.ref(),
		MeasurementID: a.measurement,
		InstrumentID:  a.instrument,
		Type:          a.kind,
		Flag:          a.flag,
		Status:        a.status,
		ProcessedAt:   stamp{a.processedAt},
		ProcessedBy:   a.processedBy,
		EscalatedAt:   stamp{a.escalatedAt},
		EscalatedBy:   a.escalatedBy,
		CreatedAt:     stamp{a.createdAt},
		UpdatedAt:     stamp{a.updatedAt},
	}
}

// wireRecord is the information record.
type wireRecord struct {
	AlertID        uuid   `json:"alertId"`
	Action         string `json:"action"`
	Category       text   `json:"category"`
	AdditionalInfo text   `json:"additionalInfo"`
	ActionSource   text   `json:"actionSource"`
	CreatedAt      stamp  `json:"createdAt"`
	UpdatedAt      stamp  `json:"updatedAt"`
}

func (r record) wire(alertID uuid) wireRecord {
	return wireRecord{
		AlertID:        alertID,
		Action:         r.action,
		Category:       text(r.category),
		AdditionalInfo: text(r.note),
		ActionSource:   text(r.source),
		CreatedAt:      stamp{r.at},
		UpdatedAt:      stamp{r.at},
	}
}

// wirePatient is the patient of NOTES.md.
type wirePatient struct {
	ID           uuid             `json:"id"`
	CreatedAt    stamp            `json:"createdAt"`
	UpdatedAt    stamp            `json:"updatedAt"`
	ActivatedAt  text             `json:"activatedAt"` // a date or a date and time
	Timezone     string           `json:"timezone"`
	Language     text             `json:"language"`
	FirstName    text             `json:"firstName"`
	MiddleName   text             `json:"middleName"`
	LastName     text             `json:"lastName"`
	DateOfBirth  text             `json:"dateOfBirth"`
	Sex          text             `json:"sex"`
	Status       text             `json:"status"`
	Email        text             `json:"email"`
	Phone        text             `json:"phone"`
	AccountName  text             `json:"accountName"`
	Identifiers  []wireIdentifier `json:"identifiers"`
	Organization wireOrganization `json:"organization"`
	Group        *wireNamed       `json:"group"`
	Program      *wireProgram     `json:"program"`
	Protocol     *wireNamed       `json:"protocol"`
}

type wireIdentifier struct {
	Use      string       `json:"use"`
	Type     wireConcept  `json:"type"`
	System   string       `json:"system"`
	Value    string       `json:"value"`
	Assigner wireAssigner `json:"assigner"`
}

type wireConcept struct {
	Coding []wireCoding `json:"coding"`
}

type wireCoding struct {
	System string `json:"system"`
	Code   string `json:"code"`
}

type wireAssigner struct {
	Display text `json:"display"`
}

type wireOrganization struct {
	ID         uuid   `json:"id"`
	Name       string `json:"name"`
	ParentID   uuid   `json:"parentId"`
	ParentName text   `json:"parentName"`
}

type wireNamed struct {
	ID   uuid   `json:"id"`
	Name string `json:"name"`
}

type wireProgram struct {
	ID        uuid   `json:"id"`
	Name      string `json:"name"`
	StartDate text   `json:"startDate"`
	EndDate   text   `json:"endDate"`
}

func (n *named) wire() *wireNamed {
	if n == nil {
		return nil
	}
	return &wireNamed{ID: n.id, Name: n.name}
}

func (p *patient) wire(organization wireOrganization) wirePatient {
	w := wirePatient{
		ID:           p.id,
		CreatedAt:    stamp{p.createdAt},
		UpdatedAt:    stamp{p.createdAt},
		Timezone:     "Europe/Amsterdam",
		Language:     text(p.language),
		FirstName:    text(p.name.first),
		MiddleName:   text(p.name.middle),
		LastName:     text(p.name.last),
		DateOfBirth:  text(p.born),
		Sex:          text(p.sex),
		Status:       text(p.status),
		Email:        text(p.email),
		Phone:        text(p.phone),
		AccountName:  text(p.account),
		Identifiers:  p.identifiers(organization.Name),
		Organization: organization,
		Protocol:     p.protocol.wire(),
	}
	if !p.activatedAt.IsZero() {
		w.UpdatedAt = stamp{p.activatedAt}
		w.ActivatedAt = text(p.activatedAt.Format("2006-01-02T15:04:05Z"))
		if p.dateOnly {
			w.ActivatedAt = text(p.activatedAt.Format(time.DateOnly))
		}
	}
	if p.cohort != nil {
		w.Group = p.cohort.group.wire()
	}
	if p.program != nil {
		w.Program = &wireProgram{ID: p.program.id, Name: p.program.name, StartDate: text(p.activatedAt.Format(time.DateOnly))}
	}
	return w
}

// identifiers are the national number, where known, and the hospital's; in this
// order, so that a client can't just take the first for the hospital's.
func (p *patient) identifiers(hospital string) []wireIdentifier {
	const codes = "http://terminology.hl7.org/CodeSystem/v2-0203"
	list := []wireIdentifier{}
	if p.bsn != "" {
		list = append(list, wireIdentifier{
			Use:    "official",
			Type:   wireConcept{Coding: []wireCoding{{System: codes, Code: "NNNLD"}}},
			System: "http://fhir.nl/fhir/NamingSystem/bsn",
			Value:  p.bsn,
		})
	}
	return append(list, wireIdentifier{
		Use:      "usual",
		Type:     wireConcept{Coding: []wireCoding{{System: codes, Code: "MR"}}},
		System:   "https://hospital.example/identifier/patient-number",
		Value:    p.number,
		Assigner: wireAssigner{Display: text(hospital)},
	})
}
