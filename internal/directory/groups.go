package directory

import (
	"strings"

	"triageboard/internal/triage"
)

// GroupsOf maps the group names of a professional, which the export joins by
// commas, to ids. Names may hold commas themselves, so the longest known name
// is taken first. A name that no group has, or several have, or that may as
// well be a list of other groups' names, grants nothing and is returned as it
// stood.
func (d *Directory) GroupsOf(h triage.HCP) (ids map[triage.GroupID]bool, unmatched []string) {
	byName := map[string][]triage.GroupID{}
	for _, g := range d.Groups() {
		byName[normalName(g.Name)] = append(byName[normalName(g.Name)], g.ID)
	}
	known := func(parts []string) bool { return len(byName[joined(parts)]) > 0 }
	ids = map[triage.GroupID]bool{}
	parts := strings.Split(h.Groups, ",")
	for len(parts) > 0 {
		n := len(parts)
		for n > 1 && !known(parts[:n]) {
			n--
		}
		found := byName[joined(parts[:n])]
		if len(found) == 1 && !readsAsSeveral(parts[:n], known) {
			ids[found[0]] = true
		} else if name := strings.TrimSpace(strings.Join(parts[:n], ",")); name != "" {
			unmatched = append(unmatched, name)
		}
		parts = parts[n:]
	}
	return ids, unmatched
}

// joined is the normal form of parts of a name.
func joined(parts []string) string { return normalName(strings.Join(parts, ",")) }

// readsAsSeveral reports whether all of parts can be read as two or more known
// names in a row.
func readsAsSeveral(parts []string, known func([]string) bool) bool {
	for n := 1; n < len(parts); n++ {
		rest := parts[n:]
		if known(parts[:n]) && (known(rest) || readsAsSeveral(rest, known)) {
			return true
		}
	}
	return false
}

// normalName makes names comparable: case and runs of space don't matter.
func normalName(s string) string { return strings.ToLower(strings.Join(strings.Fields(s), " ")) }
