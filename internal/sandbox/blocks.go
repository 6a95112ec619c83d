package sandbox

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// blocks is a list that is made while it's read, block by block, in a fixed
// order: nobody knows how long it is, and no more than a few blocks of it ever
// exist. Rows may be added to any block but don't move and don't vanish.
type blocks[T any] struct {
	len  int
	name func(i int) string // names a block for good
	find func(name string) (i int, ok bool)
	rows func(i int) []T
	id   func(T) string // tells the rows of a block apart, for good
}

// around is the rows beside the one a page's cursor names, as many as the page
// needs, as a sequence that page can cut it from.
func (b blocks[T]) around(p paging, sign signer) sequence[T] {
	type row struct {
		block int
		value T
	}
	at, ok := sign.open(p.scope, p.cursor)
	block, own, i := 0, []T(nil), -1
	if p.cursor != "" && ok {
		block, own, i = b.locate(at.key)
		ok = i >= 0
	}
	if p.cursor != "" && !ok {
		return sequence[T]{find: func(string) (int, bool) { return 0, false }}
	}

	ahead, back := p.perPage+max(p.shift, 0)+1, 0
	switch {
	case p.cursor == "":
		own = b.rowsOf(block)
		i = 0
	case at.back:
		back = p.perPage + 1
	default:
		back = min(max(-p.shift, 0), p.perPage)
	}

	var window []row
	for n, rest := block, own[:i]; ; rest = b.rowsOf(n) {
		for _, value := range slices.Backward(rest) {
			if len(window) < back {
				window = append(window, row{n, value})
			}
		}
		if n--; n < 0 || len(window) >= back {
			break
		}
	}
	slices.Reverse(window)
	middle := len(window)
	for n, rest := block, own[i:]; ; rest = b.rowsOf(n) {
		for _, value := range rest {
			window = append(window, row{n, value})
		}
		if n++; n >= b.len || len(window)-middle > ahead {
			break
		}
	}
	return sequence[T]{
		len:  len(window),
		at:   func(i int) T { return window[i].value },
		key:  func(i int) string { return b.name(window[i].block) + "#" + b.id(window[i].value) },
		find: func(string) (int, bool) { return middle, true },
	}
}

// rowsOf is rows where there may be no block at all.
func (b blocks[T]) rowsOf(i int) []T {
	if i >= b.len {
		return nil
	}
	return b.rows(i)
}

// locate finds the block and the row of a key; i is -1 where there is none.
func (b blocks[T]) locate(key string) (block int, own []T, i int) {
	name, id, _ := strings.Cut(key, "#")
	block, ok := b.find(name)
	if !ok {
		return 0, nil, -1
	}
	own = b.rows(block)
	return block, own, slices.IndexFunc(own, func(v T) bool { return b.id(v) == id })
}

// cut cuts a page out of blocks and writes its rows.
func cut[T any](b blocks[T], p paging, sign signer, write func(*line, T)) ([]line, cursors, error) {
	return written(b.around(p, sign), p, sign, write)
}

// written cuts a page out of a sequence and writes its rows.
func written[T any](seq sequence[T], p paging, sign signer, write func(*line, T)) ([]line, cursors, error) {
	values, c, err := page(seq, p, sign)
	rows := make([]line, len(values))
	for i, value := range values {
		rows[i] = make(line, 0, 700)
		write(&rows[i], value)
	}
	return rows, c, err
}

// ofPatients is a block for each patient.
func ofPatients[T any](s *Sandbox, rows func(*patient) []T, id func(T) string) blocks[T] {
	list := s.store.patients
	return blocks[T]{
		len:  len(list),
		name: strconv.Itoa,
		find: func(name string) (int, bool) {
			i, err := strconv.Atoi(name)
			return i, err == nil && i >= 0 && i < len(list)
		},
		rows: func(i int) []T { return rows(list[i]) },
		id:   id,
	}
}

// ofDays is a block for each patient on each of the days there can be anything
// of. The days come scrambled, as those of the alerts do.
func ofDays[T any](s *Sandbox, dates span, rows func(day, *patient) []T, id func(T) string) blocks[T] {
	patients := s.store.patients
	if len(patients) == 0 {
		return blocks[T]{}
	}
	var days []day
	for d := max(dates.first, s.store.earliest); d <= min(dates.last, s.dateOf(s.now())); d++ {
		days = append(days, d)
	}
	slices.SortFunc(days, byRank)
	return blocks[T]{
		len:  len(days) * len(patients),
		name: func(i int) string { return fmt.Sprintf("%d/%d", days[i/len(patients)], i%len(patients)) },
		find: func(name string) (int, bool) {
			dayText, placeText, _ := strings.Cut(name, "/")
			d, err := strconv.Atoi(dayText)
			place, err2 := strconv.Atoi(placeText)
			if cmp.Or(err, err2) != nil || place < 0 || place >= len(patients) {
				return 0, false
			}
			i, found := slices.BinarySearchFunc(days, day(d), byRank)
			return i*len(patients) + place, found
		},
		rows: func(i int) []T { return rows(days[i/len(patients)], patients[i%len(patients)]) },
		id:   id,
	}
}
