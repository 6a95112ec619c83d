package sandbox

import (
	"slices"
	"strconv"
	"strings"
	"time"
)

// patientsReport is the report patients.
func (s *Sandbox) patientsReport(_ span, p paging) ([]line, cursors, error) {
	s.store.mu.RLock()
	defer s.store.mu.RUnlock()
	return written(sequenceOf(s.store.patients, func(p *patient) uuid { return p.id }), p, s.signer, s.writePatient)
}

func (s *Sandbox) writePatient(l *line, p *patient) {
	l.id("Patient_UUID", p.id)
	l.name(p.name)
	l.text("Sex", p.sex)
	l.text("Patient_Number", p.number)
	l.text("BSN", p.bsn)
	l.text("Email", p.email)
	l.text("Phone", p.phone)
	l.text("Date_Of_Birth", p.born)
	l.text("Status", p.status)
	group := ""
	if p.cohort != nil {
		group = p.cohort.group.name
	}
	l.text("Group_Name", group)
	l.text("Program_Name", p.program.named())
	l.text("Protocol", p.protocol.named())
	l.time("Created_Date", p.createdAt, s.zone)
	l.time("Activated_Date", p.activatedAt, s.zone)
	l.time("Stopped_Date", s.stoppedAt(p), s.zone)
	reason := ""
	if p.status == statusStopped {
		reason = s.stopReason(p)
	}
	l.text("Stopped_Reason", reason)

	count := map[string]int{}
	list := s.store.byPatient[p.place]
	for _, n := range list {
		t := s.store.archive.traits.values[s.store.archive.alerts[n].traits]
		count[t.flag]++
		count[t.kind]++
	}
	l.numeral("Grey_Alerts", count[flagGray])
	l.numeral("Orange_Alerts", count[flagOrange])
	l.numeral("Red_Alerts", count[flagRed])
	l.numeral("Measurements_Alerts", count[typeMeasurement])
	l.numeral("Combination_Alerts", count[typeCombination])
	l.numeral("Remark_Alerts", count[typeRemark])
	l.numeral("Overdues_Alerts", count[typeOverdue])
	l.numeral("Average_Alerts", 0)
	l.number("Total_Alerts", len(list))
}

var stopReasons = []string{"Behandeling afgerond", "Op eigen verzoek", "Verhuisd", "Overleden", "Opgenomen in een verpleeghuis"}

// hcpsReport is the report hcps.
func (s *Sandbox) hcpsReport(_ span, p paging) ([]line, cursors, error) {
	processed := s.store.processedBy()
	return written(sequenceOf(s.staff.all, func(h *hcp) uuid { return h.id }), p, s.signer, func(l *line, h *hcp) {
		groups := make([]string, 0, len(h.groups))
		for _, g := range h.groups {
			groups = append(groups, g.name)
		}
		l.id("UUID", h.id)
		l.name(h.name)
		l.text("Email", h.email)
		l.text("User_Name", h.email)
		l.text("Language", "nl")
		l.text("Role", h.role.lower())
		l.text("Status", h.status)
		l.time("Last_Login_At", h.lastLogin, s.zone)
		l.time("Last_Logout_At", h.lastLogout, s.zone)
		l.text("Groups", strings.Join(groups, ", "))
		l.number("Processed_Alerts", processed[h.id])
	})
}

// lower is the role as reports write it.
func (r role) lower() string { return strings.ToLower(string(r)) }

// sequenceOf is a list that is sorted by id, as a sequence.
func sequenceOf[T any](list []T, id func(T) uuid) sequence[T] {
	return sequence[T]{
		len: len(list),
		at:  func(i int) T { return list[i] },
		key: func(i int) string { return id(list[i]).String() },
		find: func(key string) (int, bool) {
			wanted, ok := parseUUID(key)
			i, found := slices.BinarySearchFunc(list, wanted, func(v T, wanted uuid) int { return id(v).compare(wanted) })
			return i, ok && found
		},
	}
}

// milestone is something that happened in a patient's time with the hospital.
// They all follow from the patient; the serial tells a patient's of one report
// apart.
type milestone struct {
	patient *patient
	serial  int
	at      time.Time
	kind    string
	what    named
	note    string
}

// milestones is a report of them.
func (s *Sandbox) milestones(dates span, p paging, of func(*patient) []milestone, write func(*line, milestone)) ([]line, cursors, error) {
	now := s.now()
	return cut(ofPatients(s,
		func(p *patient) []milestone {
			list := of(p)
			for i := range list {
				list[i].patient, list[i].serial = p, i
			}
			return slices.DeleteFunc(list, func(m milestone) bool {
				return m.at.IsZero() || m.at.After(now) || dates != allTime && !s.covers(dates, m.at)
			})
		},
		func(m milestone) string { return strconv.Itoa(m.serial) },
	), p, s.signer, write)
}

// mutationsReport is the report patientsMutations: when a patient came into a
// group, a program and a protocol.
func (s *Sandbox) mutationsReport(dates span, p paging) ([]line, cursors, error) {
	return s.milestones(dates, p, s.mutations, func(l *line, m milestone) {
		l.id("Patient_UUID", m.patient.id)
		l.name(m.patient.name)
		l.text("Patient_Number", m.patient.number)
		l.text("Type", m.kind)
		l.text("Name", m.what.name)
		l.time("Mutation_Date", m.at, s.zone)
		l.number("Mutation_ID", int(m.patient.place)*10+m.serial+1)
	})
}

func (s *Sandbox) mutations(p *patient) []milestone {
	if p.cohort == nil {
		return nil
	}
	list := []milestone{{at: p.activatedAt, kind: "group", what: *p.cohort.group}}
	for _, program := range s.programs(p) {
		list = append(list, milestone{at: program.at, kind: "program", what: program.what})
	}
	if p.protocol != nil {
		list = append(list, milestone{at: p.activatedAt.Add(time.Minute), kind: "protocol", what: *p.protocol})
	}
	return list
}

// again is when something happened to a patient that happens now and then: in
// that share of the months since they began, until they stopped.
func (s *Sandbox) again(purpose string, p *patient, share float64) []time.Time {
	const month = 30 * 24 * time.Hour
	until, began := s.now(), p.activatedAt
	if stopped := s.stoppedAt(p); !stopped.IsZero() {
		until = stopped
	}
	if began.IsZero() {
		return nil
	}
	var list []time.Time
	for i := 0; began.Add(month).Before(until); began, i = began.Add(month), i+1 {
		if rng := s.seed.about(purpose, p.id, day(i)); chance(rng, share) {
			list = append(list, between(rng, began, began.Add(month)))
		}
	}
	return list
}

// programs are those a patient was in: the present one, for some another before
// it, and every time it was prolonged.
func (s *Sandbox) programs(p *patient) []milestone {
	if p.program == nil {
		return nil
	}
	rng := s.seed.about("programs", p.id, 0)
	present := milestone{at: p.activatedAt, what: *p.program}
	former := oneOf(rng, p.cohort.programs)
	var list []milestone
	if former != p.program && chance(rng, 0.6) {
		list = append(list, milestone{at: p.activatedAt, what: *former})
		present.at = present.at.Add(time.Duration(5*24+rng.IntN(25*24)) * time.Hour)
	}
	list = append(list, present)
	for _, at := range s.again("prolonged", p, 0.06) {
		if at.After(present.at) {
			list = append(list, milestone{at: at, what: *p.program})
		}
	}
	return list
}

// programsReport is the report patientsProgramsHistory.
func (s *Sandbox) programsReport(dates span, p paging) ([]line, cursors, error) {
	return s.milestones(dates, p, s.programs, func(l *line, m milestone) {
		l.id("Patient_UUID", m.patient.id)
		l.id("Program_UUID", m.what.id)
		l.id("Created_By", s.colleagueOf(m))
		l.time("Created_Date", m.at, s.zone)
	})
}

// settingsReport is the report patientsSettingsHistory.
func (s *Sandbox) settingsReport(dates span, p paging) ([]line, cursors, error) {
	of := func(p *patient) []milestone {
		list := []milestone{
			{at: p.createdAt, kind: "timezone", note: "Europe/Amsterdam"},
			{at: p.createdAt, kind: "language", note: p.language},
			{at: p.activatedAt, kind: "reminders", note: "on"},
		}
		for i, at := range s.again("settings", p, 0.12) {
			list = append(list, milestone{at: at, kind: "reminders", note: []string{"off", "on"}[i%2]})
		}
		return list
	}
	return s.milestones(dates, p, of, func(l *line, m milestone) {
		l.id("Patient_UUID", m.patient.id)
		l.text("Key", m.kind)
		l.text("Value", m.note)
		l.id("Created_By", s.colleagueOf(m))
		l.time("Created_Date", m.at, s.zone)
	})
}

// statusesReport is the report usersStatusChangeReasons.
func (s *Sandbox) statusesReport(dates span, p paging) ([]line, cursors, error) {
	return s.milestones(dates, p, s.statuses, func(l *line, m milestone) {
		l.id("User_UUID", m.patient.id)
		l.text("From_Status", m.what.name)
		l.text("To_Status", m.kind)
		l.text("Reason", m.note)
		l.id("Created_By", s.colleagueOf(m))
		l.time("Created_Date", m.at, s.zone)
		l.time("Processed_Date", m.at, s.zone)
	})
}

// statuses are a patient's changes of status; what they were before stands in
// what.
func (s *Sandbox) statuses(p *patient) []milestone {
	change := func(at time.Time, from, to, why string) milestone {
		return milestone{at: at, kind: to, what: named{name: from}, note: why}
	}
	list := []milestone{change(p.activatedAt, statusCreated, statusActive, "User is now verified.")}
	for _, at := range s.again("paused", p, 0.04) {
		list = append(list,
			change(at, statusActive, statusInactive, "Opgenomen in het ziekenhuis"),
			change(at.Add(5*24*time.Hour), statusInactive, statusActive, "Weer thuis"))
	}
	if at := s.stoppedAt(p); !at.IsZero() {
		list = append(list, change(at, statusActive, statusStopped, s.stopReason(p)))
	}
	return list
}

// stopReason is why a patient has stopped.
func (s *Sandbox) stopReason(p *patient) string {
	return oneOf(s.seed.about("stopped", p.id, 1), stopReasons)
}

// colleagueOf is who brought a milestone about.
func (s *Sandbox) colleagueOf(m milestone) uuid {
	return oneOf(s.seed.about("by", m.patient.id, day(m.serial)), s.staff.all).id
}

// ratingsReport is the report starRatings: every three months, from those who
// answer.
func (s *Sandbox) ratingsReport(dates span, p paging) ([]line, cursors, error) {
	of := func(p *patient) []milestone {
		if p.cohort == nil {
			return nil
		}
		var list []milestone
		for at := p.activatedAt.AddDate(0, 0, 30); at.Before(s.now()); at = at.AddDate(0, 3, 0) {
			rng := s.seed.about("rating", p.id, dayOf(at))
			given := milestone{kind: oneOf(rng, scores), note: oneOf(rng, ratingRemarks)}
			if chance(rng, 0.6) {
				given.at = at.Add(time.Duration(rng.IntN(14*3600)) * time.Second)
			}
			list = append(list, given)
		}
		return list
	}
	return s.milestones(dates, p, of, func(l *line, m milestone) {
		l.text("Group", m.patient.cohort.group.name)
		l.time("Date", m.at, s.zone)
		l.id("Patient_UUID", m.patient.id)
		l.text("Score", m.kind)
		l.text("Remarks", m.note)
	})
}

// scores are stars, as often as they are given.
var scores = []string{"5", "5", "5", "4", "4", "4", "4", "3", "2", "1"}

var ratingRemarks = []string{
	"", "", "", "", "", "Fijn dat er iemand meekijkt.", "De app is \"soms\" traag.", "=5 sterren voor de verpleging!",
	"Very helpful,\nthank you.", "Te veel vragen elke dag.",
}
