package sandbox

import (
	"cmp"
	"encoding/binary"
	"slices"
	"strconv"
	"time"
)

// measured is one measurement of a patient, not yet with its value. Measurements
// are nowhere kept: those of a patient on a day follow from the seed, and those
// that raised an alert from the alert.
type measured struct {
	patient *patient
	at      time.Time
	what    *instrument
	serial  int  // among the patient's of that day; of one with an alert, the alert's number
	alarm   bool // it raised an alert
}

// id tells the measurements of a patient and day apart.
func (m measured) id() string {
	if m.alarm {
		return "a" + strconv.Itoa(m.serial)
	}
	return strconv.Itoa(m.serial)
}

// slowest is how long after its measurement an alert is created at most.
const slowest = time.Minute

// measurementsOf are a patient's of one day, by time: what was made until now.
// The caller holds the store's mu.
func (s *Sandbox) measurementsOf(d day, p *patient) []measured {
	from, until := s.midnight(d), s.midnight(d+1)
	list := s.routine(d, p, from)
	for _, n := range s.store.alertsOf(p, from, until.Add(slowest)) {
		a := s.store.archive.alert(n, s.store.patients)
		if what := a.instrumentUsed(); what != nil && a.hasMeasurement() {
			at := a.createdAt.Add(-time.Duration(3+a.draw()%50) * time.Second)
			if !at.Before(from) && at.Before(until) {
				list = append(list, measured{patient: p, at: at, what: what, serial: int(n), alarm: true})
			}
		}
	}
	slices.SortStableFunc(list, func(a, b measured) int { return a.at.Compare(b.at) })
	return list
}

// routine is what a patient measures without anything being the matter: most of
// it in one go after getting up, nothing during a week away now and then.
func (s *Sandbox) routine(d day, p *patient, from time.Time) []measured {
	started, stopped := p.activatedAt, s.stoppedAt(p)
	if p.cohort == nil || s.measures == 0 || d < s.dateOf(started) || !stopped.IsZero() && d >= s.dateOf(stopped) {
		return nil
	}
	if chance(s.seed.about("away", p.id, d/7), 0.06) {
		return nil
	}
	rng, now := s.seed.about("measured", p.id, d), s.now()
	often := s.measures * (0.6 + 0.8*s.seed.about("zeal", p.id, 0).Float64())
	count := int(often + rng.Float64())
	instruments := instrumentsOf[p.cohort.group.name]
	rising := from.Add(6*time.Hour + time.Duration(rng.IntN(4*3600))*time.Second)
	var list []measured
	for i := range count {
		what := instruments[i%len(instruments)]
		if i < 2 && chance(rng, 0.15) {
			what = instruments[2+rng.IntN(2)]
		}
		at := rising.Add(time.Duration(i*150+rng.IntN(120)) * time.Second)
		if i >= len(instruments) {
			at = rising.Add(time.Duration(rng.IntN(13*3600)) * time.Second)
		}
		if !at.After(now) {
			list = append(list, measured{patient: p, at: at, what: what, serial: i})
		}
	}
	return list
}

// value is what was measured.
func (s *Sandbox) value(m measured, a *alert) string {
	rng := s.seed.about("value "+m.id(), m.patient.id, day(m.at.Unix()))
	if a != nil {
		return m.what.alarming(s.seed, m.patient, a.flag, rng)
	}
	return m.what.usual(s.seed, m.patient, m.at, rng)
}

// measurementsReport is the report measurements.
func (s *Sandbox) measurementsReport(dates span, p paging) ([]line, cursors, error) {
	return s.measurementsWhere(dates, p, func(measured) bool { return true })
}

// answersReport is the report measurementsForQuestionnaires. Its columns aren't
// public: the sandbox serves those of measurements, for answers in words.
func (s *Sandbox) answersReport(dates span, p paging) ([]line, cursors, error) {
	return s.measurementsWhere(dates, p, func(m measured) bool { return m.what.answers != nil })
}

func (s *Sandbox) measurementsWhere(dates span, p paging, wanted func(measured) bool) ([]line, cursors, error) {
	s.store.mu.RLock()
	defer s.store.mu.RUnlock()
	return cut(ofDays(s, dates, func(d day, p *patient) []measured {
		return slices.DeleteFunc(s.measurementsOf(d, p), func(m measured) bool { return !wanted(m) })
	}, measured.id), p, s.signer, s.writeMeasurement)
}

func (s *Sandbox) writeMeasurement(l *line, m measured) {
	var a *alert
	if m.alarm {
		found := s.store.archive.alert(uint32(m.serial), s.store.patients)
		a = &found
	}
	l.id("Patient_UUID", m.patient.id)
	l.name(m.patient.name)
	l.text("Patient_Number", m.patient.number)
	l.text("Group", m.patient.cohort.group.name)
	l.text("Program", m.patient.program.named())
	l.text("Protocol", m.patient.protocol.named())
	l.time("Measurement_Date", m.at, s.zone)
	l.text("Measurement_Name", m.what.name)
	l.text("Measurement_Value", s.value(m, a))
	if a == nil {
		a = &alert{}
	}
	l.text("Alert_Flag", a.flagWord())
	l.text("Alert_Type", a.kindWord())
	l.time("Alert_Created_Date", a.createdAt, s.zone)
	s.writeProcessing(l, m.serial, a)
}

// writeProcessing adds what the reports measurements and alerts both tell of how
// an alert was processed.
func (s *Sandbox) writeProcessing(l *line, number int, a *alert) deed {
	var done deed
	how := ""
	if !a.processedAt.IsZero() {
		done, how = s.store.archive.lastDeed(uint32(number), actionProcess), "manual"
		if done.source == sourceAuto {
			how = "automatic"
		}
	}
	l.text("Alert_Processed_Type", how)
	l.text("Alert_Processed_Action", done.category)
	l.time("Alert_Processed_At", a.processedAt, s.zone)
	l.id("Alert_Processed_By_UUID", a.processedBy)
	return done
}

// alertsReport is the report alerts.
func (s *Sandbox) alertsReport(dates span, p paging) ([]line, cursors, error) {
	s.store.mu.RLock()
	defer s.store.mu.RUnlock()
	from, until := s.midnight(dates.first), s.midnight(dates.last+1)
	return cut(ofPatients(s,
		func(p *patient) []uint32 { return s.store.alertsOf(p, from, until) },
		func(n uint32) string { return strconv.Itoa(int(n)) },
	), p, s.signer, s.writeAlert)
}

func (s *Sandbox) writeAlert(l *line, n uint32) {
	a := s.store.archive.alert(n, s.store.patients)
	l.id("Patient_UUID", a.patient.id)
	l.text("Group", a.group.named())
	l.text("Program", a.program.named())
	l.text("Protocol", a.protocol.named())
	l.text("Alert_Flag", a.flagWord())
	l.text("Alert_Type", a.kindWord())
	name := ""
	if what := a.instrumentUsed(); what != nil {
		name = what.name
	}
	l.text("Measurement_Name", name)
	l.time("Alert_Created_Date", a.createdAt, s.zone)
	done := s.writeProcessing(l, int(n), &a)
	role := ""
	if by := s.staff.byID(a.processedBy); by != nil {
		role = by.role.lower()
	}
	l.text("Alert_Processed_By_Role", role)
	l.text("Alert_Processed_Additional_Info", done.note)
}

// hasMeasurement reports whether a measurement raised the alert. One of type mea
// always has one, also where its id is null.
func (a *alert) hasMeasurement() bool {
	return a.kind == typeMeasurement || a.measurement != uuid{}
}

// instrumentUsed is what an alert is about; nil for a remark of its own.
func (a *alert) instrumentUsed() *instrument {
	if a.patient.cohort == nil || a.kind == typeRemark && !a.hasMeasurement() {
		return nil
	}
	instruments := instrumentsOf[a.patient.cohort.group.name]
	if i := slices.Index(a.patient.cohort.instruments, a.instrument); i >= 0 {
		return instruments[i]
	}
	return instruments[a.draw()%uint64(len(instruments))]
}

// draw is a number that is always the same for the alert.
func (a *alert) draw() uint64 { return scramble(binary.BigEndian.Uint64(a.id[:8])) }

// flagWord and kindWord are how reports write them.
func (a *alert) flagWord() string {
	if a.flag == flagGray {
		return "grey"
	}
	return a.flag
}

func (a *alert) kindWord() string {
	return map[string]string{
		typeMeasurement: "Measurement", typeRemark: "Remark", typeOverdue: "Overdue", typeCombination: "Combination",
	}[a.kind]
}

// named is the name of something that may be missing.
func (n *named) named() string {
	if n == nil {
		return ""
	}
	return n.name
}

// stoppedAt is when a patient who has stopped did so, some time before the
// population's epoch; zero for all others.
func (s *Sandbox) stoppedAt(p *patient) time.Time {
	if p.status != statusStopped {
		return time.Time{}
	}
	epoch := s.store.journal.header.Epoch.Time
	return between(s.seed.about("stopped", p.id, 0), p.activatedAt, latest(epoch, p.activatedAt.Add(time.Second)))
}

func latest(a, b time.Time) time.Time {
	if cmp.Compare(a.Unix(), b.Unix()) < 0 {
		return b
	}
	return a
}
