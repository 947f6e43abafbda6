package family

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// TemplateError reports what is wrong with a path template or what it finds.
type TemplateError struct {
	Template string
	Msg      string
	Hint     string
}

func (e *TemplateError) Error() string { return fmt.Sprintf("template %q: %s", e.Template, e.Msg) }

// indexName is the placeholder for a running number.
const indexName = "index"

// element is a piece of a template: literal text or a placeholder.
type element struct {
	literal string
	name    string // of the placeholder, "" for literal text
	format  string // what follows the colon
}

// parseElements splits a template at its placeholders.
func parseElements(template string) ([]element, error) {
	bad := func(msg, hint string) error { return &TemplateError{template, msg, hint} }
	const braces = "a placeholder is {name} or {name:.6f}; literal braces are written {{ and }}"
	var (
		all  []element
		text strings.Builder
	)
	flush := func() {
		if text.Len() > 0 {
			all = append(all, element{literal: text.String()})
			text.Reset()
		}
	}
	for rest := template; rest != ""; {
		i := strings.IndexAny(rest, "{}")
		if i < 0 {
			text.WriteString(rest)
			break
		}
		text.WriteString(rest[:i])
		brace := rest[i]
		rest = rest[i+1:]
		if strings.HasPrefix(rest, string(brace)) {
			text.WriteByte(brace)
			rest = rest[1:]
			continue
		}
		inside, after, found := strings.Cut(rest, "}")
		if brace == '}' || !found {
			return nil, bad(fmt.Sprintf("%q without its partner", brace), braces)
		}
		name, format, _ := strings.Cut(inside, ":")
		if name == "" || strings.ContainsAny(name, "{/"+string(filepath.Separator)) {
			return nil, bad(fmt.Sprintf("%q is no placeholder", "{"+inside+"}"), braces)
		}
		flush()
		all = append(all, element{name: name, format: format})
		rest = after
	}
	flush()
	return all, nil
}

// splitFolders cuts the elements at path separators: one list per folder of
// the path, the last for the file. An absolute path begins with an empty list.
func splitFolders(elements []element) [][]element {
	parts := [][]element{nil}
	for _, e := range elements {
		if e.name != "" {
			parts[len(parts)-1] = append(parts[len(parts)-1], e)
			continue
		}
		for i, text := range strings.Split(filepath.ToSlash(e.literal), "/") {
			if i > 0 {
				parts = append(parts, nil)
			}
			if text != "" {
				parts[len(parts)-1] = append(parts[len(parts)-1], element{literal: text})
			}
		}
	}
	return parts
}

// finder collects the files that fit a template.
type finder struct {
	template string
	names    []string
	found    []Sample
	// For the message when nothing fits: what lies where a file was looked for.
	dir     string
	entries []string
}

// openTemplate finds the files that fit a path template. See Open.
func openTemplate(template string) (*Table, error) {
	elements, err := parseElements(template)
	if err != nil {
		return nil, err
	}
	f := &finder{template: template}
	for i, e := range elements {
		if e.name == "" {
			continue
		}
		if i > 0 && elements[i-1].name != "" {
			return nil, f.fail(fmt.Sprintf("nothing between {%s} and {%s}", elements[i-1].name, e.name),
				"two numbers need text between them, as in {a}_{b}")
		}
		if e.name != indexName && !slices.Contains(f.names, e.name) {
			f.names = append(f.names, e.name)
		}
	}
	if len(f.names) == 0 {
		return nil, f.fail("no parameter in it", "write {name} where the file name has the value of the parameter (not {index}: that is a running number)")
	}
	if err := f.walk("", splitFolders(elements), map[string]float64{}); err != nil {
		return nil, err
	}
	if len(f.found) == 0 {
		return nil, f.nothing()
	}
	slices.SortFunc(f.found, func(a, b Sample) int {
		if c := slices.Compare(a.Mu, b.Mu); c != 0 {
			return c
		}
		return strings.Compare(a.Path, b.Path)
	})
	return &Table{Source: template, Names: f.names, Samples: f.found}, nil
}

func (f *finder) fail(msg, hint string) error { return &TemplateError{f.template, msg, hint} }

// walk looks in dir for what fits the remaining parts of the path.
func (f *finder) walk(dir string, parts [][]element, values map[string]float64) error {
	part := parts[0]
	last := len(parts) == 1
	if len(part) == 0 && dir == "" && !last {
		return f.walk(string(filepath.Separator), parts[1:], values) // an absolute path
	}
	if len(part) == 0 && !last {
		return f.walk(dir, parts[1:], values)
	}
	if len(part) == 1 && part[0].name == "" {
		return f.step(dir, part[0].literal, parts, values)
	}
	entries, err := os.ReadDir(orHere(dir))
	if errors.Is(err, fs.ErrNotExist) && len(values) > 0 {
		return nil // a folder that fits by chance
	}
	if err != nil {
		return f.fail(fmt.Sprintf("folder %q cannot be read: %v", orHere(dir), reason(err)), "")
	}
	if last && len(f.entries) == 0 {
		f.dir = orHere(dir)
		for _, e := range entries {
			f.entries = append(f.entries, e.Name())
		}
	}
	for _, e := range entries {
		texts, ways := match(part, e.Name())
		if ways == 0 {
			continue
		}
		next, err := f.bind(filepath.Join(dir, e.Name()), part, texts, values)
		if err != nil {
			return err
		}
		if next == nil {
			continue
		}
		if ways > 1 {
			return f.fail(fmt.Sprintf("%q can be read in more than one way", filepath.Join(dir, e.Name())),
				"put more text between the placeholders, or list the files in a sample table (CSV)")
		}
		if err := f.step(dir, e.Name(), parts, next); err != nil {
			return err
		}
	}
	return nil
}

// step goes on with the entry of dir called name: into it, or, at the end of
// the path, takes it.
func (f *finder) step(dir, name string, parts [][]element, values map[string]float64) error {
	path := dir + name
	if dir != "" && !strings.HasSuffix(dir, string(filepath.Separator)) {
		path = dir + string(filepath.Separator) + name
	}
	if len(parts) > 1 {
		if info, err := os.Stat(path); err != nil || !info.IsDir() {
			if len(values) > 0 {
				return nil
			}
			return f.fail(fmt.Sprintf("folder %q does not exist", path), "paths are relative to the working folder")
		}
		return f.walk(path, parts[1:], values)
	}
	info, err := os.Stat(path)
	if err != nil || info.IsDir() {
		return nil
	}
	s := Sample{File: path, Path: path, Mu: make([]float64, len(f.names))}
	for k, n := range f.names {
		s.Mu[k] = values[n]
	}
	f.found = append(f.found, s)
	return nil
}

// bind adds the values of one path element to those known already. It returns
// nil when a parameter occurs twice with different values.
func (f *finder) bind(path string, part []element, texts []string, known map[string]float64) (map[string]float64, error) {
	values := make(map[string]float64, len(known)+len(texts))
	for name, v := range known {
		values[name] = v
	}
	k := 0
	for _, e := range part {
		if e.name == "" {
			continue
		}
		text := texts[k]
		k++
		if e.name == indexName {
			continue
		}
		v, msg, hint := parseParameter(text)
		if msg != "" {
			return nil, &TableError{File: path, Column: e.name, Msg: msg, Hint: hint}
		}
		if before, twice := values[e.name]; twice && before != v {
			return nil, nil
		}
		values[e.name] = v
	}
	return values, nil
}

// nothing explains that no file fits.
func (f *finder) nothing() error {
	msg := "no file fits"
	if f.dir != "" {
		msg += fmt.Sprintf(": %s in %q", count(len(f.entries), "name"), f.dir)
		if len(f.entries) > 0 {
			msg += fmt.Sprintf(", the first is %q", f.entries[0])
		}
	}
	hint := "a placeholder stands for a number, the rest must be exactly as in the file names"
	for _, name := range f.entries {
		if strings.HasSuffix(name, ".gz") && !strings.HasSuffix(f.template, ".gz") {
			hint = "the files are compressed: end the template in .gz"
			break
		}
	}
	return f.fail(msg, hint)
}

func orHere(dir string) string {
	if dir == "" {
		return "."
	}
	return dir
}
