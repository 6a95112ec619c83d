package board

import (
	"slices"
	"time"

	"triageboard/internal/triage"
)

// worklist is the alerts memory holds: what is worked on, what was processed
// today, and what the mirror couldn't be told of yet. It notes which of them
// look different since the last publication.
type worklist struct {
	held    map[triage.AlertID]*held
	working map[triage.Day]int // how many open and escalated alerts each day holds
	touched map[triage.AlertID]struct{}
	words   triage.Words // forgotten at midnight
}

// held is an alert in memory. Its entry is shared with the snapshots that show it
// and so never changed, but replaced.
type held struct {
	entry     *triage.Entry
	confirmed time.Time // when it was confirmed last; its entry may say less
	kept      bool      // the mirror has it as it is here
}

// latest is the alert as it is known now.
func (h *held) latest() triage.Entry {
	e := *h.entry
	e.ConfirmedAt = h.confirmed
	return e
}

// shown is the alert as a snapshot shows it: as it is known now.
func (h *held) shown() *triage.Entry {
	if !h.entry.ConfirmedAt.Equal(h.confirmed) {
		e := h.latest()
		h.entry = &e
	}
	return h.entry
}

func newWorklist() worklist {
	return worklist{
		held: map[triage.AlertID]*held{}, working: map[triage.Day]int{}, touched: map[triage.AlertID]struct{}{},
		words: triage.Words{},
	}
}

// isWorking reports whether somebody still has to do something about the alert.
func isWorking(e *triage.Entry) bool { return e.Status != triage.StatusProcessed }

// processedSince reports whether the alert was processed then or later. One
// whose processing time Luscii doesn't say counts by its last update.
func processedSince(e *triage.Entry, since time.Time) bool {
	at := e.ProcessedAt
	if at.IsZero() {
		at = e.UpdatedAt
	}
	return e.Status == triage.StatusProcessed && !at.Before(since)
}

func (w *worklist) get(id triage.AlertID) (triage.Entry, bool) {
	if h := w.held[id]; h != nil {
		return h.latest(), true
	}
	return triage.Entry{}, false
}

// keeps reports whether the mirror has what is held of an alert, if anything is.
func (w *worklist) keeps(id triage.AlertID) bool {
	h := w.held[id]
	return h == nil || h.kept
}

// looksDifferent reports whether anything of an alert changed beside when it was
// confirmed, which is told by its day, unless it is missing there.
func looksDifferent(was, is *triage.Entry) bool {
	return was.Alert != is.Alert || was.Missing != is.Missing || was.Day != is.Day ||
		is.Missing && !was.ConfirmedAt.Equal(is.ConfirmedAt)
}

// put takes an alert as it is now.
func (w *worklist) put(e triage.Entry, kept bool) {
	h := w.held[e.ID]
	if h == nil {
		h = &held{}
		w.held[e.ID] = h
	} else {
		if was := h.latest(); !looksDifferent(&was, &e) {
			h.confirmed, h.kept = e.ConfirmedAt, kept
			return
		}
		w.count(h.entry, -1)
	}
	fresh := e
	w.share(&fresh)
	*h = held{&fresh, e.ConfirmedAt, kept}
	w.count(h.entry, 1)
	w.touched[e.ID] = struct{}{}
}

// share lets an alert have in common with the others what they have in common:
// the ids of one patient, group or professional come anew with every row.
func (w *worklist) share(e *triage.Entry) {
	triage.Share(w.words, &e.Patient)
	triage.Share(w.words, &e.Group)
	triage.Share(w.words, &e.Protocol)
	triage.Share(w.words, &e.Program)
	triage.Share(w.words, &e.Instrument)
	triage.Share(w.words, &e.Type)
	triage.Share(w.words, &e.Flag)
	triage.Share(w.words, &e.Status)
	triage.Share(w.words, &e.ProcessedBy, &e.EscalatedBy)
	triage.Share(w.words, &e.Day)
}

// drop forgets an alert, if it is there.
func (w *worklist) drop(id triage.AlertID) {
	if h := w.held[id]; h != nil {
		w.count(h.entry, -1)
		delete(w.held, id)
		w.touched[id] = struct{}{}
	}
}

func (w *worklist) count(e *triage.Entry, by int) {
	if !isWorking(e) {
		return
	}
	if w.working[e.Day] += by; w.working[e.Day] == 0 {
		delete(w.working, e.Day)
	}
}

// settle says that what there is has been published.
func (w *worklist) settle() { w.touched = map[triage.AlertID]struct{}{} } // cleared, it would stay as large as it ever was

// ofPatient is what is held of one patient, in no order.
func (w *worklist) ofPatient(id triage.PatientID) []triage.Entry {
	var all []triage.Entry
	for _, h := range w.held {
		if h.entry.Patient == id {
			all = append(all, h.latest())
		}
	}
	return all
}

// miss marks those alerts of a day as missing that were not confirmed since its
// complete listing began, and answers which of the day's the mirror has yet to
// be told of.
func (w *worklist) miss(day triage.Day, begun time.Time) []triage.Entry {
	var unkept []triage.Entry
	for id, h := range w.held {
		if h.entry.Day != day {
			continue
		}
		if !h.entry.Missing && h.confirmed.Before(begun) {
			e := h.latest()
			e.Missing = true
			h.entry, h.kept = &e, false
			w.touched[id] = struct{}{}
		}
		if !h.kept {
			unkept = append(unkept, h.latest())
		}
	}
	return unkept
}

// keep notes that the mirror has these alerts as they are.
func (w *worklist) keep(entries []triage.Entry) {
	for i := range entries {
		if h := w.held[entries[i].ID]; h != nil {
			h.kept = true
		}
	}
}

// leave drops what was processed before midnight and is safe in the mirror; what
// isn't stays held, but is shown no more.
func (w *worklist) leave(midnight time.Time) {
	clear(w.words)
	for id, h := range w.held {
		switch {
		case isWorking(h.entry) || processedSince(h.entry, midnight):
		case h.kept:
			w.drop(id)
		default:
			w.touched[id] = struct{}{}
		}
	}
}

// lists is what a snapshot shows: the older one's lists with what was touched
// renewed, so that the cost of putting them in order is that of the changes.
func (w *worklist) lists(older *triage.Snapshot, midnight time.Time) (entries, processed []*triage.Entry) {
	var working, done []*triage.Entry
	for id := range w.touched {
		switch h := w.held[id]; {
		case h == nil:
		case isWorking(h.entry):
			working = append(working, h.shown())
		case processedSince(h.entry, midnight):
			done = append(done, h.shown())
		}
	}
	return w.renew(older.Entries, working), w.renew(older.Processed, done)
}

// renew merges fresh into the older list, which is in R1's order, in place of
// what was touched.
func (w *worklist) renew(older, fresh []*triage.Entry) []*triage.Entry {
	slices.SortFunc(fresh, triage.CompareEntries)
	list := make([]*triage.Entry, 0, len(older)+len(fresh))
	for _, e := range older {
		if _, touched := w.touched[e.ID]; touched {
			continue
		}
		for len(fresh) > 0 && triage.CompareEntries(fresh[0], e) < 0 {
			list, fresh = append(list, fresh[0]), fresh[1:]
		}
		list = append(list, e)
	}
	return append(list, fresh...)
}
