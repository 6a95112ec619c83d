package export

import "strings"

// tooFar is how many letters may be wrong in a name that is still guessed; ours.
const tooFar = 4

// Nearest is the report that somebody who typed this name may have meant.
func Nearest(name string) (Report, bool) {
	best, distance := Report{}, tooFar
	for _, r := range reports {
		if d := edits(strings.ToLower(name), strings.ToLower(string(r.Type))); d < distance {
			best, distance = r, d
		}
	}
	return best, distance < tooFar
}

// edits is how many letters have to be put in, taken out or changed.
func edits(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		before := row[0]
		row[0] = i + 1
		for j := range len(b) {
			changed := before
			if a[i] != b[j] {
				changed++
			}
			before = row[j+1]
			row[j+1] = min(changed, before+1, row[j]+1)
		}
	}
	return row[len(b)]
}
