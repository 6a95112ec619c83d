package export

import (
	"slices"
	"strings"
	"unicode"
)

// National says whether a name is one of the citizen service number (R27), however
// its words are joined: BSN, patientBsn, citizen_service_number, SofiNummer.
func National(name string) bool {
	words := wordsOf(name)
	joined := strings.Join(words, "")
	return slices.ContainsFunc(words, func(w string) bool { return strings.Contains(w, "bsn") || w == "nhs" }) ||
		strings.Contains(joined, "burgerservicen") || strings.Contains(joined, "citizenservicen") || strings.Contains(joined, "sofinumm")
}

// National says whether a field nobody announced holds the citizen service number:
// by its name, or somewhere in a value of several.
func (f Field) National() bool {
	several := strings.HasPrefix(f.Value.Text, "{") || strings.HasPrefix(f.Value.Text, "[")
	return National(f.Name) || several && National(f.Value.Text)
}

// National says whether the row's cell in that column holds the citizen service
// number: by the column, or, in a report of settings, by the setting.
func (r Report) National(row Row, column int) bool {
	if r.Columns[column].National {
		return true
	}
	return r.Type == PatientsSettingsHistory && r.Columns[column].Name == "Value" && National(row.Cells[r.Index("Key")].Text)
}

// wordsOf are the words of a name, in lower case: other signs than letters part
// them, and so does a capital behind a small letter.
func wordsOf(name string) []string {
	var parted strings.Builder
	small := false
	for _, r := range name {
		if small && unicode.IsUpper(r) {
			parted.WriteByte(' ')
		}
		small = unicode.IsLower(r)
		parted.WriteRune(unicode.ToLower(r))
	}
	return strings.FieldsFunc(parted.String(), func(r rune) bool { return !unicode.IsLetter(r) })
}
