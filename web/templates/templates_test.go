package templates_test

import (
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"
	"github.com/a-h/templ"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"triageboard/internal/i18n"
	"triageboard/internal/triage"
	"triageboard/web/templates"
	"triageboard/web/templates/components"
	"triageboard/web/templates/markuptest"
)

func locale(t *testing.T, lang string) *i18n.Locale {
	t.Helper()
	words, err := i18n.Load()
	require.NoError(t, err)
	return words.Match(lang, "")
}

func render(t *testing.T, c templ.Component) string {
	t.Helper()
	var out strings.Builder
	require.NoError(t, c.Render(t.Context(), &out))
	return out.String()
}

// everything is a page's view model with nothing left out.
func everything(l *i18n.Locale) templates.Board {
	at := time.Date(2026, 11, 22, 11, 20, 0, 0, time.FixedZone("there", 3600))
	who := components.Identity{Name: "Saskia van den Berg", Known: true, Born: "14-Jul-1945 (81 y)", Number: "7001234"}
	a := triage.Alert{ID: "a-1", Flag: triage.FlagRed, Type: triage.TypeRemark, Status: triage.StatusOpen, CreatedAt: at}
	unknown := triage.Alert{ID: "a-2", Flag: "violet", Type: "new", Status: "snoozed", CreatedAt: at}
	notice := components.Notice{Kind: "error", Title: "Not saved", Lines: []string{"one", "two"}}
	choice := templates.Choice{Label: "Red", Shape: "red", Count: "1", Href: "/?flag=red", Active: true}
	return templates.Board{
		Page: templates.Page{
			L: l, Title: "Open", Sandbox: true, User: &templates.User{
				Name: "Anna de Vries", Role: "First line", Theme: "dark", Density: "compact", AutoAdvance: true, Sound: true, Keymap: "{}",
				KeyOf: map[string]components.Key{"process": {Caps: []string{"e"}, Aria: "e"}, "escalate": {Caps: []string{"Shift+E"}, Aria: "Shift+E"}, "help": {Caps: []string{"?"}, Aria: "?"}},
			}, Here: "/?flag=red",
			Assets:  templates.AssetURLs{CSS: "/static/app.css", JS: "/static/app.js", Icon: "/static/icon.svg"},
			Refresh: 10 * time.Second, Toast: &components.Toast{Text: "Processed:", Who: who},
		},
		Status: templates.Status{
			State: triage.FreshLate, Word: "Late", Detail: "confirmed 11:20:00", Reason: "Luscii doesn't answer", Aside: "2 red outside this filter",
			Counts: triage.Counts{Red: 1, Orange: 2, Gray: 3, Unknown: 4}, Unknown: true, Interval: 10 * time.Second,
		},
		Views:     []templates.Choice{choice},
		Menus:     []templates.Menu{{Label: "Flag (1)", Active: true, Choices: []templates.Choice{choice, {Label: "COPD", Href: "/?group=g"}}}},
		Kept:      []templates.Choice{{Label: "COPD <noord>", Key: "4", Href: "/?s=abc", Active: true}},
		Waiting:   templates.WaitingMenu{Label: "Waiting: > 1 h", Active: true, Choices: []templates.WaitingChoice{{Label: "> 1 h", Active: true}, {Label: "> 4 h", Value: "4h0m0s"}}},
		ByPatient: templates.Choice{Label: "By patient", Href: "/?by=patient"}, Saves: true,
		Find:  templates.Find{Action: "/search?flag=red", Text: `flag:red "<b>`, Problem: &templates.TextProblem{Message: "A quote is missing", Before: "flag:red ", At: `"<b>`, From: 9, To: 13}},
		Hints: []templates.Hints{{Place: "list", Keys: []templates.Command{{Word: "Next", Keys: []components.Key{{Caps: []string{"j"}}}}}}},
		Clear: "/", Poll: "/?flag=red",
		List: templates.List{
			Heading: "Open", Freshness: triage.FreshLate, ConfirmedAt: at, Total: 3, Next: "/?after=a-2", Empty: &notice, Hint: "Notes were searched", Offer: &templates.Offer{Text: "11 alerts came", Link: "Group them", Href: "/?by=patient"},
			Rows: rows(l, []components.Row{
				{Alert: a, Href: "/alerts/a-1", Who: who, Flag: components.FlagMark(l, a.Flag), Type: components.TypeMark(l, a.Type), Where: " · COPD", At: at, Waiting: "1 h"},
				{Alert: unknown, Href: "/alerts/a-2", Who: components.Identity{Name: "Name not known yet (p)"}, Flag: components.FlagMark(l, unknown.Flag), Type: components.TypeMark(l, unknown.Type), At: at, Note: "not confirmed", Warn: true},
			}),
		},
		Detail: &templates.Detail{
			Alert: a, Who: who, Sex: "Female", Flag: components.FlagMark(l, a.Flag), Type: components.TypeMark(l, a.Type), Status: components.StatusMark(l, a.Status),
			Facts: []templates.Fact{{Label: "Created", Value: "today"}}, Notices: []components.Notice{notice},
			History:  []components.Event{{At: at, Moment: "today 11:20", Action: "Processed", Category: "Visit", By: "by whom: not recorded", Source: "on the page", Note: "one\ntwo"}, {At: at, Action: "Reopened"}},
			HistoryN: "2 entries", NoRecord: &notice, EarlierN: "1 of 1",
			Earlier: []templates.Earlier{{Href: "/alerts/a-9", Moment: "yesterday", Flag: components.FlagMark(l, "gray"), Type: components.TypeMark(l, "mea"), Status: components.StatusMark(l, "processed")}},
			Form: &templates.Form{
				Action: "/alerts/a-1", Escalate: "/alerts/a-1/escalate", Seen: "2026-11-22T10:20:00Z", Categories: []templates.Category{{Value: "v", Label: "Visit", Selected: true}},
				Other: "own words", Note: "two\nlines", Errors: map[string]string{"note": "too long", "category": "too long"}, CanProcess: true, CanEscalate: true, CanReopen: true,
			},
			ReadOnly: &notice, Back: "/?flag=red", Query: url.Values{"flag": {"red"}},
		},
	}
}

func rows(l *i18n.Locale, models []components.Row) (out []templ.Component) {
	for _, r := range models {
		head := components.PatientRow(l, components.PatientHead{ID: triage.PatientID("p of " + r.Alert.ID), Who: r.Who, Count: "1 alert"})
		out = append(out, templ.Join(head, components.RowItem(l, r)))
	}
	return out
}

// pages are all there are, with everything on them and with as little as can be.
func pages(l *i18n.Locale) map[string]templ.Component {
	full := everything(l)
	bare := templates.Page{L: l, Title: "Open", Here: "/", Assets: full.Assets}
	empty := templates.Board{
		Page: bare, Poll: "/", ByPatient: full.ByPatient, Waiting: templates.WaitingMenu{Label: "Waiting"}, Status: templates.Status{State: triage.FreshUnknown, Word: "Not known yet"},
		List: templates.List{Heading: "Open", Freshness: triage.FreshUnknown, Empty: &components.Notice{Kind: "conflict", Title: "Not known yet"}},
	}
	problem := empty
	problem.Problem = &components.Notice{Kind: "error", Title: "Not found"}
	mark := components.Mark{Shape: "unknown", Word: "Unknown"}
	notice := components.Notice{Kind: "info", Title: "Read only"}
	keys := []components.Key{{Caps: []string{"g", "o"}}, {Caps: []string{"Shift+E"}, Aria: "Shift+E"}}
	help := templates.KeyHelp{Page: full.Page, Topics: []templates.Topic{{ID: "list", Title: "List", Commands: []templates.Command{{Word: "Next", Keys: keys}, {Word: "Pause"}}}}}
	return map[string]templ.Component{
		"board":           templates.BoardPage(full),
		"empty board":     templates.BoardPage(empty),
		"problem":         templates.BoardPage(problem),
		"escalate":        templates.EscalatePage(templates.Escalate{Page: full.Page, Detail: *full.Detail}),
		"escalate, bare":  templates.EscalatePage(templates.Escalate{Page: bare, Detail: templates.Detail{Flag: mark, Type: mark, Status: mark, Back: "/", ReadOnly: &notice}}),
		"sign-in by key":  templates.SignInPage(templates.SignIn{Page: bare, Email: "a@b.test", Problem: &notice}),
		"sign-in persona": templates.SignInPage(templates.SignIn{Page: full.Page, Personas: []templates.Persona{{ID: "h-1", Name: "Anna", Role: "First line", Groups: "COPD"}}}),
		"failure":         templates.FailurePage(templates.Failure{Page: full.Page, Status: 404, Message: notice, Href: "/", Link: "To the board"}),
		"views": templates.ViewsPage(templates.Views{
			Page: full.Page, Slots: []int{4, 5}, New: &templates.ViewItem{Typed: "x", Text: "flag:red", Problem: "taken"},
			Items: []templates.ViewItem{{ID: "abc", Href: "/?s=abc", Name: "COPD", Slot: 4, Text: "group:copd"}, {ID: "abd", Href: "/?s=abd", Name: "Red", Slot: 5, Problem: "taken"}},
		}),
		"no views": templates.ViewsPage(templates.Views{Page: bare, Slots: []int{4}}),
		"find":     templates.FindPartial(full),
		"settings": templates.SettingsPage(templates.Settings{Page: full.Page, Notice: &notice, Fields: []templates.Setting{
			{Name: "sound", Label: "Sound", Was: "off", Error: "not one of those", Options: []templates.Category{{Value: "off", Label: "Off", Selected: true}, {Value: "on", Label: "On"}}},
		}}),
		"own keys": templates.OwnKeysPage(templates.OwnKeys{Page: full.Page, Notice: &notice, Topics: []templates.OwnKeysTopic{
			{Title: "List", Keys: []templates.OwnKey{{Name: "key-next", Word: "Next", Typed: "e", Was: "j", Fixed: keys, Error: "taken"}, {Name: "key-x", Word: "Pause"}}},
		}}),
		"help": templates.KeyHelpPage(help),
		"commands": templates.CommandsPart(templates.Palette{KeyHelp: help, Entries: []templates.Entry{
			{Word: "Next", Kind: "Command", Keys: keys, Run: "next", OnBoard: true}, {Word: "Open", Kind: "View", To: "/"}, {Word: "Dark", Kind: "Setting", Post: "/settings", Name: "theme", Value: "dark"},
		}}),
		"update":       templates.BoardUpdate(full),
		"done":         templates.ActionDone(full, full.List.Rows[0]),
		"detail":       templates.DetailPart(full.Page, *full.Detail),
		"no detail":    templates.EmptyDetail(l),
		"problem part": templates.ProblemPart(notice),
		"notice":       templates.NoticePartial(notice),
		"toast":        templates.ToastPartial(l, *full.Toast),
	}
}

func TestEveryPageKeepsTheRules(t *testing.T) {
	for _, lang := range i18n.Languages {
		for name, page := range pages(locale(t, lang)) {
			t.Run(lang+" "+name, func(t *testing.T) {
				doc := markuptest.Check(t, render(t, page))
				if doc.Find("html").Length() == 1 {
					assert.Equal(t, lang, doc.Find("html").AttrOr("lang", ""))
				}
			})
		}
	}
}

// A template holds no words of its own: the catalogues do. What is the same in
// every language may stand.
func TestNoTextStandsInATemplate(t *testing.T) {
	same := []string{"NL", "EN", "Nederlands", "English"}
	between := regexp.MustCompile(`>([^<>{}@"=]*\p{L}[^<>{}@"=]*)</`)
	attribute := regexp.MustCompile(`\s(?:aria-label|title|placeholder|alt|value)="([^"]*\p{L}[^"]*)"`)
	values := regexp.MustCompile(`^(open|processed|escalated|nl|en)$`)
	for _, pattern := range []string{"*.templ", "components/*.templ"} {
		files, err := filepath.Glob(pattern)
		require.NoError(t, err)
		require.NotEmpty(t, files)
		for _, file := range files {
			source, err := os.ReadFile(file)
			require.NoError(t, err)
			for _, found := range slices.Concat(between.FindAllStringSubmatch(string(source), -1), attribute.FindAllStringSubmatch(string(source), -1)) {
				if text := strings.TrimSpace(found[1]); !values.MatchString(text) {
					assert.Contains(t, same, text, file)
				}
			}
		}
	}
}

func TestNoPersonIsNamedToStrangers(t *testing.T) {
	doc := markuptest.Parse(t, render(t, pages(locale(t, "en"))["sign-in by key"]))
	assert.Zero(t, doc.Find(".user, .toast, .ribbon, form[action$=signout], noscript").Length())
}

// What stands between the tags of a text area is its text, to the last blank.
func TestNoteComesBackAsItWas(t *testing.T) {
	b := everything(locale(t, "en"))
	for _, note := range []string{"plain", "two\nlines", "  blanks  ", "</textarea><script>", "&amp; <b>", "é 漢 🩺"} {
		b.Detail.Form.Note = note
		doc := markuptest.Check(t, render(t, templates.DetailPart(b.Page, *b.Detail)))
		assert.Equal(t, note, doc.Find("textarea").Text())
	}
}

func TestTimesAreInstants(t *testing.T) {
	doc := markuptest.Parse(t, render(t, templates.BoardPage(everything(locale(t, "en")))))
	assert.NotZero(t, doc.Find("time").Length())
	doc.Find("time").Each(func(_ int, s *goquery.Selection) {
		assert.Equal(t, "2026-11-22T10:20:00Z", s.AttrOr("datetime", ""))
	})
	assert.Equal(t, "2026-11-22T10:20:00Z", doc.Find("#board").AttrOr("data-confirmed-at", ""))
}

func TestTo(t *testing.T) {
	assert.Equal(t, "/ward/x", templates.Page{Base: "/ward"}.To("/x", nil))
	assert.Equal(t, "/x?a=b+c&a=d", templates.Page{}.To("/x", url.Values{"a": {"b c", "d"}}))
}
