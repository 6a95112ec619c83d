package sandbox

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strconv"
	"strings"
	"time"
)

// instrument is something a patient measures or answers at home. A number with
// two parts, such as a blood pressure, is given in one text.
type instrument struct {
	name    string
	parts   []scale // of a number
	answers []reply // of a question
}

// scale is how a number runs: about a level that differs between patients, with
// a slow wave and a scatter, until an alert's value crosses a limit.
type scale struct {
	level, spread float64
	wave, scatter float64
	orange, red   float64 // limits; those of a relative scale are differences from the patient's level
	relative      bool
	decimals      int
	most          float64 // 0: none
}

// reply is an answer to a question and the flag it raises; empty: none.
type reply struct{ flag, text string }

var (
	heartRate   = instrument{name: "Heart rate", parts: []scale{{level: 74, spread: 8, wave: 4, scatter: 3, orange: 110, red: 130}}}
	saturation  = instrument{name: "Oxygen saturation", parts: []scale{{level: 94.5, spread: 1.2, wave: 0.8, scatter: 0.7, orange: 89, red: 85, most: 100}}}
	weight      = instrument{name: "Weight", parts: []scale{{level: 78, spread: 12, wave: 0.7, scatter: 0.3, orange: 2, red: 3.5, relative: true, decimals: 1}}}
	temperature = instrument{name: "Temperature", parts: []scale{{level: 36.7, spread: 0.15, wave: 0.1, scatter: 0.15, orange: 38, red: 39, decimals: 1, most: 41.5}}}
	steps       = instrument{name: "Steps", parts: []scale{{level: 4200, spread: 1300, wave: 500, scatter: 700, orange: 1000, red: 400}}}
	glucose     = instrument{name: "Glucose", parts: []scale{{level: 7.4, spread: 1, wave: 0.6, scatter: 0.9, orange: 14, red: 20, decimals: 1}}}

	bloodPressure = instrument{name: "Blood pressure", parts: []scale{
		{level: 128, spread: 7, wave: 4, scatter: 5, orange: 155, red: 180},
		{level: 78, spread: 4, wave: 2, scatter: 3, orange: 95, red: 110},
	}}

	breathlessness = instrument{name: "Breathlessness", answers: []reply{
		{"", "Niet benauwd"}, {"", "Alleen bij flinke inspanning"}, {"", "Zoals gewoonlijk"},
		{flagGray, "Iets benauwder dan gisteren"}, {flagOrange, "Benauwder dan gisteren, ook bij rustig lopen"}, {flagRed, "Benauwd in rust"},
	}}
	swelling = instrument{name: "Swelling", answers: []reply{
		{"", "Geen dikke enkels"}, {"", "Zoals gewoonlijk"},
		{flagGray, "Sokken knellen iets"}, {flagOrange, "Dikkere enkels dan gisteren"}, {flagRed, "Dikke benen, plat liggen lukt niet"},
	}}
	movements = instrument{name: "Fetal movements", answers: []reply{
		{"", "Voel mijn kind zoals anders"}, {"", "Veel beweging"},
		{flagGray, "Iets rustiger dan gisteren"}, {flagOrange, "Minder dan anders"}, {flagRed, "Sinds vanochtend niet gevoeld"},
	}}
	complaints = instrument{name: "Complaints", answers: []reply{
		{"", "Geen klachten"}, {"", "Wat moe"},
		{flagGray, "Jeuk, lichte uitslag; \"zoals vorige keer\""}, {flagOrange, "Diarree, vier keer per dag"}, {flagRed, "Koorts en koude rillingen"},
	}}
)

// instrumentsOf are a group's four, in the order of its alerts' instrument ids;
// the first two are what its patients measure on most days.
var instrumentsOf = map[string][]*instrument{
	"COPD Noord":        {&saturation, &heartRate, &breathlessness, &steps},
	"COPD Zuid":         {&saturation, &heartRate, &breathlessness, &steps},
	"Hartfalen":         {&weight, &bloodPressure, &swelling, &heartRate},
	"Hypertensie":       {&bloodPressure, &heartRate, &glucose, &weight},
	"Zwangerschap":      {&bloodPressure, &movements, &weight, &heartRate},
	"Oncologie, nazorg": {&temperature, &complaints, &weight, &heartRate},
}

// usual is a value that raises no alert.
func (in *instrument) usual(s seed, p *patient, at time.Time, rng *rand.Rand) string {
	if in.answers != nil {
		return oneOf(rng, in.having("")).text
	}
	texts := make([]string, len(in.parts))
	for i, part := range in.parts {
		own := s.about(fmt.Sprint(in.name, i), p.id, 0)
		level, phase, period := part.levelOf(own), own.Float64(), 15+own.Float64()*20
		days := float64(at.Unix()) / secondsPerDay
		value := level + part.wave*math.Sin(2*math.Pi*(days/period+phase)) + part.scatter*gauss(rng)
		texts[i] = part.format(part.harmless(level, value))
	}
	return strings.Join(texts, "/")
}

// alarming is a value for which an alert of that flag is raised.
func (in *instrument) alarming(s seed, p *patient, flag string, rng *rand.Rand) string {
	if in.answers != nil {
		return oneOf(rng, in.having(flag)).text
	}
	texts := make([]string, len(in.parts))
	for i, part := range in.parts {
		level := part.levelOf(s.about(fmt.Sprint(in.name, i), p.id, 0))
		orange, red := part.limits(level)
		step := (red - orange) * (0.05 + 0.85*rng.Float64())
		value := orange + step // beyond orange, short of red
		switch flag {
		case flagRed:
			value = red + step/3
		case flagGray:
			value = orange - step/3
		}
		texts[i] = part.format(value)
	}
	return strings.Join(texts, "/")
}

func (in *instrument) having(flag string) []reply {
	var list []reply
	for _, a := range in.answers {
		if a.flag == flag {
			list = append(list, a)
		}
	}
	return list
}

// levelOf is what a patient's values lie about.
func (sc scale) levelOf(own *rand.Rand) float64 { return sc.level + sc.spread*gauss(own) }

// limits are where orange and red begin for a patient.
func (sc scale) limits(level float64) (orange, red float64) {
	if sc.relative {
		return level + sc.orange, level + sc.red
	}
	return sc.orange, sc.red
}

// harmless keeps a value well within the limits.
func (sc scale) harmless(level, value float64) float64 {
	orange, red := sc.limits(level)
	within := orange - (red-orange)*0.35
	if red > orange {
		return min(value, within)
	}
	return max(value, within)
}

func (sc scale) format(value float64) string {
	if sc.most > 0 {
		value = min(value, sc.most)
	}
	return strconv.FormatFloat(value, 'f', sc.decimals, 64)
}

// gauss is about normal, and never beyond three.
func gauss(rng *rand.Rand) float64 { return min(max(rng.NormFloat64(), -3), 3) }
