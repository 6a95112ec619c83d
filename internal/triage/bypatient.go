package triage

import "slices"

// GroupByPatient puts the alerts of one patient together: patients in the order of
// their first alert, and the alerts of each as they stood. It merges nothing and
// leaves nothing out (R7).
func GroupByPatient(list []*Entry) []*Entry {
	place := make(map[PatientID]int, len(list))
	var groups [][]*Entry
	for _, e := range list {
		i, ok := place[e.Patient]
		if !ok {
			i = len(groups)
			place[e.Patient] = i
			groups = append(groups, nil)
		}
		groups[i] = append(groups[i], e)
	}
	return slices.Concat(groups...)
}

// After is where a list in R1's order goes on behind an alert, which may have left
// it.
func After(list []*Entry, last *Alert) int {
	i, _ := slices.BinarySearchFunc(list, last, func(e *Entry, a *Alert) int {
		if compare(&e.Alert, a) > 0 {
			return 1
		}
		return -1
	})
	return i
}

// AfterByPatient is the same for a list that is grouped by patient. Where the
// patient has left it nobody can say where they stood: it goes on at its
// beginning, so that nothing is passed over.
func AfterByPatient(list []*Entry, last *Alert) int {
	from := slices.IndexFunc(list, func(e *Entry) bool { return e.Patient == last.Patient })
	if from < 0 {
		return 0
	}
	to := from
	for to < len(list) && list[to].Patient == last.Patient {
		to++
	}
	return from + After(list[from:to], last)
}
