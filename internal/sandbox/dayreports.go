package sandbox

import (
	"strconv"
	"time"
)

// planned is an action planned for a patient: to measure something on a day.
type planned struct {
	patient *patient
	day     day
	serial  int
	what    *instrument
	created time.Time
	done    time.Time // zero: not yet, or never
}

// plannedReport is the report plannedActions: each morning the two instruments a
// patient uses most.
func (s *Sandbox) plannedReport(dates span, p paging) ([]line, cursors, error) {
	s.store.mu.RLock()
	defer s.store.mu.RUnlock()
	return cut(ofDays(s, dates, s.plannedFor, func(a planned) string { return strconv.Itoa(a.serial) }), p, s.signer, s.writePlanned)
}

func (s *Sandbox) plannedFor(d day, p *patient) []planned {
	from := s.midnight(d)
	created := from.Add(5 * time.Minute)
	if stopped := s.stoppedAt(p); p.cohort == nil || created.Before(p.activatedAt) || created.After(s.now()) || !stopped.IsZero() && created.After(stopped) {
		return nil
	}
	made := s.routine(d, p, from)
	var list []planned
	for i, what := range instrumentsOf[p.cohort.group.name][:2] {
		a := planned{patient: p, day: d, serial: i, what: what, created: created}
		for _, m := range made {
			if m.what == what {
				a.done = m.at
				break
			}
		}
		list = append(list, a)
	}
	return list
}

func (s *Sandbox) writePlanned(l *line, a planned) {
	const zone = "Europe/Amsterdam"
	rng := s.seed.about("planned "+strconv.Itoa(a.serial), a.patient.id, a.day)
	from := s.midnight(a.day)
	l.id("UUID", newUUID(rng))
	l.id("Program_Action_UUID", s.seed.id("action "+a.patient.cohort.group.name+a.what.name))
	l.id("Patient_UUID", a.patient.id)
	l.text("Planned_Via", "rec")
	self := 0
	if chance(rng, 0.1) {
		self = 1
	}
	l.number("Self_Planned", self)
	l.time("Not_Before", from.Add(6*time.Hour), s.zone)
	l.time("Expires_At", from.Add(23*time.Hour), s.zone)
	l.text("Valid_Period_Timezone", zone)
	l.time("Completed_At", a.done, s.zone)
	completedIn := ""
	if !a.done.IsZero() {
		completedIn = zone
	}
	l.text("Completed_At_Timezone", completedIn)
	l.time("Created_Date", a.created, s.zone)
}

// triggered is a workflow that ran for a patient on a day.
type triggered struct {
	patient *patient
	day     day
	at      time.Time
	count   int
}

// workflowsReport is the report patientsWorkflowHistory: about once in ten days
// something makes a workflow run.
func (s *Sandbox) workflowsReport(dates span, p paging) ([]line, cursors, error) {
	of := func(d day, p *patient) []triggered {
		rng, from := s.seed.about("workflow", p.id, d), s.midnight(d)
		at := from.Add(7*time.Hour + time.Duration(rng.IntN(12*3600))*time.Second)
		if stopped := s.stoppedAt(p); p.cohort == nil || at.Before(p.activatedAt) || at.After(s.now()) || !stopped.IsZero() && at.After(stopped) || !chance(rng, 0.1) {
			return nil
		}
		return []triggered{{patient: p, day: d, at: at, count: 1 + rng.IntN(3)}}
	}
	return cut(ofDays(s, dates, of, func(triggered) string { return "" }), p, s.signer, func(l *line, t triggered) {
		l.id("Patient_UUID", t.patient.id)
		l.id("Workflow_UUID", s.seed.id("workflow of "+t.patient.cohort.group.name))
		l.text("Trigger_Day", time.Unix(int64(t.day)*secondsPerDay, 0).UTC().Format(time.DateOnly))
		l.number("Trigger_Count", t.count)
		l.time("Created_Date", t.at, s.zone)
	})
}
