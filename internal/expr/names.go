package expr

import (
	"slices"
	"strings"
)

// Names returns the names that occur in the expression, each once, in the order
// in which they occur: everything but numbers, functions and constants. These
// are the variables that the expression needs. The expression is split into
// words but not checked otherwise; errors are of type *Error.
func Names(src string) ([]string, error) {
	l := lexer{src: src, column: 1}
	var names []string
	t, err := l.next()
	for err == nil && t.kind != endToken {
		var after token
		if after, err = l.next(); err != nil {
			break
		}
		_, constant := constantOf(t.text)
		if t.kind == nameToken && (t.quoted || !constant && !after.is("(")) && !slices.Contains(names, t.text) {
			names = append(names, t.text)
		}
		t = after
	}
	if err != nil {
		return nil, err
	}
	return names, nil
}

// nearest returns the one of names that was probably meant, "" when none is
// close: at most a third of its letters differ, case apart.
func nearest(name string, names []string) string {
	best, least := "", 0
	for _, n := range names {
		a, b := []rune(strings.ToLower(name)), []rune(strings.ToLower(n))
		if d := editDistance(a, b); 3*d <= max(len(a), len(b)) && (best == "" || d < least) {
			best, least = n, d
		}
	}
	return best
}

// editDistance counts the insertions, deletions, replacements and swaps of
// neighbours that turn a into b (restricted Damerau-Levenshtein distance).
func editDistance(a, b []rune) int {
	before, row := make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range a {
		next := make([]int, len(b)+1)
		next[0] = i + 1
		for j := range b {
			d := row[j]
			if a[i] != b[j] {
				d++
			}
			d = min(d, row[j+1]+1, next[j]+1)
			if i > 0 && j > 0 && a[i] == b[j-1] && a[i-1] == b[j] {
				d = min(d, before[j-1]+1)
			}
			next[j+1] = d
		}
		before, row = row, next
	}
	return row[len(b)]
}
