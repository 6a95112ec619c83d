package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/PuerkitoBio/goquery"
)

// clinician is somebody at work on the board: they choose an alert, decide, and at
// times take it back.
type clinician struct {
	*visitor
	number int
	rng    *rand.Rand
	ledger *ledger
	made   int        // attempts so far
	last   []*attempt // their last actions, by which they may undo
}

// undoShare is how often something is undone instead of done, undoable how many of
// the last actions may be; ours.
const (
	undoShare = 0.15
	undoable  = 5
)

// views is where alerts are chosen from; what isn't there is looked for in the next.
var views = []string{"open", "open", "open", "escalated", "processed"}

// errNothingToDo says that nothing could be acted on.
var errNothingToDo = errors.New("nothing to act on")

// work is one attempt. Its error is of what comes before the attempt itself, or
// means that going on makes no sense.
func (c *clinician) work(ctx context.Context) error {
	if len(c.last) > 0 && c.rng.Float64() < undoShare {
		return c.undo(ctx)
	}
	return c.act(ctx)
}

// act decides about one alert, by the form of its page.
func (c *clinician) act(ctx context.Context) error {
	alert, err := c.choose(ctx)
	if err != nil {
		return err
	}
	p, err := c.load(ctx, "/alerts/"+url.PathEscape(alert))
	if err != nil {
		return err
	}
	a, form, to, err := c.decide(alert, p)
	if err != nil {
		return err
	}
	c.ledger.add(a)
	return c.send(ctx, a, to, form)
}

// choose is an alert somebody may act on now.
func (c *clinician) choose(ctx context.Context) (string, error) {
	start := c.rng.IntN(len(views))
	for i := range views {
		p, err := c.load(ctx, "/?status="+views[(start+i)%len(views)])
		if err != nil {
			return "", err
		}
		rows := p.Find(`#board [data-alert-id], [data-alert-id][data-delivery]`).FilterFunction(func(_ int, s *goquery.Selection) bool {
			return s.AttrOr("data-delivery", "-") == ""
		})
		if rows.Length() > 0 {
			return rows.Eq(c.rng.IntN(rows.Length())).AttrOr("data-alert-id", ""), nil
		}
	}
	return "", errNothingToDo
}

// decide fills in the form of an alert's page, with a note like no other.
func (c *clinician) decide(alert string, p page) (a *attempt, filled url.Values, to string, err error) {
	form := p.Find("form#act")
	buttons := form.Find(`button[name="status"]`)
	to, posts := form.Attr("action")
	if !posts || buttons.Length() == 0 {
		return nil, nil, "", errNothingToDo // in flight, or not theirs
	}
	filled = url.Values{}
	form.Find(`input[type="hidden"][name]`).Each(func(_ int, s *goquery.Selection) {
		filled.Add(s.AttrOr("name", ""), s.AttrOr("value", ""))
	})
	seen, err := time.Parse(time.RFC3339Nano, filled.Get("seen"))
	if err != nil {
		return nil, nil, "", fmt.Errorf("the form of an alert: %w", err)
	}
	token := c.token()
	a = &attempt{
		token: token, by: c.Name, alert: alert, seen: seen,
		status:   buttons.Eq(c.rng.IntN(buttons.Length())).AttrOr("value", ""),
		category: []string{"", "request_visit", "Belt morgen terug"}[c.rng.IntN(3)],
		note:     token + " " + remarks[c.rng.IntN(len(remarks))],
		shown:    anyToken.FindAllString(p.Find("#detail").Text(), -1),
	}
	filled.Set("status", a.status)
	filled.Set("category", a.category)
	filled.Set("note", strings.ReplaceAll(a.note, "\n", "\r\n")) // as browsers do
	return a, filled, c.local(to), nil
}

var anyToken = regexp.MustCompile(regexp.QuoteMeta(tokenStart) + `\d+-\d+`)

// remarks are what notes go on with: whatever may be lost or bent on the way.
var remarks = []string{
	"Gebeld, gaat goed.",
	"Mevrouw Brontë-D'Angelo: 38,5 °C – “morgen” terugbellen 🩺",
	"Eerste regel.\nTweede regel; <b>vet</b> & 'zo'.\n\nDerde.",
	"=1+1 \\n %00 ${HOME} '); DROP TABLE actions; --",
	strings.TrimSpace(strings.Repeat("Langer verhaal over een lange nacht. ", 200)),
}

// undo takes back one of their last actions.
func (c *clinician) undo(ctx context.Context) error {
	i := c.rng.IntN(len(c.last))
	target := c.last[i]
	c.last = append(c.last[:i], c.last[i+1:]...)
	a := &attempt{token: c.token(), by: c.Name, alert: target.alert, undoes: target.action}
	c.ledger.add(a)
	return c.send(ctx, a, "/undo", url.Values{"action": {target.action}})
}

func (c *clinician) token() string {
	c.made++
	return fmt.Sprintf("%s%02d-%04d", tokenStart, c.number, c.made)
}

// send makes the attempt and notes what came of it. One that nobody answered stays
// as it was noted down before: cut off.
func (c *clinician) send(ctx context.Context, a *attempt, to string, form url.Values) error {
	htmx := c.rng.IntN(2) == 0
	p, err := c.post(ctx, to, form, htmx)
	if err == nil {
		c.ledger.hear(strconv.Itoa(p.status))
	} else {
		c.ledger.hear("none")
	}
	switch {
	case errors.Is(err, syscall.ECONNREFUSED):
		c.ledger.settle(a, refused) // it never left
		return err
	case err != nil:
		return err
	case leadsToSignIn(p):
		c.ledger.settle(a, refused)
		return fmt.Errorf("%s: %w", c.Name, &statusError{p.status, p.location})
	case p.status == http.StatusSeeOther || p.status == http.StatusOK && htmx:
		return c.taken(ctx, a, p)
	case p.status >= http.StatusInternalServerError:
		return nil
	}
	c.ledger.settle(a, refused)
	return nil
}

// taken notes an accepted attempt, and finds out what the board calls it: where it
// offers to undo it. After a redirect that is the page it leads to.
func (c *clinician) taken(ctx context.Context, a *attempt, p page) error {
	c.ledger.settle(a, accepted)
	if p.status == http.StatusSeeOther {
		var err error
		if p, err = c.load(ctx, p.location); err != nil {
			return err
		}
	}
	id, offered := p.Find(`form[action*="/undo"] input[name="action"]`).First().Attr("value")
	if !offered || a.undoes != "" {
		return nil
	}
	c.ledger.name(a, id)
	if c.last = append(c.last, a); len(c.last) > undoable {
		c.last = c.last[1:]
	}
	return nil
}

func leadsToSignIn(p page) bool {
	return p.status == http.StatusUnauthorized || p.status == http.StatusSeeOther && strings.HasSuffix(p.location, "/signin")
}
