package triage

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"pgregory.net/rapid"
)

// sent is an action whose answer was lost: the nurse processes waits.
func sent() Action {
	return Action{
		ID: "sent", Alert: waits.ID, Actor: nurse.ID, State: StateSending, Seen: waits.UpdatedAt, Was: StatusOpen,
		Change: Change{Status: StatusProcessed, Category: "request_visit", Note: "Gebeld."},
	}
}

// after is waits so long after the nurse saw it, brought to a status by somebody.
func after(d time.Duration, status Status, by HCPID) Alert {
	a := waits
	a.Status, a.UpdatedAt = status, waits.UpdatedAt.Add(d)
	switch status {
	case StatusProcessed:
		a.ProcessedAt, a.ProcessedBy = a.UpdatedAt, by
	case StatusEscalated:
		a.EscalatedAt, a.EscalatedBy = a.UpdatedAt, by
	}
	return a
}

// wrote is the record of a change so long after the nurse saw the alert.
func wrote(d time.Duration, category, note string) Record {
	return Record{Category: category, Note: note, CreatedAt: waits.UpdatedAt.Add(d)}
}

// The verdicts, in sentences. late is what a look after the grace period says;
// before it, only that a change is made can be said (R46).
func TestJudge(t *testing.T) {
	const sec, before = time.Second, -time.Hour
	const x = HCPID("h-x")
	ours := wrote(20*sec, "request_visit", "Gebeld.")
	text := func(a *Action) { a.Change.Category, a.Change.Note = "", "" }
	noteOnProcessedBy := func(by HCPID) (func(*Action), Alert) {
		return func(a *Action) { a.Was = StatusProcessed }, after(0, StatusProcessed, by)
	}
	note, processedByX := noteOnProcessedBy(x)
	ownNote, processedByUs := noteOnProcessedBy(nurse.ID)
	reopen := func(a *Action) { a.Was, a.Change = StatusProcessed, Change{Status: StatusOpen} }
	touched := waits
	touched.UpdatedAt = waits.UpdatedAt.Add(30 * sec)
	touchedByUs := processedByUs
	touchedByUs.UpdatedAt = touched.UpdatedAt

	for says, tc := range map[string]struct {
		change  func(*Action) // of what was sent; nil: as sent
		now     Alert
		records []Record // nil: they can't be read
		late    Verdict
	}{
		"Its text stands in a record: it is made.":                        {nil, after(20*sec, StatusProcessed, nurse.ID), []Record{ours}, Applied},
		"It is made though others acted after it.":                        {nil, after(30*sec, StatusEscalated, x), []Record{ours, wrote(30*sec, "other", "")}, Applied},
		"It is made though the same happened after it.":                   {nil, after(30*sec, StatusProcessed, x), []Record{ours, wrote(30*sec, "request_visit", "Gebeld.")}, Applied},
		"It is made though another did another thing in its very second.": {nil, after(20*sec, StatusEscalated, x), []Record{ours, wrote(20*sec, "other", "")}, Applied},
		"It is made within the second that was seen.":                     {nil, after(0, StatusProcessed, nurse.ID), []Record{wrote(0, "request_visit", "Gebeld.")}, Applied},
		"Line ends and space around may come back otherwise.":             {func(a *Action) { a.Change.Note = "Gebeld.\r\nKomt.\n" }, after(20*sec, StatusProcessed, nurse.ID), []Record{wrote(20*sec, "request_visit", "Gebeld.\nKomt.")}, Applied},
		"Nothing happened.": {nil, waits, []Record{}, NotApplied},
		"Nothing happened, and the records can't be read.":                        {nil, waits, nil, NotApplied},
		"Nothing happened since; the same text stood there long before.":          {nil, waits, []Record{wrote(before, "request_visit", "Gebeld.")}, NotApplied},
		"Nothing happened; a former step, in the second seen, had the same text.": {func(a *Action) { a.Was = StatusEscalated }, after(0, StatusEscalated, nurse.ID), []Record{wrote(0, "request_visit", "Gebeld.")}, NotApplied},
		"Nothing happened; a change without text stays unmade.":                   {text, waits, []Record{wrote(0, "", "")}, NotApplied},
		"Another did something else.":                                             {nil, after(30*sec, StatusEscalated, x), []Record{wrote(30*sec, "other", "")}, Overtaken},
		"Another did the same in other words.":                                    {nil, after(30*sec, StatusProcessed, x), []Record{wrote(30*sec, "other", "")}, Overtaken},
		"Another did the same in the same words: the only record is theirs.":      {nil, after(30*sec, StatusProcessed, x), []Record{wrote(30*sec, "request_visit", "Gebeld.")}, Overtaken},
		"Another reopened it in the same words: the change leads elsewhere.":      {nil, after(30*sec, StatusOpen, ""), []Record{wrote(30*sec, "request_visit", "Gebeld.")}, Overtaken},
		"The same professional did otherwise elsewhere.":                          {nil, after(30*sec, StatusProcessed, nurse.ID), []Record{wrote(30*sec, "other", "")}, Overtaken},
		"Unread, it stands as wanted, by us: it is made.":                         {nil, after(20*sec, StatusProcessed, nurse.ID), nil, Applied},
		"Unread, it stands as wanted by another: it may have been ours before.":   {nil, after(30*sec, StatusProcessed, x), nil, Unknowable},
		"Unread, it stands otherwise: it may have been ours before.":              {nil, after(30*sec, StatusEscalated, x), nil, Unknowable},
		"It stands as wanted, nobody says by whom, and our text isn't there.":     {nil, after(30*sec, StatusProcessed, ""), []Record{wrote(30*sec, "other", "")}, Overtaken},
		"Unread, it stands as wanted and nobody says by whom: it is made.":        {nil, after(30*sec, StatusProcessed, ""), nil, Applied},
		"It moved, and there are no records at all: nothing tells.":               {nil, touched, []Record{}, Unknowable},
		"Without text, it stands as wanted, by us: it is made.":                   {text, after(20*sec, StatusProcessed, nurse.ID), []Record{wrote(20*sec, "", "")}, Applied},
		"Without text or record, it stands as wanted, by us: it is made.":         {text, after(20*sec, StatusProcessed, nurse.ID), []Record{}, Applied},
		"Without text, unread, another did the same: nothing tells.":              {text, after(30*sec, StatusProcessed, x), nil, Unknowable},
		"Without text or record, another did the same: nothing tells.":            {text, after(30*sec, StatusProcessed, x), []Record{}, Unknowable},
		"Without text, the one record is that of another, who acted last.":        {text, after(30*sec, StatusProcessed, x), []Record{wrote(30*sec, "", "")}, Overtaken},
		"Without text, every record has one: none is ours.":                       {text, after(30*sec, StatusEscalated, x), []Record{wrote(20*sec, "other", ""), wrote(30*sec, "", "Nee")}, Overtaken},
		"Without text, of two records without any one may be ours.":               {text, after(30*sec, StatusEscalated, x), []Record{wrote(20*sec, "", ""), wrote(30*sec, "", "")}, Unknowable},
		"Without text, the record before another's may be ours.":                  {text, after(30*sec, StatusEscalated, x), []Record{wrote(20*sec, "", ""), wrote(30*sec, "other", "")}, Unknowable},
		"Without text, what stands before another's has one.":                     {text, after(30*sec, StatusEscalated, x), []Record{wrote(0, "other", ""), wrote(30*sec, "", "")}, Overtaken},
		"Reopened, as wanted; Luscii never says by whom: it is made.":             {reopen, after(20*sec, StatusOpen, ""), []Record{wrote(0, "", "Gebeld."), wrote(20*sec, "", "")}, Applied},
		"Reopened, as wanted, and unread: it is made.":                            {reopen, after(20*sec, StatusOpen, ""), nil, Applied},
		"Reopened within the second that was seen: it is made.":                   {reopen, after(0, StatusOpen, ""), []Record{wrote(0, "", "Gebeld."), wrote(0, "", "")}, Applied},
		"Reopened by somebody with text, which ours had none of.":                 {reopen, after(20*sec, StatusOpen, ""), []Record{wrote(20*sec, "", "Toch niet.")}, Overtaken},
		"Not reopened; what was to be undone stands there.":                       {reopen, processedByUs, []Record{wrote(0, "", "")}, NotApplied},
		"Not reopened but noted upon by another.":                                 {reopen, after(30*sec, StatusProcessed, x), []Record{wrote(0, "", "Gebeld."), wrote(30*sec, "", "Ook gebeld.")}, Overtaken},
		"A note stands there: it is made.":                                        {note, after(20*sec, StatusProcessed, nurse.ID), []Record{ours}, Applied},
		"A note stands there, though the alert itself didn't move.":               {note, processedByX, []Record{ours}, Applied},
		"A note isn't there.": {note, processedByX, []Record{wrote(0, "other", "")}, NotApplied},
		"A note isn't there; another's, in the second seen, has the same words.":     {note, processedByX, []Record{wrote(0, "request_visit", "Gebeld.")}, NotApplied},
		"A note repeats one's own of the second that was seen: which of them is it?": {ownNote, processedByUs, []Record{wrote(0, "request_visit", "Gebeld.")}, Unknowable},
		"The same, and another acted since.":                                         {ownNote, after(30*sec, StatusProcessed, x), []Record{wrote(0, "request_visit", "Gebeld."), wrote(30*sec, "other", "")}, Unknowable},
		"A note isn't there, and another added one.":                                 {note, after(30*sec, StatusProcessed, x), []Record{wrote(0, "", "Nee"), wrote(30*sec, "other", "")}, Overtaken},
		"A note, unread: the status is by us, and newly so.":                         {ownNote, after(20*sec, StatusProcessed, nurse.ID), nil, Applied},
		"A note, unread: the status was by us before, and something else moved.":     {ownNote, touchedByUs, nil, Unknowable},
		"A note, unread, and nothing moved.":                                         {ownNote, processedByUs, nil, NotApplied},
		"A note on an open alert, unread: nobody is named.":                          {func(a *Action) { a.Change.Status = StatusOpen }, touched, nil, Unknowable},
		"Nothing written on an open alert: one record, and nobody is named.":         {func(a *Action) { a.Change = Change{Status: StatusOpen} }, touched, []Record{wrote(30*sec, "", "")}, Unknowable},
	} {
		t.Run(says, func(t *testing.T) {
			a := sent()
			if tc.change != nil {
				tc.change(&a)
			}
			look := Look{Alert: tc.now, Records: tc.records, Read: tc.records != nil, Late: true}
			assert.Equal(t, tc.late, a.Judge(look), "late")

			soon := Undecided
			if tc.late == Applied {
				soon = Applied
			}
			look.Late = false
			assert.Equal(t, soon, a.Judge(look), "before the grace period is over")
		})
	}
}

// Records that couldn't all be read tell nothing, whatever is among them.
func TestJudgeTrustsNoHalfReadRecords(t *testing.T) {
	look := Look{Alert: waits, Records: []Record{wrote(20*time.Second, "request_visit", "Gebeld.")}, Late: true}
	assert.Equal(t, NotApplied, sent().Judge(look))
}

// An act is one change as Luscii made it.
type act struct {
	by     HCPID
	change Change
	at     time.Time
}

// The texts that people write. They are few, so that some write the same.
var anyText = rapid.SampledFrom([]Change{{}, {Category: "request_visit"}, {Category: "request_visit", Note: "Gebeld."}, {Note: "Gebeld."}})

var anyChange = rapid.Custom(func(t *rapid.T) Change {
	c := anyText.Draw(t, "text")
	c.Status = rapid.SampledFrom([]Status{StatusOpen, StatusProcessed, StatusEscalated}).Draw(t, "status")
	return c
})

// luscii is Luscii as far as one alert goes.
type luscii struct {
	alert   Alert
	records []Record
	acts    []act // since the nurse looked
}

// apply makes a change as the real one does: who and when stands in the alert for
// the status it has, and each change leaves a record that names nobody.
func (l *luscii) apply(by HCPID, c Change, at time.Time) {
	l.alert.Status, l.alert.UpdatedAt = c.Status, at
	switch c.Status {
	case StatusProcessed:
		l.alert.ProcessedBy, l.alert.ProcessedAt = by, at
	case StatusEscalated:
		l.alert.EscalatedBy, l.alert.EscalatedAt = by, at
		l.alert.ProcessedBy, l.alert.ProcessedAt = "", time.Time{}
	case StatusOpen:
		l.alert.ProcessedBy, l.alert.ProcessedAt = "", time.Time{}
	}
	l.records = append(l.records, Record{Category: c.Category, Note: c.Note, CreatedAt: at})
	l.acts = append(l.acts, act{by, c, at})
}

// R46: what is said of a change whose answer was lost is so. Whatever people did
// before and since, in whatever words, and whenever the change came through in
// between: it is never called made when it wasn't, never called unmade when it was,
// and before the grace period is over nothing is called unmade. What the records
// can't tell apart, since they name nobody, is the exception, and is here in full.
func TestJudgeIsNeverWrong(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		anybody := rapid.SampledFrom([]HCPID{"h-x", "h-y", nurse.ID})
		others := rapid.SampledFrom([]HCPID{"h-x", "h-y"})
		l := &luscii{alert: waits}
		now := waits.UpdatedAt.Truncate(time.Second)
		for range rapid.IntRange(0, 3).Draw(t, "acts before") {
			now = now.Add(time.Duration(rapid.IntRange(1, 3).Draw(t, "seconds")) * time.Second)
			l.apply(anybody.Draw(t, "by"), anyChange.Draw(t, "before"), now)
		}
		l.acts = nil
		a := Action{Actor: nurse.ID, State: StateSending, Seen: l.alert.UpdatedAt, Was: l.alert.Status, Change: anyChange.Draw(t, "ours")}

		// What happens after the nurse looked; ours is one of it, or not.
		n := rapid.IntRange(0, 4).Draw(t, "acts since")
		ours := rapid.IntRange(-1, n-1).Draw(t, "ours is")
		late := rapid.Bool().Draw(t, "late")
		// The alert is listed after some of it, and the records are read after more.
		// By a late look ours has come through, if ever it does.
		least := 0
		if late {
			least = ours + 1
		}
		listed := rapid.IntRange(least, n).Draw(t, "listed after")
		read := rapid.IntRange(listed, n).Draw(t, "records read after")

		look := Look{Alert: l.alert, Records: l.records, Late: late}
		for i := range n {
			by, change := nurse.ID, a.Change
			if i != ours {
				by, change = others.Draw(t, "by"), anyChange.Draw(t, "since")
			}
			least := 1 // Luscii's times are whole seconds, and tell a change from what stood before
			if i == 0 && change.Status != a.Was {
				least = 0
			}
			now = now.Add(time.Duration(rapid.IntRange(least, 3).Draw(t, "seconds")) * time.Second)
			l.apply(by, change, now)
			if i < listed {
				look.Alert = l.alert
			}
			if i < read {
				look.Records = l.records
			}
		}
		look.Read = rapid.Bool().Draw(t, "records can be read")

		verdict := a.Judge(look)
		made := ours >= 0 && ours < read
		switch verdict {
		case Applied:
			if !made && !mistakable(a, look, l.acts[:listed], l.acts[:read]) {
				t.Fatalf("called made, and isn't: %+v", look)
			}
		case Undecided:
			if late {
				t.Fatal("nothing new will come, and it isn't decided")
			}
		case NotApplied, Overtaken:
			if made || !late {
				t.Fatalf("called unmade (%d, late %t, made %t): %+v", verdict, late, made, look)
			}
		case Unknowable:
			if !late {
				t.Fatal("it may become known yet")
			}
		}
		if late && read == 0 && ours < 0 && look.Read && verdict != NotApplied && !a.AddsNote() {
			t.Fatalf("nothing happened, and it is %d", verdict)
		}
	})
}

// mistakable reports that nothing Luscii gives tells somebody else's act from the
// change.
func mistakable(a Action, look Look, listed, read []act) bool {
	if !look.Read {
		// Nobody is named where somebody else reopened it.
		return a.Change.Status == StatusOpen && look.Alert.Status == StatusOpen && a.Was != StatusOpen
	}
	reopened := a.Change.Status == StatusOpen && look.Alert.Status == StatusOpen
	if reopened && look.Alert.UpdatedAt.Equal(a.Seen) {
		return true // within the second that was seen, in which older records stand
	}
	for i, other := range read {
		if !same(other.change.Category, a.Change.Category) || !same(other.change.Note, a.Change.Note) {
			continue
		}
		last := i == len(listed)-1
		if last && (other.change.Status != a.Change.Status || other.change.Status != StatusOpen) {
			continue // the alert says that this one is another's
		}
		if a.hasText() || reopened {
			return true
		}
	}
	return false
}
