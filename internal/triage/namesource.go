package triage

// NameSource says where the patients' names came from. Luscii's Export API isn't
// meant for use in care, so what came from it is labelled, with its age.
type NameSource string

// The sources of names.
const (
	NamesFromAPI    NameSource = "patients"
	NamesFromExport NameSource = "export"
)
