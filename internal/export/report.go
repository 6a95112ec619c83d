// Package export knows the reports of Luscii's Export API: their names, which
// dates they take and what their columns hold. Everything that asks for a
// report, shows one or writes one to a file reads it from the one table here.
package export

// Type names a report as the API's reference page does.
type Type string

// The eleven reports of the reference page.
const (
	Patients                 Type = "patients"
	Measurements             Type = "measurements"
	Alerts                   Type = "alerts"
	HCPs                     Type = "hcps"
	PatientsMutations        Type = "patientsMutations"
	StarRatings              Type = "starRatings"
	PlannedActions           Type = "plannedActions"
	PatientsWorkflowHistory  Type = "patientsWorkflowHistory"
	PatientsProgramsHistory  Type = "patientsProgramsHistory"
	PatientsSettingsHistory  Type = "patientsSettingsHistory"
	UsersStatusChangeReasons Type = "usersStatusChangeReasons"
)

// Two that a newer page of Luscii adds; its columns aren't public (NOTES.md).
const (
	MeasurementsWithQuestionnaires Type = "measurementsWithQuestionnaires"
	MeasurementsForQuestionnaires  Type = "measurementsForQuestionnaires"
)

// DateRule says whether a report takes a range of dates.
type DateRule int

// The rules of the reference page. It is silent on five reports, for which a
// newer page requires dates.
const (
	DatesRequired DateRule = iota
	DatesForbidden
	DatesOptional
)

// Kind is what the cells of a column hold. A cell that holds something else is
// kept as it came.
type Kind int

// The kinds of columns.
const (
	Text    Kind = iota
	Count        // a whole number, given as a number or as text
	Number       // a number, or an answer in words
	Flag         // yes or no, given as 1, 0, true, false or their text
	Day          // a date, YYYY-MM-DD
	Moment       // a date and time without a zone
	Instant      // a date and time with an offset: no report has such a column, but a cell may
)

// String is the kind's name, for descriptions of a file.
func (k Kind) String() string {
	switch k {
	case Count:
		return "whole number"
	case Number:
		return "number"
	case Flag:
		return "yes or no"
	case Day:
		return "date"
	case Moment:
		return "date and time without a zone"
	case Instant:
		return "date and time"
	default:
		return "text"
	}
}

// Column is one column of a report.
type Column struct {
	Name string // as the API writes it
	Kind Kind
	// National marks the citizen service number, which only an HC_ADMIN gets and
	// only with a reason (R27).
	National bool
}

// Report is one kind of export.
type Report struct {
	Type    Type
	Dates   DateRule
	Newer   bool     // on no page but a newer one: an API may not know it
	Columns []Column // those the reference page shows, in its order
}

// Reports are all reports, in the reference page's order, the newer ones last.
// The caller must not change what it points to.
func Reports() []Report { return reports }

// Lookup finds a report by the name the API gives it.
func Lookup(name string) (Report, bool) {
	for _, r := range reports {
		if string(r.Type) == name {
			return r, true
		}
	}
	return Report{}, false
}

// Index is a column's place; -1 where the report has none of that name.
func (r Report) Index(column string) int {
	for i, c := range r.Columns {
		if c.Name == column {
			return i
		}
	}
	return -1
}
