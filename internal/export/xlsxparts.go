package export

import (
	"fmt"
	"io"
	"strings"
	"time"
)

const (
	xmlHead = `<?xml version="1.0" encoding="UTF-8" standalone="yes"?>` + "\n"
	office  = "http://schemas.openxmlformats.org/officeDocument/2006"
	packed  = "http://schemas.openxmlformats.org/package/2006"
	main    = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
	media   = "application/vnd.openxmlformats-officedocument"
	readMe  = "Read me"
)

// assumed says in a sentence which zone times are in.
func (s *Schema) assumed() string {
	return "Times stand here as Luscii gave them. They come without a time zone and are assumed to be in " + s.Zone.String() +
		", unless a column of the row names another zone."
}

// explain adds the sheet that says what the workbook holds.
func (e *xlsxEncoder) explain() error {
	if err := e.beginSheet(readMe); err != nil {
		return err
	}
	lines := [][2]string{{"What", "A report of Luscii's Export API, written by Triage Board"}}
	for _, told := range e.schema.about() {
		lines = append(lines, [2]string{strings.ReplaceAll(told[0], "_", " "), told[1]})
	}
	if e.schema.Zoneless() {
		lines = append(lines, [2]string{"times", e.schema.assumed()})
	}
	if e.schema.zoned {
		lines = append(lines, [2]string{"times with an offset",
			"Times that came with an offset from UTC stand here as a clock in " + e.schema.Zone.String() + " showed them."})
	}
	lines = append(lines, [2]string{"cells", "A cell that isn't of its column's kind stands as the text it came as."})
	lines = append(lines, [2]string{"", ""}, [2]string{"Column", "Holds"})
	for i, c := range e.schema.Columns {
		lines = append(lines, [2]string{c.Name, e.schema.reported[i].String()})
	}
	for i, line := range lines {
		e.open()
		for c, text := range line {
			style := plainStyle
			if i == 0 && c == 0 || line[0] == "Column" {
				style = headStyle
			} else if risky(text) {
				style = quotedStyle
			}
			e.text(letters(c), style, text)
		}
		if err := e.end(); err != nil {
			return err
		}
	}
	return e.endSheet()
}

// writeParts adds what makes the sheets a workbook.
func (e *xlsxEncoder) writeParts() error {
	var types, sheets, relations strings.Builder
	for i, name := range e.sheets {
		n := i + 1
		fmt.Fprintf(&types, `<Override PartName="/xl/worksheets/sheet%d.xml" ContentType="%s.spreadsheetml.worksheet+xml"/>`, n, media)
		fmt.Fprintf(&sheets, `<sheet name="%s" sheetId="%d" r:id="rId%d"/>`, name, n, n)
		fmt.Fprintf(&relations, `<Relationship Id="rId%d" Type="%s/relationships/worksheet" Target="worksheets/sheet%d.xml"/>`, n, office, n)
	}
	fmt.Fprintf(&relations, `<Relationship Id="rId%d" Type="%s/relationships/styles" Target="styles.xml"/>`, len(e.sheets)+1, office)
	for _, part := range [...][2]string{
		{"[Content_Types].xml", `<Types xmlns="` + packed + `/content-types">` +
			`<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>` +
			`<Override PartName="/xl/workbook.xml" ContentType="` + media + `.spreadsheetml.sheet.main+xml"/>` +
			`<Override PartName="/xl/styles.xml" ContentType="` + media + `.spreadsheetml.styles+xml"/>` +
			`<Override PartName="/docProps/core.xml" ContentType="application/vnd.openxmlformats-package.core-properties+xml"/>` +
			types.String() + `</Types>`},
		{"_rels/.rels", `<Relationships xmlns="` + packed + `/relationships">` +
			`<Relationship Id="rId1" Type="` + office + `/relationships/officeDocument" Target="xl/workbook.xml"/>` +
			`<Relationship Id="rId2" Type="` + packed + `/relationships/metadata/core-properties" Target="docProps/core.xml"/>` +
			`</Relationships>`},
		{"xl/workbook.xml", `<workbook xmlns="` + main + `" xmlns:r="` + office + `/relationships"><sheets>` + sheets.String() + `</sheets></workbook>`},
		{"xl/_rels/workbook.xml.rels", `<Relationships xmlns="` + packed + `/relationships">` + relations.String() + `</Relationships>`},
		{"xl/styles.xml", styles},
		{"docProps/core.xml", e.schema.properties()},
	} {
		w, err := e.zip.Create(part[0])
		if err != nil {
			return err
		}
		if _, err := io.WriteString(w, xmlHead+part[1]); err != nil {
			return err
		}
	}
	return nil
}

// properties are the document's own, with the zone that is assumed.
func (s *Schema) properties() string {
	p := `<cp:coreProperties xmlns:cp="` + packed + `/metadata/core-properties" xmlns:dc="http://purl.org/dc/elements/1.1/"` +
		` xmlns:dcterms="http://purl.org/dc/terms/" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">` +
		`<dc:title>` + string(s.Report) + `</dc:title><dc:creator>Triage Board</dc:creator>`
	if s.Zoneless() {
		p += `<dc:description>` + string(appendXML(nil, s.assumed())) + `</dc:description>`
	}
	if !s.Fetched.IsZero() {
		p += `<dcterms:created xsi:type="dcterms:W3CDTF">` + s.Fetched.UTC().Format(time.RFC3339) + `</dcterms:created>`
	}
	return p + `</cp:coreProperties>`
}

// styles are the cell styles, in the order of their constants.
const styles = `<styleSheet xmlns="` + main + `">` +
	`<numFmts count="2"><numFmt numFmtId="164" formatCode="yyyy\-mm\-dd"/><numFmt numFmtId="165" formatCode="yyyy\-mm\-dd\ hh:mm:ss"/></numFmts>` +
	`<fonts count="2"><font><sz val="11"/><name val="Calibri"/></font><font><b/><sz val="11"/><name val="Calibri"/></font></fonts>` +
	`<fills count="2"><fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill></fills>` +
	`<borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders>` +
	`<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs>` +
	`<cellXfs count="5">` +
	`<xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/>` +
	`<xf numFmtId="49" fontId="1" fillId="0" borderId="0" xfId="0" applyNumberFormat="1" applyFont="1" quotePrefix="1"/>` +
	`<xf numFmtId="164" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/>` +
	`<xf numFmtId="165" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/>` +
	`<xf numFmtId="49" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1" quotePrefix="1"/>` +
	`</cellXfs>` +
	`<cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles>` +
	`</styleSheet>`
