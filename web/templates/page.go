// Package templates renders the pages, each a function of its view model. A
// view model holds what is shown, in words already; templates decide nothing
// that matters.
package templates

import (
	"fmt"
	"net/url"
	"strconv"
	"time"

	"github.com/a-h/templ"

	"triageboard/internal/i18n"
	"triageboard/internal/triage"
	"triageboard/web/templates/components"
)

// Page is what every page carries.
type Page struct {
	L         *i18n.Locale
	Base      string // the path the program is hosted below, without a slash at its end
	Assets    AssetURLs
	Title     string
	Sandbox   bool             // the upstream is the sandbox: the ribbon says so
	User      *User            // nil: nobody is signed in
	Here      string           // this page's path and query, where a switch of language returns to
	Refresh   time.Duration    // without JavaScript the page is fetched anew after this; zero: never
	RefreshTo string           // from there; empty: from where it came
	Fresh     triage.Freshness // title and icon say so where it isn't live; empty: the page shows no alerts
	Toast     *components.Toast
	OnBoard   bool // the page is the board itself, which needs less style than the others
}

// AssetURLs are the addresses of the built assets.
type AssetURLs struct{ CSS, DeskCSS, JS, Icon, IconLate, IconNotLive string }

// User is the signed-in professional as the top bar shows them.
type User struct {
	Name, Role   string
	SeesAudit    bool // the way to the audit trail is shown
	SeesInsights bool // the way to the insights is shown
	SeesReports  bool
	Tag          string // tells this user's pages from another's, and nothing else

	Theme, Density     string // empty: as the system, normal
	AutoAdvance, Sound bool

	Keymap string                    // which command each key gives, as JSON: the page binds them
	KeyOf  map[string]components.Key // by command
}

// To is a path of this program with its query, below the base.
func (p Page) To(path string, query url.Values) string {
	if len(query) == 0 {
		return p.Base + path
	}
	return p.Base + path + "?" + query.Encode()
}

// refresh is after how many seconds, and from where, the page is fetched anew.
func (p Page) refresh() string {
	after := strconv.Itoa(max(1, int(p.Refresh.Seconds())))
	if p.RefreshTo == "" {
		return after
	}
	return after + "; url=" + p.RefreshTo
}

// Status is the part of the top bar that every poll renews: how fresh the board
// is, and what waits.
type Status struct {
	Version      uint64    // of the snapshot this was made of; a page takes nothing older than it has (R13)
	Now          time.Time // by the board's clock: the page advances waiting times from it
	State        triage.Freshness
	ConfirmedAt  time.Time // zero: never
	Word         string
	Detail       string // "confirmed 12:03:45 · since 23 Oct"
	Reason       string // why it isn't live; empty: it is, or nobody knows
	Counts       triage.Counts
	Unknown      bool   // counts aren't known yet
	Aside        string // "2 red outside this filter"
	Unfinished   string // that actions of the viewer's own weren't done; empty: all were
	UnfinishedAt string // where they are listed
	Total        int    // alerts in the list
	Views        []ViewCount
	Interval     time.Duration
}

// ViewCount is how many alerts a view holds, and the element that says so.
type ViewCount struct {
	ID string
	N  int
}

// Choice is one link that sets or clears a filter, or changes the view.
type Choice struct {
	Label  string
	Shape  string // a shape of the sprite; empty: none
	Count  string // empty: not counted
	ID     string // of the element that says the count, where it is kept up to date
	Key    string // the key it is reached by; empty: none
	Href   string
	Active bool
}

// Menu is a filter with several values to choose from.
type Menu struct {
	Label   string
	Active  bool
	Choices []Choice
}

// WaitingMenu is the filter by waiting time; each choice is a button.
type WaitingMenu struct {
	Label   string
	Active  bool
	Choices []WaitingChoice
}

// WaitingChoice is one bound of the waiting time; an empty value sets none.
type WaitingChoice struct {
	Label, Value string
	Active       bool
}

// Find is the box a query is typed into.
type Find struct {
	Action  string // where it is sent; it names the list it is typed beside
	Text    string // of what is shown, or as typed
	Problem *TextProblem
}

// TextProblem says what of a query's text can't be read.
type TextProblem struct {
	Message           string
	Before, At, After string // the text, divided at the place it is about
	From, To          int    // the place, as browsers count
}

// Offer is something the list offers to do, by a link.
type Offer struct{ Text, Link, Href string }

// Views is the page of the user's own views.
type Views struct {
	Page
	Items []ViewItem
	Slots []int     // the keys there are
	New   *ViewItem // one that couldn't be saved, as typed
}

// ViewItem is a view that can be changed.
type ViewItem struct {
	ID, Href, Name, Text string
	Slot                 int
	Typed                string // the name as typed, where it was refused
	Problem              string // why it was; empty: it wasn't
}

// Board is the worklist beside one alert, or beside nothing.
type Board struct {
	Page
	Status    Status
	Views     []Choice
	Kept      []Choice // the user's own views
	Menus     []Menu
	Waiting   WaitingMenu
	ByPatient Choice
	Find      Find
	Saves     bool   // what is shown can be saved as a view
	Clear     string // the link that clears all filters; empty: none is set
	List      List
	Stream    string // the event stream of what changes in the list
	Poll      string // what is asked to renew list and status
	Undo      string // where the last action is taken back
	Hints     []Hints
	Several   string // where several of the list are acted on at once; empty: the viewer may not
	Detail    *Detail
	Problem   *components.Notice // shown in place of the detail
}

// at is where a user is who has just come: whose keys the foot shows.
func (b Board) at() string {
	if b.Detail != nil || b.Problem != nil {
		return "alert"
	}
	return "list"
}

// List is the rows of one view.
type List struct {
	Version     uint64 // of the snapshot this was made of
	Heading     string
	Freshness   triage.Freshness
	ConfirmedAt time.Time // zero: never
	Query       string    // the list's view and filters, as in its address
	Rows        []templ.Component
	Total       int
	Next        string // the link to the rows after these; empty: these are the last
	Empty       *components.Notice
	Hint        string // what to know of how it was found; empty: nothing
	Offer       *Offer
}

// Detail is one alert with everything around it.
type Detail struct {
	Alert      triage.Alert
	Who        components.Identity
	Sex        string
	Flag       components.Mark
	Type       components.Mark
	Status     components.Mark
	Facts      []Fact
	Notices    []components.Notice
	History    []components.Event
	HistoryN   string               // how many entries, in words
	NoRecord   *components.Notice   // the history couldn't be read, or only in part
	Course     *Course              // nil: values and courses aren't shown
	Earlier    []Earlier            // the same patient's other alerts, newest first
	EarlierN   string               // how many, in words
	Together   string               // the words of the link to act on all open ones of the patient
	TogetherTo string               // that link; empty: there is one at most
	Form       *Form                // nil: the viewer may not act
	ReadOnly   *components.Notice   // why there is no form
	Back       string               // the list this was opened from
	Self       string               // this alert, to be shown anew
	Delivery   triage.DeliveryState // what is on its way to Luscii; pending: there is no form
	Query      url.Values           // the list's filters, kept in links and form
}

// Fact is one labelled thing about an alert; Href makes the value a link, to
// call a telephone number. A value that counts on from Since is advanced by the
// page.
type Fact struct {
	Label, Value, Href string
	ID                 string        // of the value, where it is put in later; empty: it isn't
	Since              time.Time     // Value counts on from it; zero: it doesn't
	Limit              time.Duration // how long that may go on
	Over               string        // that it goes on for longer; empty: it doesn't
}

// Earlier is another alert of the same patient.
type Earlier struct {
	Href   string
	Moment string
	Flag   components.Mark
	Type   components.Mark
	Status components.Mark
}

// Form is what a clinician decides about an alert, as typed so far.
type Form struct {
	Action     string // where it is posted
	Escalate   string // the page that asks before escalating
	Seen       string // the updatedAt the clinician saw
	Categories []Category
	Other      string // a category that isn't among them
	Note       string
	Errors     map[string]string // by field
	Settles    []string          // the viewer's own unfinished actions this page tells of: who acts anew has taken note of them
	SaveTo     string            // where what is typed is kept as a draft
	Saved      string            // when it was, in words; empty: it wasn't
	AddTo      string            // the status a note can be added to without changing it (R45); empty: none

	CanProcess, CanEscalate, CanReopen bool
}

// Category is one way to classify what was done.
type Category struct {
	Value, Label string
	Selected     bool
}

// OtherCategory is the form value that says: take the text of category_other.
const OtherCategory = "other:"

// Escalate is the page that asks before an alert is escalated (R16).
type Escalate struct {
	Page
	Detail Detail
}

// Actions is what became of one's own actions.
type Actions struct {
	Page
	Count      string
	Unfinished []ActionItem // ended otherwise than they should, and not taken note of yet
	Done       []ActionItem // all others, newest first
	Next       string       // the link to those before; empty: there are none
}

// ActionItem is one action in words.
type ActionItem struct {
	ID, Alert, State, Wanted, Undoes string // as the markup names them
	Delivery                         triage.DeliveryState
	Word                             string // what it is and how far it has come
	Moment                           string
	Who                              components.Identity
	Href                             string // of its alert; empty: the viewer may not see it
	Lines                            []string
	Category, Note                   string // as typed, while it is kept
	Warn                             bool
	Buttons                          []components.Button
}

// Bulk asks before several alerts are acted on.
type Bulk struct {
	Page
	Items      []BulkItem
	Count      string // how many alerts of how many patients
	Unknown    string // that some of those asked for aren't known; empty: all are
	Others     string // the words of the link that adds the same patients' other alerts
	WithOthers string // that link; empty: there are none
	Problem    *components.Notice
	Categories []Category
	Other      string // a category that isn't among them
	Note       string
	Errors     map[string]string // by field

	CanProcess, CanEscalate, CanReopen bool
}

// SeenField is the form field that says which state of an alert the clinician saw.
func SeenField(id string) string { return fmt.Sprintf("seen.%s", id) }

// BulkItem is one alert among several.
type BulkItem struct {
	ID, Seen string
	Row      components.Row
	Status   components.Mark
	Selected bool
	Why      string // why it can't be; empty: it can
}

// Batch is what became of several alerts that were acted on together.
type Batch struct {
	Page
	Self     string
	Progress string
	Working  bool // something is still on its way
	Refused  []ActionItem
	Items    []ActionItem
	Again    string   // the words of the button that tries again what failed; empty: nothing did
	AgainIDs []string // what failed
}

// SignIn is the page before all others.
type SignIn struct {
	Page
	Personas []Persona // sandbox mode; empty: e-mail and key are asked
	Email    string    // as typed
	Problem  *components.Notice
}

// Persona is somebody to sign in as, on the sandbox.
type Persona struct{ ID, Name, Role, Groups string }

// Audit is a page of the audit trail, newest first.
type Audit struct {
	Page
	Form    AuditForm
	Records []AuditRecord
	Count   string             // how many are shown, in words
	Problem *components.Notice // why none are shown
	Next    string             // the link to older ones; empty: there are none
	Clear   string             // the link that clears all filters; empty: none is set
}

// AuditForm is what is asked for, as typed.
type AuditForm struct {
	Patient, User, From, To string
	Actions                 []Category
	Errors                  map[string]string // by field
}

// AuditRecord is one record in words.
type AuditRecord struct {
	Seq, At, Moment    string // At as machines read it
	Action, Detail     string
	Outcome            string
	Fine               bool // the outcome is nothing to look twice at
	Who, Role, User    string
	Patient, Object    string
	More               string // further patients, in words
	Basis              string
	Access, RequestRef string
}

// Gallery is every component in every state.
type Gallery struct {
	Page
	Marks    GalleryMarks
	Sections []GallerySection
}

// GalleryMarks are all flags, types and statuses, unknown ones among them.
type GalleryMarks struct{ Flags, Types, Statuses []components.Mark }

// GallerySection is some components under a heading.
type GallerySection struct {
	Heading string
	Shown   []templ.Component
}

// Failure is an error page: what happened, and what to do.
type Failure struct {
	Page
	Status  int
	Message components.Notice
	Href    string // where to go from here
	Link    string
}

// WindowTitle is what the window is called: first that the board isn't live, where it
// isn't (R12).
func (p Page) WindowTitle() string {
	title := p.Title + " · " + p.L.T("product")
	if p.Fresh == triage.FreshLate || p.Fresh == triage.FreshNotLive {
		return p.L.T("freshness."+string(p.Fresh)) + " · " + title
	}
	return title
}

// WindowIcon is the icon that says the same.
func (p Page) WindowIcon() string {
	switch p.Fresh {
	case triage.FreshLate:
		return p.Assets.IconLate
	case triage.FreshNotLive:
		return p.Assets.IconNotLive
	}
	return p.Assets.Icon
}
