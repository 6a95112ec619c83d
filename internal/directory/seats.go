package directory

import (
	"time"

	"triageboard/internal/triage"
)

// seat is where a patient is looked after, by the ids of their newest alert.
type seat struct {
	group    triage.GroupID
	program  triage.ProgramID
	protocol triage.ProtocolID
	at       time.Time // of that alert
}

// Meet is told of alerts that are new on the board. Patients nobody knows yet are
// looked up; the others' seats tell which name belongs to which id, where names
// come without.
func (d *Directory) Meet(entries []*triage.Entry) {
	if len(entries) == 0 {
		return
	}
	known := d.patients.Load()
	for _, e := range entries {
		if _, ok := known.byID[e.Patient]; !ok {
			d.want(known, e.Patient)
		}
	}
	d.publishing.Lock()
	defer d.publishing.Unlock()
	if d.sit(entries) && d.Source() == triage.NamesFromExport {
		again := *d.patients.Load()
		d.publish(&again)
	}
}

// sit notes where the alerts' patients are, and reports whether anything is new.
// The caller holds publishing.
func (d *Directory) sit(entries []*triage.Entry) bool {
	news := false
	for _, e := range entries {
		was, ok := d.seats[e.Patient]
		if ok && e.CreatedAt.Before(was.at) {
			continue
		}
		is := seat{e.Group, e.Program, e.Protocol, e.CreatedAt}
		d.seats[e.Patient] = is
		was.at = is.at
		news = news || was != is
	}
	return news
}

// matched finds the names of ids through the patients who sit there, for the
// patients report names a patient's group, program and protocol without their
// ids, and alerts carry the ids without the names.
//
// An id gets a name only if every patient known to sit there has that one. So a
// patient who moved since their alert makes two ids of one name, or no name of an
// id, and either grants no rights (GroupsOf). Where the moved ones are all who
// are known of an id, it gets the name of where they are now: who may see that
// group may see them.
func (d *Directory) matched(p *patients) labels {
	groups, programs, protocols := votes[triage.GroupID]{}, votes[triage.ProgramID]{}, votes[triage.ProtocolID]{}
	for id, s := range d.seats {
		if who, ok := p.byID[id]; ok {
			groups.cast(s.group, who.care.groupName)
			programs.cast(s.program, who.care.programName)
			protocols.cast(s.protocol, who.care.protocolName)
		}
	}
	return labels{group: groups.names(), program: programs.names(), protocol: protocols.names()}
}

// votes are the names that are said to belong to an id; an empty one where they
// differ.
type votes[ID ~string] map[ID]string

func (v votes[ID]) cast(id ID, name string) {
	before, voted := v[id]
	switch {
	case id == "" || normalName(name) == "":
	case !voted:
		v[id] = name
	case normalName(before) != normalName(name):
		v[id] = ""
	}
}

func (v votes[ID]) names() map[ID]string {
	names := map[ID]string{}
	for id, name := range v {
		if name != "" {
			names[id] = name
		}
	}
	return names
}
