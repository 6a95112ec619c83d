package templates

import "triageboard/web/templates/components"

// Reports lists the reports there are, and the user's downloads.
type Reports struct {
	Page
	Reports   []ReportItem
	Downloads []Download
}

// ReportItem is one report in the list.
type ReportItem struct {
	Name, Title, Text string
	Href              string
	Dates             string // whether it takes dates, in words
	Newer             string // that an API may not know it; empty: it does
}

// Report is the page of one report: what it holds, a preview, and the way to
// fetch all of it.
type Report struct {
	Page
	Name, Text   string
	Dated        bool // it takes dates
	Required     bool // it needs them
	From, To     string
	Errors       map[string]string // by field
	Problem      *components.Notice
	Warnings     []string
	Columns      []ReportColumn
	Shown        bool // a preview was asked for and came
	Head         []string
	Rows         [][]string
	Count        string // what the preview shows
	Next, Back   string // its other pages; empty: none
	Zone         string // what is assumed of times without a zone
	HowLong      string // about how long all of it takes; empty: not known
	Fetch        string // where the form that fetches all of it goes
	WithNational bool   // the citizen service number can be asked for
	Reason       string
	National     bool
}

// What a download's buttons ask for.
const (
	CancelDownload = "cancel"
	ResumeDownload = "resume"
	RemoveDownload = "remove"
)

// longCell is how many bytes of a cell stand on one line of a preview.
const longCell = 48

// ReportColumn is a column and what its cells hold.
type ReportColumn struct{ Name, Kind, Aside string }

// FileLink leads to a file in one format.
type FileLink struct{ Format, Href string }

// Download is how far a user's download has come.
type Download struct {
	Page
	ID, Title, Range string
	Href             string // its page
	State, Word      string
	Running          bool
	Done             bool
	Resumable        bool
	Fetched, Parts   int // of what the progress bar shows; no parts: not known
	Lines            []string
	Error            string
	Missing          []string
	Warnings         []string
	National         string // that it holds the citizen service number; empty: it doesn't
	Files            []FileLink
	Partial          []FileLink // what has come of one that isn't complete
	Keeps            string     // until when it is kept
	Poll             string     // where its part of the page is renewed from
	Act              string     // the address its buttons' forms stand below
}
