package family

import (
	"fmt"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// OutputTemplate makes one output path per parameter, as in
// "A_{k:.6f}_{index}.mtx".
//
// A placeholder {name} stands for the value of a parameter, in the shortest
// decimal form that reads back the same. {name:.6f} formats it as Python and C
// do: [0][width][.precision] and one of e, f, g, E, G (g when absent). {index}
// is the running number of the row, with [0][width] and d. {{ and }} are
// literal braces. A template without placeholders is the path of one output.
type OutputTemplate struct {
	text     string
	elements []element
	verbs    []string // fmt verb per element, "" for literal text and plain {name}
	param    []int    // parameter per element, -1 for the running number
}

var (
	numberFormat = regexp.MustCompile(`^(0?)([1-9][0-9]?)?(\.[0-9]{1,2})?([efgEG]?)$`)
	indexFormat  = regexp.MustCompile(`^(0?)([1-9][0-9]?)?d?$`)
)

// ParseOutputTemplate reads a template for the parameters called names. Errors
// are of type *TemplateError.
func ParseOutputTemplate(s string, names []string) (*OutputTemplate, error) {
	elements, err := parseElements(s)
	if err != nil {
		return nil, err
	}
	t := &OutputTemplate{text: s, elements: elements}
	for _, e := range elements {
		verb, param := "", -1
		if e.name != "" {
			if param = slices.Index(names, e.name); param < 0 && e.name != indexName {
				return nil, unknownName(s, e.name, names)
			}
			if verb, err = t.verb(e, param); err != nil {
				return nil, err
			}
		}
		t.verbs = append(t.verbs, verb)
		t.param = append(t.param, param)
	}
	return t, nil
}

func unknownName(template, name string, names []string) error {
	hint := "the parameters are " + quoteNames(names)
	if near := Nearest(name, names); near != "" {
		hint = fmt.Sprintf("did you mean %q? %s", near, hint)
	}
	return &TemplateError{template, fmt.Sprintf("there is no parameter %q", name), hint}
}

// verb translates the format of a placeholder for package fmt.
func (t *OutputTemplate) verb(e element, param int) (string, error) {
	if e.format == "" {
		return "", nil
	}
	if param < 0 {
		m := indexFormat.FindStringSubmatch(e.format)
		if m == nil {
			return "", &TemplateError{t.text, fmt.Sprintf("%q is no format for a running number", e.format), "write {index} or {index:03d}"}
		}
		return "%" + m[1] + m[2] + "d", nil
	}
	m := numberFormat.FindStringSubmatch(e.format)
	if m == nil {
		return "", &TemplateError{t.text, fmt.Sprintf("%q is no format for a number", e.format), fmt.Sprintf("write {%[1]s}, {%[1]s:.6f} or {%[1]s:.3e}", e.name)}
	}
	if m[4] == "" {
		m[4] = "g"
	}
	return "%" + m[1] + m[2] + m[3] + m[4], nil
}

// HasPlaceholders reports whether paths can differ from row to row.
func (t *OutputTemplate) HasPlaceholders() bool {
	return slices.ContainsFunc(t.elements, func(e element) bool { return e.name != "" })
}

// Expand returns the output path for parameter mu and running number index.
func (t *OutputTemplate) Expand(mu []float64, index int) string {
	var b strings.Builder
	for i, e := range t.elements {
		switch {
		case e.name == "":
			b.WriteString(e.literal)
		case t.param[i] < 0 && t.verbs[i] == "":
			b.WriteString(strconv.Itoa(index))
		case t.param[i] < 0:
			fmt.Fprintf(&b, t.verbs[i], index)
		case t.verbs[i] == "":
			b.WriteString(strconv.FormatFloat(mu[t.param[i]]+0, 'g', -1, 64)) // -0 becomes 0
		default:
			fmt.Fprintf(&b, t.verbs[i], mu[t.param[i]]+0)
		}
	}
	return b.String()
}

// ExpandAll returns the output path of every row, with running numbers from 1.
// Rows whose paths are the same are refused.
func (t *OutputTemplate) ExpandAll(mus [][]float64) ([]string, error) {
	paths := make([]string, len(mus))
	row := make(map[string]int, len(mus))
	for i, mu := range mus {
		paths[i] = t.Expand(mu, i+1)
		key := filepath.Clean(paths[i])
		if before, taken := row[key]; taken {
			hint := "add {index}, or more digits"
			if !t.HasPlaceholders() {
				hint = "with more than one parameter the output needs placeholders, as in A_{index}.mtx"
			}
			return nil, &TemplateError{t.text, fmt.Sprintf("rows %d and %d would both be written to %q", before+1, i+1, paths[i]), hint}
		}
		row[key] = i
	}
	return paths, nil
}

// quoteNames lists names for messages.
func quoteNames(names []string) string {
	quoted := make([]string, len(names))
	for i, n := range names {
		quoted[i] = strconv.Quote(n)
	}
	return strings.Join(quoted, ", ")
}
