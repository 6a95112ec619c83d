package luscii

import (
	"encoding/json"
	"fmt"
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"triageboard/internal/triage"
)

// NOTES: "The patient number is an identifier whose system is not a national
// one"; R27: a national number is never taken for it.
func TestPatientNumber(t *testing.T) {
	const hospital = `"system":"https://hospital.example/patient-number"`
	for name, tc := range map[string]struct{ identifiers, want string }{
		"none":                      {`null`, ""},
		"empty":                     {`[]`, ""},
		"no list":                   {`{"value":"1"}`, ""},
		"odd elements":              {`[null,"1",{` + hospital + `,"value":"7"}]`, "7"},
		"hospital's":                {`[{` + hospital + `,"value":"0042"}]`, "0042"},
		"a number":                  {`[{` + hospital + `,"value":42}]`, "42"},
		"value an object":           {`[{` + hospital + `,"value":{"x":1}}]`, ""},
		"by type alone":             {`[{"type":{"coding":[{"code":"MR"}]},"value":"42"}]`, "42"},
		"says nothing of itself":    {`[{"value":"123456782"}]`, ""},
		"usual before official":     {`[{"use":"official",` + hospital + `,"value":"1"},{"use":"usual",` + hospital + `,"value":"2"}]`, "2"},
		"official before secondary": {`[{"use":"secondary",` + hospital + `,"value":"1"},{"use":"official",` + hospital + `,"value":"2"}]`, "2"},
		"none before secondary":     {`[{"use":"secondary",` + hospital + `,"value":"1"},{` + hospital + `,"value":"2"}]`, "2"},
		"first of equals":           {`[{` + hospital + `,"value":"1"},{` + hospital + `,"value":"2"}]`, "1"},
		"never an old one":          {`[{"use":"old",` + hospital + `,"value":"1"}]`, ""},

		"BSN":                     {`[{"system":"http://fhir.nl/fhir/NamingSystem/bsn","value":"123456782"}]`, ""},
		"BSN, capitals and slash": {`[{"system":"http://fhir.nl/fhir/NamingSystem/BSN/","value":"123456782"}]`, ""},
		"BSN by OID":              {`[{"system":"urn:oid:2.16.840.1.113883.2.4.6.3","value":"123456782"}]`, ""},
		"BSN by name":             {`[{"system":"burgerservicenummer","value":"123456782"}]`, ""},
		"BSN by type":             {`[{"type":{"coding":[{"code":"MR"},{"code":"NNNLD"}]},` + hospital + `,"value":"123456782"}]`, ""},
		"BSN by type's system":    {`[{"type":{"coding":[{"system":"https://x/bsn","code":"1"}]},` + hospital + `,"value":"1"}]`, ""},
		"NHS number":              {`[{"system":"https://fhir.nhs.uk/Id/nhs-number","value":"9434765919"}]`, ""},
		"NHS number by type":      {`[{"type":{"coding":[{"code":"nhs-number"}]},` + hospital + `,"value":"9434765919"}]`, ""},
		"passport":                {`[{"type":{"coding":[{"code":"ppn"}]},` + hospital + `,"value":"NX1"}]`, ""},
		"an NHS hospital's own":   {`[{"system":"https://fhir.trust.nhs.uk/mrn","value":"77"}]`, "77"},
		"BSN under two systems": {`[{` + hospital + `,"value":"0123.456.782"},` +
			`{"system":"http://fhir.nl/fhir/NamingSystem/bsn","value":"123456782"}]`, ""},
	} {
		t.Run(name, func(t *testing.T) {
			assert.Equal(t, tc.want, patientNumber(json.RawMessage(tc.identifiers)))
		})
	}
}

// R27, for any mix of identifiers: what stands under a national system anywhere
// is never the number.
func TestPatientNumberIsNeverNational(t *testing.T) {
	type coded struct {
		Use    string `json:"use,omitempty"`
		System string `json:"system,omitempty"`
		Value  string `json:"value"`
	}
	national := []string{"http://fhir.nl/fhir/NamingSystem/bsn", "urn:oid:2.16.840.1.113883.2.4.6.3", "https://fhir.nhs.uk/Id/nhs-number"}
	systems := append([]string{"", "https://hospital.example/mrn", "https://other.example/id"}, national...)
	rapid.Check(t, func(t *rapid.T) {
		ids := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) coded {
			return coded{
				Use:    rapid.SampledFrom([]string{"", "usual", "official", "secondary", "old"}).Draw(t, "use"),
				System: rapid.SampledFrom(systems).Draw(t, "system"),
				Value:  rapid.SampledFrom([]string{"", "123456782", "111222333", "42"}).Draw(t, "value"),
			}
		}), 0, 6).Draw(t, "identifiers")
		raw, err := json.Marshal(ids)
		if err != nil {
			t.Fatal(err)
		}
		number := patientNumber(raw)
		for _, id := range ids {
			for _, system := range national {
				if number != "" && id.System == system && id.Value == number {
					t.Fatalf("%s became the patient number", number)
				}
			}
		}
	})
}

func TestBirthDate(t *testing.T) {
	for raw, want := range map[string]string{
		"1945-07-14":                  "1945-07-14",
		" 1945-07-14 ":                "1945-07-14",
		"1945-07-14T00:00:00Z":        "1945-07-14",
		"1945-07-14 00:00:00":         "1945-07-14",
		"1945-07-14T00:00:00+02:00":   "1945-07-14",
		"1945-07-13T22:00:00Z":        "", // midnight of the 14th in Amsterdam, or the 13th: who knows
		"1945-07-14T00:00:01Z":        "",
		"1945-02-30":                  "",
		"14-07-1945":                  "",
		"1945-07-14x":                 "",
		"1945":                        "",
		"":                            "",
		"1945-07-14T00:00:00 o'clock": "",
	} {
		assert.Equal(t, want, birthDate(raw), raw)
	}
}

func TestPatientsAreReadLeniently(t *testing.T) {
	c := serve(t, always(http.StatusOK, data(
		`{"id":7,"firstName":12,"group":"A Group","program":{"id":3,"name":null},"dateOfBirth":false,"identifiers":"x"},{"firstName":"Nobody"}`)))
	patients, err := collect(c.Patients(t.Context()))
	assert.Equal(t, []triage.Patient{{ID: "7", FirstName: "12", Program: "3"}}, patients)
	assert.Equal(t, []error{triage.ErrPartial}, kinds(err))
	assert.NotContains(t, c.log.String(), "Nobody")
}

// NOTES: "A key may lack access (403)".
func TestPatientsForbidden(t *testing.T) {
	c := serve(t, always(http.StatusForbidden, `{"errors":[{"code":"forbidden"}]}`))
	_, err := collect(c.Patients(t.Context()))
	assert.Equal(t, []error{triage.ErrForbidden}, kinds(err))
}

// NOTES: "Flexible numbers and booleans in export rows"; "HC_PRIMARY and
// hc_primary"; group names may hold commas, so they stay one text.
func TestHCPsAreReadLeniently(t *testing.T) {
	c := serve(t, always(http.StatusOK, data(
		`{"UUID":5,"First_Name":"A","Role":"HC_Admin","Status":"ACTIVE","Groups":"COPD, Hart, links","Processed_Alerts":"3"},`+
			`{"UUID":"6","Role":"hc_trainee","Status":"inactive","Groups":null},`+
			`{"UUID":"7","Status":null,"Groups":12},{"UUID":null}`)))
	hcps, err := collect(c.HCPs(t.Context()))
	assert.Equal(t, []triage.HCP{
		{ID: "5", FirstName: "A", Role: triage.RoleAdmin, Active: true, Groups: "COPD, Hart, links"},
		{ID: "6", Role: "hc_trainee"},
		{ID: "7", Groups: "12"},
	}, hcps)
	assert.Equal(t, []error{triage.ErrPartial}, kinds(err))
}

// NOTES: "POST with query string and empty body; on 405 or 404 try GET once and
// remember which worked".
func TestExportMethodIsFoundAndRemembered(t *testing.T) {
	for _, refused := range []int{http.StatusMethodNotAllowed, http.StatusNotFound} {
		for _, works := range []string{http.MethodPost, http.MethodGet} {
			t.Run(fmt.Sprint(works, " else ", refused), func(t *testing.T) {
				var asked []string
				accepted := works
				c := serve(t, func(w http.ResponseWriter, r *http.Request) {
					asked = append(asked, r.Method+" "+r.URL.RawQuery)
					switch {
					case r.Method != accepted:
						answerJSON(w, refused, `{}`)
					case r.URL.RawQuery == "":
						answerJSON(w, http.StatusOK, `{"data":[{"UUID":"1"}],"meta":{"nextCursor":"x y"}}`)
					default:
						answerJSON(w, http.StatusOK, `{"data":[{"UUID":"2"}]}`)
					}
				})
				hcps, err := collect(c.HCPs(t.Context()))
				require.NoError(t, err)
				assert.Len(t, hcps, 2)
				want := []string{works + " ", works + " cursor=x+y"}
				if works == http.MethodGet {
					want = append([]string{"POST "}, want...)
				}
				assert.Equal(t, want, asked)

				asked = nil // remembered, and found again should it change
				accepted = map[string]string{"GET": "POST", "POST": "GET"}[works]
				_, err = collect(c.HCPs(t.Context()))
				require.NoError(t, err)
				assert.Equal(t, []string{works + " ", accepted + " ", accepted + " cursor=x+y"}, asked)
			})
		}
	}
	t.Run("neither works", func(t *testing.T) {
		var asked []string
		c := serve(t, func(w http.ResponseWriter, r *http.Request) {
			asked = append(asked, r.Method)
			answerJSON(w, http.StatusNotFound, `{}`)
		})
		_, err := collect(c.HCPs(t.Context()))
		assert.Equal(t, []error{triage.ErrNotFound}, kinds(err))
		assert.Equal(t, []string{"POST", "GET"}, asked)
	})
	t.Run("refused for another reason", func(t *testing.T) {
		var asked []string
		c := serve(t, func(w http.ResponseWriter, r *http.Request) {
			asked = append(asked, r.Method)
			answerJSON(w, http.StatusForbidden, `{}`)
		})
		_, err := collect(c.HCPs(t.Context()))
		assert.Equal(t, []error{triage.ErrForbidden}, kinds(err))
		assert.Equal(t, []string{"POST"}, asked)
	})
}

// NOTES: "GET /v1/patients/{id}". Another patient's name would be worse than
// none.
func TestPatient(t *testing.T) {
	body := fixture(t, "patients-list.json")
	var list struct{ Data []json.RawMessage }
	require.NoError(t, json.Unmarshal([]byte(body), &list))
	const id = triage.PatientID("a8ddfa24-df95-4625-8ef8-a7518a8dc6ea")
	var path, key string
	c := serve(t, func(w http.ResponseWriter, r *http.Request) {
		path, key = r.Method+" "+r.URL.EscapedPath(), r.Header.Get("Authorization")
		answerJSON(w, http.StatusOK, `{"data":`+string(list.Data[0])+`}`)
	})
	p, err := c.Patient(t.Context(), id)
	require.NoError(t, err)
	assert.Equal(t, "John van den Doe", p.Name())
	assert.Equal(t, "GET /v1/patients/"+string(id), path)
	assert.Equal(t, "Bearer "+serviceKey.Reveal(), key)

	_, err = c.Patient(t.Context(), "a/b ü")
	assert.Equal(t, []error{triage.ErrMalformed}, kinds(err), "that's somebody else")
	assert.Equal(t, "GET /v1/patients/a%2Fb%20%C3%BC", path)
	assert.NotContains(t, err.Error()+c.log.String(), "Doe")
	for _, odd := range []triage.PatientID{"", ".", ".."} {
		path = ""
		_, err = c.Patient(t.Context(), odd)
		assert.Equal(t, []error{triage.ErrNotFound}, kinds(err))
		assert.Empty(t, path, "nothing is sent")
	}

	for body, want := range map[string]error{
		`{"data":[]}`: triage.ErrMalformed, `{"data":null,"errors":[{"code":"x"}]}`: triage.ErrMalformed, `<html>`: triage.ErrMalformed,
	} {
		_, err = serve(t, always(http.StatusOK, body)).Patient(t.Context(), id)
		assert.Equal(t, []error{want}, kinds(err), body)
	}
	_, err = serve(t, always(http.StatusNotFound, `{"errors":[{"code":"not_found"}]}`)).Patient(t.Context(), id)
	assert.Equal(t, []error{triage.ErrNotFound}, kinds(err))
}
