package handlers

import (
	"fmt"
	"net/http"
	"strconv"
	"sync"

	lru "github.com/hashicorp/golang-lru/v2"

	"triageboard/internal/audit"
	"triageboard/internal/export"
	"triageboard/internal/triage"
	"triageboard/web/templates"
)

// masked stands for the citizen service number in a preview (R27).
const masked = "•••••••••"

// preview shows one page of a report's rows. It is audited as a list of patients
// is (R20).
func (s *Server) preview(r *http.Request, v *view, page *templates.Report, report export.Report, asked export.Range) error {
	key := previewKey{user: v.actor.ID, report: report.Type, asked: asked}
	number, err := strconv.Atoi(r.URL.Query().Get("page"))
	if err != nil || number < 1 {
		number = 1
	}
	cursor, ok := s.previews.begin(key, number)
	if !ok { // it was too long ago
		number = 1
	}
	request := export.Request{Type: report.Type, Range: asked, Cursor: cursor}
	for got, err := range s.Reports.Report(triage.Urgent(r.Context()), request) {
		if err != nil {
			return fmt.Errorf("preview %s: %w", report.Type, err)
		}
		came := len(got.Rows)
		got.Rows = got.Rows[:min(came, rowsShown)]
		if err := s.auditReport(r, audit.ReportShown, reportFile(report.Type, asked, ""), len(got.Rows)); err != nil {
			return err
		}
		if err := v.previewRows(page, report, got); err != nil {
			return err
		}
		page.Shown = true
		page.Count = v.l.T("reports.shown", number, len(got.Rows))
		if came > len(got.Rows) { // R14
			page.Count += " · " + v.l.T("reports.first_rows", came)
		}
		query := rangeValues(asked)
		query.Set("preview", "1")
		at := func(number int) string {
			query.Set("page", strconv.Itoa(number))
			return page.Page.To("/reports/"+page.Name, query)
		}
		if number > 1 {
			page.Back = at(number - 1)
		}
		if got.Next != "" {
			s.previews.keep(key, number+1, got.Next)
			page.Next = at(number + 1)
		}
		return nil
	}
	page.Shown = true
	return nil
}

// previewRows puts a page of rows into cells: the known columns, then the unknown
// ones that came. The error is export.ErrTooManyColumns.
func (v *view) previewRows(page *templates.Report, report export.Report, got export.Page) error {
	fit, place := export.NewFit(report), map[string]int{}
	for _, row := range got.Rows {
		if err := fit.Add(row); err != nil {
			return fmt.Errorf("preview: %w", err)
		}
	}
	for i, c := range fit.Columns {
		page.Head = append(page.Head, c.Name)
		place[c.Name] = i
	}
	for _, row := range got.Rows {
		cells := make([]string, len(page.Head))
		for i, value := range row.Cells {
			cells[i] = shownCell(report.National(row, i), value)
		}
		for _, field := range row.Unknown {
			cells[place[field.Name]] = shownCell(field.National(), field.Value)
		}
		page.Rows = append(page.Rows, cells)
	}
	for _, warning := range got.Warnings {
		page.Warnings = append(page.Warnings, v.warning(warning))
	}
	return nil
}

func shownCell(national bool, value export.Value) string {
	if national && value.Text != "" {
		return masked
	}
	return value.Text
}

// previews remembers where the pages of previews begin, so that no cursor stands in
// an address, and counts who is looking.
type previews struct {
	looking chan struct{}
	mu      sync.Mutex
	begun   *lru.Cache[previewKey, map[int]string]
}

const (
	// previewsKept is of how many previews it is remembered.
	previewsKept = 1_000
	// rowsShown is how many rows of a page are shown: Luscii gives 50 or 200, but
	// nothing says that it couldn't give all; ours.
	rowsShown = 200
	// previewsAtOnce is how many pages may be asked for at the same time; ours.
	// Somebody waits for each, so that it goes before the sweeps and beside what
	// clinicians write: more would hold those up.
	previewsAtOnce = 4
)

type previewKey struct {
	user   triage.HCPID
	report export.Type
	asked  export.Range
}

func newPreviews() *previews {
	begun, err := lru.New[previewKey, map[int]string](previewsKept)
	if err != nil {
		panic(err) // only for a size that isn't positive
	}
	return &previews{looking: make(chan struct{}, previewsAtOnce), begun: begun}
}

// enter says whether one more page may be asked for; then leave has to follow.
func (p *previews) enter() bool {
	select {
	case p.looking <- struct{}{}:
		return true
	default:
		return false
	}
}

func (p *previews) leave() { <-p.looking }

// begin is the cursor of a page; false: it isn't known.
func (p *previews) begin(key previewKey, page int) (cursor string, ok bool) {
	if page == 1 {
		return "", true
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	pages, _ := p.begun.Get(key)
	cursor, ok = pages[page]
	return cursor, ok
}

func (p *previews) keep(key previewKey, page int, cursor string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	pages, ok := p.begun.Get(key)
	if !ok {
		pages = map[int]string{}
		p.begun.Add(key, pages)
	}
	pages[page] = cursor
}
