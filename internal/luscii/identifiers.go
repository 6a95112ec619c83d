package luscii

import (
	"encoding/json"
	"strings"
	"unicode"
)

// identifier is one of a patient's identifiers.
type identifier struct {
	use    string
	value  string
	system string
	codes  []string // codes and systems of type.coding
}

// patientNumber picks the hospital's own number for a patient among the
// identifiers; empty where none is certain to be one. A national number, such
// as the BSN, must never stand in its place (R27), so in doubt it is left out:
// an identifier that says neither its system nor a type of a hospital's number,
// and one whose value also stands under a national system.
func patientNumber(raw json.RawMessage) string {
	var elements []json.RawMessage
	if shapeOf(raw) != shapeArray || json.Unmarshal(raw, &elements) != nil {
		return ""
	}
	ids := make([]identifier, 0, len(elements))
	national := map[string]bool{"": true} // no value is no number
	for _, element := range elements {
		id := parseIdentifier(element)
		if id.national() {
			national[bare(id.value)] = true
		}
		ids = append(ids, id)
	}
	best, number := 0, ""
	for _, id := range ids {
		if national[bare(id.value)] || !id.vouchedFor() {
			continue
		}
		if rank := id.rank(); rank > best {
			best, number = rank, id.value
		}
	}
	return number
}

func parseIdentifier(raw json.RawMessage) identifier {
	o, _ := parseObject(raw)
	id := identifier{
		use:    strings.ToLower(textOf(o["use"])),
		value:  strings.TrimSpace(textOf(o["value"])),
		system: textOf(o["system"]),
	}
	if s := shapeOf(o["value"]); s != shapeString && s != shapeNumber {
		id.value = ""
	}
	kind, _ := parseObject(o["type"])
	var codings []json.RawMessage
	if shapeOf(kind["coding"]) == shapeArray && json.Unmarshal(kind["coding"], &codings) != nil {
		return id
	}
	for _, coding := range codings {
		c, _ := parseObject(coding)
		id.codes = append(id.codes, textOf(c["code"]), textOf(c["system"]))
	}
	return id
}

// bare is a value without what is only there to read it by, so that 1234.56.782
// and 0123456782 are the same number.
func bare(value string) string {
	digits := strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return unicode.ToLower(r)
		}
		return -1
	}, value)
	return strings.TrimLeft(digits, "0")
}

// rank prefers what is used day by day; 0 is never taken: old and temporary
// numbers.
func (id identifier) rank() int {
	switch id.use {
	case "usual":
		return 4
	case "official":
		return 3
	case "secondary":
		return 1
	case "old", "temp":
		return 0
	}
	return 2
}

// vouchedFor says that something names where the value comes from.
func (id identifier) vouchedFor() bool {
	if strings.TrimSpace(id.system) != "" {
		return true
	}
	for _, code := range id.codes {
		switch strings.ToUpper(code) {
		case "MR", "PI", "PT": // HL7 v2 table 0203: medical record, internal, external number
			return true
		}
	}
	return false
}

func (id identifier) national() bool {
	if nationalName(id.system) {
		return true
	}
	for _, code := range id.codes {
		if nationalName(code) || nationalCode(code) {
			return true
		}
	}
	return false
}

// nationalName recognises the name or address of a national numbering system.
func nationalName(name string) bool {
	name = strings.ToLower(name)
	for _, part := range []string{
		"nhs-number", "nhs_number", "nhsnumber", "chi-number", "health-care-number",
		"2.16.840.1.113883.2.4.6.3", // BSN
		"2.16.840.1.113883.2.1.4.1", // NHS number
		"2.16.840.1.113883.4.1",     // US social security
	} {
		if strings.Contains(name, part) {
			return true
		}
	}
	words := strings.FieldsFunc(name, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
	for _, word := range words {
		switch word {
		case "burgerservicenummer", "ssn", "ssin", "insz", "niss", "kvnr", "kvid", "passport", "national":
			return true
		}
		if strings.HasPrefix(word, "bsn") || strings.HasSuffix(word, "bsn") {
			return true
		}
	}
	return false
}

// nationalCode recognises the codes of HL7 v2 table 0203 for numbers a state or
// an insurer gives.
func nationalCode(code string) bool {
	code = strings.ToUpper(strings.TrimSpace(code))
	switch code {
	case "NI", "NH", "SS", "SB", "PPN", "DL", "TAX", "HC", "JHN", "CZ", "WP", "PRC":
		return true
	}
	return len(code) == 5 && strings.HasPrefix(code, "NN") // national person identifier by country, such as NNNLD
}
