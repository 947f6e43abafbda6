package family

import "strings"

// match reads name as the elements of a template. It returns the text of every
// placeholder and the number of ways in which name can be read, 2 standing for
// all above.
func match(elements []element, name string) (texts []string, ways int) {
	n := len(name)
	// below[e][i] counts the ways to read name[i:] as elements[e:].
	below := make([][]int, len(elements)+1)
	for e := range below {
		below[e] = make([]int, n+1)
	}
	below[len(elements)][n] = 1
	for e := len(elements) - 1; e >= 0; e-- {
		for i := range n + 1 {
			for _, j := range elements[e].ends(name[i:]) {
				below[e][i] = min(2, below[e][i]+below[e+1][i+j])
			}
		}
	}
	if ways = below[0][0]; ways == 0 {
		return nil, 0
	}
	i := 0
	for e, el := range elements {
		for _, j := range el.ends(name[i:]) {
			if below[e+1][i+j] == 0 {
				continue
			}
			if el.name != "" {
				texts = append(texts, name[i:i+j])
			}
			i += j
			break
		}
	}
	return texts, ways
}

// ends returns the lengths that the element can take at the beginning of s.
func (e element) ends(s string) []int {
	switch {
	case e.name == "":
		if strings.HasPrefix(s, e.literal) {
			return []int{len(e.literal)}
		}
		return nil
	case e.name == indexName:
		var ends []int
		for n := 0; n < len(s) && s[n] >= '0' && s[n] <= '9'; n++ {
			ends = append(ends, n+1)
		}
		return ends
	}
	return numberEnds(s)
}
