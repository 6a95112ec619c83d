package handlers

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"

	"triageboard/internal/desk"
	"triageboard/internal/triage"
	"triageboard/web/templates"
	"triageboard/web/templates/components"
)

// showCommands is the palette and the help, which a page fetches when they are
// first needed. They hold nothing about patients. Without a script there is the
// page of keys.
func (s *Server) showCommands(w http.ResponseWriter, r *http.Request) error {
	if !isHTMX(r) {
		http.Redirect(w, r, s.base+"/help/keys", http.StatusSeeOther)
		return nil
	}
	v := s.look(r)
	own := s.settings(r)
	kept, err := s.Searches.Views(r.Context(), v.actor.ID)
	if err != nil {
		return fmt.Errorf("find a user's views: %w", err)
	}
	return s.render(w, r, http.StatusOK, templates.CommandsPart(templates.Palette{
		KeyHelp: templates.KeyHelp{Page: s.page(r, ""), Topics: topics(v.l, own.Keys)},
		Entries: slices.Concat(v.commandEntries(own.Keys), v.viewEntries(own.Keys), v.keptEntries(kept, own.Keys), v.filterEntries(s.defaultView(r)), v.pageEntries(own.Keys), v.settingEntries(own), v.accountEntries()),
	}))
}

// commandEntries are what the page itself does. Those that go somewhere stand
// among views and pages; what is open already needn't be offered.
func (v *view) commandEntries(changes desk.KeyChanges) []templates.Entry {
	var all []templates.Entry
	for _, command := range desk.Commands {
		if command.Topic == desk.TopicGoing || command.ID == "palette" || command.ID == "back" || !ofUse(command, v.actor) {
			continue
		}
		all = append(all, templates.Entry{
			Word: commandWord(v.l, command.ID), Kind: v.l.T("palette.kind.command"), Keys: keysOf(command, changes),
			Run: command.ID, OnBoard: command.Topic != desk.TopicAlways,
		})
	}
	return all
}

func (v *view) viewEntries(changes desk.KeyChanges) []templates.Entry {
	var all []templates.Entry
	for _, status := range viewsInOrder {
		all = append(all, templates.Entry{
			Word: v.l.T("view." + string(status)), Kind: v.l.T("palette.kind.view"), Keys: keyOf("go-"+string(status), changes),
			To: v.s.link("/", triage.Query{Status: status}.Values()),
		})
	}
	return all
}

// keptEntries are the user's own views.
func (v *view) keptEntries(kept []desk.View, changes desk.KeyChanges) []templates.Entry {
	var all []templates.Entry
	for _, k := range kept {
		all = append(all, templates.Entry{
			Word: k.Name, Kind: v.l.T("palette.kind.view"), Keys: keyOf(fmt.Sprintf("view-%d", k.Slot), changes),
			To: v.s.viewLink(k.ID),
		})
	}
	return all
}

// keyOf is the one key of a command that goes somewhere, if it has one.
func keyOf(command string, changes desk.KeyChanges) []components.Key {
	if key, ok := shownKeys(changes)[command]; ok {
		return []components.Key{key}
	}
	return nil
}

// filterEntries are the groups and programs of the default view, as its menus
// have them.
func (v *view) filterEntries(status triage.Status) []templates.Entry {
	seen := v.seen(triage.Query{Status: status})
	entry := func(word, kind string, q triage.Query) templates.Entry {
		return templates.Entry{Word: word, Kind: v.l.T(kind), To: v.s.link("/", q.Values())}
	}
	var groups, programs []templates.Entry
	for group := range maps.Keys(occurring(seen.groups, nil)) {
		groups = append(groups, entry(v.groupName(group), "palette.kind.group", triage.Query{Status: status, Groups: []triage.GroupID{group}}))
	}
	for program := range maps.Keys(occurring(seen.programs, nil)) {
		programs = append(programs, entry(v.programName(program), "palette.kind.program", triage.Query{Status: status, Programs: []triage.ProgramID{program}}))
	}
	byWord := func(a, b templates.Entry) int {
		return strings.Compare(strings.ToLower(a.Word)+a.To, strings.ToLower(b.Word)+b.To)
	}
	slices.SortFunc(groups, byWord)
	slices.SortFunc(programs, byWord)
	return append(groups, programs...)
}

func (v *view) pageEntries(changes desk.KeyChanges) []templates.Entry {
	page := func(word, path string) templates.Entry {
		return templates.Entry{Word: v.l.T(word), Kind: v.l.T("palette.kind.page"), To: v.s.base + path}
	}
	all := []templates.Entry{page("actions.page", "/actions")}
	if v.actor.May(triage.OpReports) {
		reports := page("reports", "/reports")
		reports.Keys = keyOf("go-reports", changes)
		all = append(all, reports)
	}
	if v.actor.May(triage.OpInsights) {
		insights := page("insight.page", "/insights")
		insights.Keys = keyOf("go-insights", changes)
		all = append(all, insights)
	}
	if v.actor.May(triage.OpAudit) {
		all = append(all, page("audit.page", "/audit"))
	}
	settings := page("settings", "/settings")
	settings.Keys = keyOf("go-settings", changes)
	return append(all, settings, page("keys.own", "/settings/keys"))
}

// settingEntries are the settings that are worth a switch, as they aren't now.
func (v *view) settingEntries(own desk.Settings) []templates.Entry {
	var all []templates.Entry
	for _, set := range offered {
		if !slices.Contains([]string{"theme", "density", "language"}, set.name) {
			continue
		}
		for _, value := range set.options {
			if value == set.get(own) {
				continue
			}
			all = append(all, templates.Entry{
				Word: v.l.T("setting."+set.name) + ": " + v.l.T("setting."+set.name+"."+firstOf(value, "usual")),
				Kind: v.l.T("palette.kind.setting"), Post: v.s.base + "/settings", Name: set.name, Value: value,
			})
		}
	}
	return all
}

func (v *view) accountEntries() []templates.Entry {
	return []templates.Entry{{Word: v.l.T("signout"), Kind: v.l.T("palette.kind.account"), Post: v.s.base + "/signout"}}
}
