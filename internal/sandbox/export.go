package sandbox

import (
	"net/http"
	"slices"
)

// reports are the Export API's report types. The sandbox makes hcps so far.
var reports = []string{
	"patients", "measurements", "alerts", reportHCPs, "patientsMutations", "starRatings", "plannedActions",
	"patientsWorkflowHistory", "patientsProgramsHistory", "patientsSettingsHistory", "usersStatusChangeReasons",
}

const reportHCPs = "hcps"

// exportMeta is the Export API's meta.
type exportMeta struct {
	PerPage int `json:"perPage"`
	cursors
	NextPageURL *string `json:"nextPageUrl"`
	PrevPageURL *string `json:"prevPageUrl"`
}

// export is POST /v1/export/{report}. The example that says GET is refused
// with 405.
func (s *Sandbox) export(r *http.Request, _ *hcp) (any, error) {
	report := r.PathValue("report")
	if !slices.Contains(reports, report) {
		return nil, errNotFound("report type")
	}
	if report != reportHCPs {
		return nil, errValidation("reportType", "This sandbox makes no such report: "+report+".")
	}
	query := r.URL.Query()
	for _, name := range []string{"startDate", "endDate"} {
		if query.Has(name) {
			return nil, errValidation(name, "The "+name+" is forbidden for this report type.")
		}
	}
	// The page knows no perPage here; its sample shows 50.
	p := paging{scope: "hcps", cursor: query.Get("cursor"), perPage: defaultPerPage, disorder: disorderOf(r)}
	rows, c, err := page(s.staff.sequence(s.zone, s.store.processedBy()), p, s.signer)
	return envelope{exportMeta{defaultPerPage, c, pageURL(r, c.Next), pageURL(r, c.Prev)}, rows}, err
}

// pageURL is the absolute address of another page; nil without a cursor.
func pageURL(r *http.Request, cursor *string) *string {
	if cursor == nil {
		return nil
	}
	scheme := "http://"
	if r.TLS != nil {
		scheme = "https://"
	}
	address := scheme + r.Host + r.URL.Path + "?cursor=" + *cursor
	return &address
}
