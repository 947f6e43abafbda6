package family

import "strings"

// Nearest returns the one of names that was probably meant by name, "" when
// none is close: at most a third of its letters differ, case apart.
func Nearest(name string, names []string) string {
	best, least := "", 0
	for _, n := range names {
		d := editDistance(strings.ToLower(name), strings.ToLower(n))
		if 3*d <= max(len(name), len(n)) && (best == "" || d < least) {
			best, least = n, d
		}
	}
	return best
}

// editDistance counts the insertions, deletions and replacements of bytes that
// turn a into b (Levenshtein).
func editDistance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			replaced := diagonal
			if a[i] != b[j] {
				replaced++
			}
			diagonal = row[j+1]
			row[j+1] = min(replaced, row[j]+1, diagonal+1)
		}
	}
	return row[len(b)]
}
