package sandbox

import (
	"fmt"
	"math/rand/v2"
	"time"
)

const (
	sexFemale = "female"
	sexMale   = "male"

	statusActive   = "active"
	statusStopped  = "stopped"
	statusCreated  = "created" // known, but not yet taking part
	statusInactive = "inactive"
)

// cohort is a group of patients with what its patients have in common.
type cohort struct {
	group       *named
	programs    []*named
	protocols   []*named
	instruments []uuid
	share       int // percent of the patients
	minAge      int
	maxAge      int
	womenOnly   bool
}

// newCohorts makes the hospital's groups, always the same ones. One name holds
// a comma; the two COPD groups share their programs.
func newCohorts(s seed) []*cohort {
	known := map[string]*named{}
	entities := func(kind string, names ...string) []*named {
		var list []*named
		for _, name := range names {
			key := kind + " " + name
			if known[key] == nil {
				known[key] = &named{id: s.id(key), name: name}
			}
			list = append(list, known[key])
		}
		return list
	}
	define := func(group string, share, minAge, maxAge int, programs, protocols []string) *cohort {
		c := &cohort{
			group:     entities("group", group)[0],
			programs:  entities("program", programs...),
			protocols: entities("protocol", protocols...),
			share:     share,
			minAge:    minAge,
			maxAge:    maxAge,
		}
		for i := range 4 {
			c.instruments = append(c.instruments, s.id(fmt.Sprintf("instrument %d of %s", i, group)))
		}
		return c
	}
	pregnancy := define("Zwangerschap", 10, 19, 43, []string{"Hypertensie in de zwangerschap", "Thuismonitoring CTG"}, []string{"Zwangerschap standaard", "Pre-eclampsie"})
	pregnancy.womenOnly = true
	return []*cohort{
		define("COPD Noord", 22, 52, 88, []string{"COPD thuismeten", "COPD na opname"}, []string{"COPD standaard", "COPD GOLD 3-4"}),
		define("COPD Zuid", 18, 52, 88, []string{"COPD thuismeten", "COPD na opname"}, []string{"COPD standaard", "COPD GOLD 3-4"}),
		define("Hartfalen", 26, 58, 93, []string{"Hartfalen thuismeten", "Hartfalen instellen medicatie"}, []string{"Hartfalen NYHA II", "Hartfalen NYHA III"}),
		define("Hypertensie", 14, 35, 85, []string{"Bloeddruk thuismeten"}, []string{"Hypertensie standaard"}),
		pregnancy,
		define("Oncologie, nazorg", 10, 30, 85, []string{"Immunotherapie", "Nazorg na operatie"}, []string{"Klachten na immunotherapie", "Wondzorg"}),
	}
}

// notable is a patient every population has, so that what is hard to show is
// always there: equal names, similar names, long ones, name parts.
type notable struct {
	name   fullName
	sex    string
	born   string
	cohort int
}

var notables = []notable{
	{fullName{"Jan", "de", "Vries"}, sexMale, "1948-03-12", 0},
	{fullName{"Jan", "de", "Vries"}, sexMale, "1951-11-02", 2},
	{fullName{"Wilhelmina Johanna Petronella", "van der", "Heijden-van Oldenburgh"}, sexFemale, "1939-06-30", 2}, // 60 characters
	{fullName{"Johanna", "", "Bakker"}, sexFemale, "1945-07-14", 1},
	{fullName{"Johan", "", "Bakker"}, sexMale, "1945-07-21", 3},
	{fullName{"Catharina", "van den", "Berg-Jansen"}, sexFemale, "1952-01-09", 0},
	{fullName{"Catharina", "van den", "Berg"}, sexFemale, "1952-09-01", 0},
	{fullName{"Ayşe", "", "Yılmaz"}, sexFemale, "1993-05-17", 4},
	{fullName{"Ayşe", "", "Yıldız"}, sexFemale, "1991-12-24", 4},
	{fullName{"Maria", "in 't", "Veld-'t Hart"}, sexFemale, "1958-10-03", 5},
}

// eligible reports whether new alerts can be of this patient: taking part, in
// a group.
func (p *patient) eligible() bool { return p.status == statusActive }

// newPatients invents patients, the notable ones first. Ages are as of epoch.
func newPatients(s seed, epoch time.Time, count int, cohorts []*cohort) []*patient {
	rng := s.stream("patients")
	patients := make([]*patient, 0, count)
	for i := range count {
		p := &patient{id: newUUID(rng), cohort: pickCohort(rng, cohorts), status: statusActive, language: "nl"}
		if i < len(notables) {
			n := notables[i]
			p.name, p.sex, p.born, p.cohort = n.name, n.sex, n.born, cohorts[n.cohort]
		} else {
			inventPerson(rng, p, epoch)
		}
		inventMembership(rng, p, epoch, i >= len(notables))
		inventContact(rng, p, i)
		patients = append(patients, p)
	}
	return patients
}

func pickCohort(rng *rand.Rand, cohorts []*cohort) *cohort {
	draw := rng.IntN(100)
	for _, c := range cohorts {
		if draw < c.share {
			return c
		}
		draw -= c.share
	}
	return cohorts[0]
}

// inventPerson gives name, sex and date of birth.
func inventPerson(rng *rand.Rand, p *patient, epoch time.Time) {
	c := p.cohort
	age := c.minAge + rng.IntN(c.maxAge-c.minAge+1)
	woman := c.womenOnly || chance(rng, 0.5)
	p.sex = sexMale
	if woman {
		p.sex = sexFemale
	}
	p.name = inventName(rng, woman, age)
	p.born = epoch.AddDate(-age, 0, -rng.IntN(365)).Format(time.DateOnly)
}

// inventMembership gives status, dates, program and protocol. Some patients,
// where that is allowed, have stopped or not yet begun; the latter have no
// group. Some have no program or protocol.
func inventMembership(rng *rand.Rand, p *patient, epoch time.Time, mayBeInactive bool) {
	p.createdAt = epoch.Add(-time.Duration(35*24+rng.IntN(700*24)) * time.Hour).Add(-time.Duration(rng.IntN(3600)) * time.Second)
	draw := rng.Float64()
	if mayBeInactive && draw < 0.03 {
		p.status, p.cohort = statusCreated, nil
		return
	}
	if mayBeInactive && draw < 0.08 {
		p.status = statusStopped
	}
	p.activatedAt = p.createdAt.Add(time.Duration(rng.IntN(72*3600)) * time.Second)
	p.dateOnly = chance(rng, 0.3)
	if chance(rng, 0.96) {
		p.program = oneOf(rng, p.cohort.programs)
	}
	if chance(rng, 0.93) {
		p.protocol = oneOf(rng, p.cohort.protocols)
	}
}

// inventContact gives numbers and addresses that can't be anybody's: BSNs from
// the range for tests, telephone numbers from one not given out, e-mail below
// .example. The patient's place in the list makes them unique.
func inventContact(rng *rand.Rand, p *patient, i int) {
	// 7919 is prime to both ranges: neighbours get numbers far apart, none twice.
	p.number = fmt.Sprintf("P%d", 100_000+(4233+i*7919)%900_000)
	if chance(rng, 0.9) {
		p.bsn = fmt.Sprintf("9999%05d", (1017+i*7919)%maxPatients)
	}
	if chance(rng, 0.95) {
		p.phone = fmt.Sprintf("+31 6 00%06d", rng.IntN(1_000_000))
	}
	if chance(rng, 0.85) {
		p.email = fmt.Sprintf("%s%d@patient.example", p.name.mailbox(), i+1)
		p.account = p.email
	}
	if chance(rng, 0.06) {
		p.language = "en"
	}
}
