package main

import (
	"bytes"
	"context"
	"embed"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"text/template"

	"eimtool/internal/safefile"
)

// sections holds the texts: sections/NAME.md for every experiment, with actions
// that place what it found, and the head of the page.
//
//go:embed sections
var sections embed.FS

// pageName is the page in the directory of the documents; figures are in the
// folder of the same name.
const pageName = "experiments.md"

// write puts the section of an experiment into the page in dir, and its figures
// beside it. Sections of other experiments stay as they are.
func write(ctx context.Context, dir, name string, out *outcome) error {
	text, err := section(name, out)
	if err != nil {
		return err
	}
	path := filepath.Join(dir, pageName)
	old, err := os.ReadFile(path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	page, err := merge(string(old), name, text)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Join(dir, "experiments"), 0o777); err != nil {
		return err
	}
	for _, f := range out.figures {
		svg, err := f.svg()
		if err != nil {
			return err
		}
		if err := save(ctx, filepath.Join(dir, "experiments", f.name+".svg"), svg); err != nil {
			return err
		}
	}
	return save(ctx, path, []byte(page))
}

// section fills in the text of an experiment. A text that names something that
// the experiment did not find is an error, and so is one that leaves out a
// table or a figure.
func section(name string, out *outcome) (string, error) {
	src, err := sections.ReadFile("sections/" + name + ".md")
	if err != nil {
		return "", err
	}
	used := map[string]bool{}
	place := func(kind, wanted string, find func() (string, bool)) (string, error) {
		s, ok := find()
		if !ok {
			return "", fmt.Errorf("no %s %q", kind, wanted)
		}
		used[kind+wanted] = true
		return s, nil
	}
	t, err := template.New(name).Funcs(template.FuncMap{
		"table": func(s string) (string, error) {
			return place("table", s, func() (string, bool) { return out.table(s) })
		},
		"figure": func(s string) (string, error) {
			return place("figure", s, func() (string, bool) { return out.figure(s) })
		},
		"number": func(s string) (string, error) {
			return place("number", s, func() (string, bool) { return out.number(s) })
		},
	}).Parse(string(src))
	if err != nil {
		return "", err
	}
	var b bytes.Buffer
	if err := t.Execute(&b, nil); err != nil {
		return "", err
	}
	for _, t := range out.tables {
		if !used["table"+t.name] {
			return "", fmt.Errorf("sections/%s.md does not place the table %q", name, t.name)
		}
	}
	for _, f := range out.figures {
		if !used["figure"+f.name] {
			return "", fmt.Errorf("sections/%s.md does not place the figure %q", name, f.name)
		}
	}
	return b.String(), nil
}

func (o *outcome) table(name string) (string, bool) {
	for _, t := range o.tables {
		if t.name == name {
			return t.String(), true
		}
	}
	return "", false
}

func (o *outcome) figure(name string) (string, bool) {
	for _, f := range o.figures {
		if f.name == name {
			return fmt.Sprintf("![%s](experiments/%s.svg)", f.alt, f.name), true
		}
	}
	return "", false
}

func (o *outcome) number(name string) (string, bool) {
	for _, n := range o.numbers {
		if n.name == name {
			return n.text, true
		}
	}
	return "", false
}

// marker begins the section of an experiment in the page.
func marker(name string) string { return "<!-- experiment: " + name + " -->\n" }

// merge returns the page with the section of one experiment replaced. Sections
// that the old page does not have stay away until their experiment is run.
func merge(old, name, text string) (string, error) {
	head, err := sections.ReadFile("sections/head.md")
	if err != nil {
		return "", err
	}
	var page strings.Builder
	page.Write(head)
	for _, e := range experiments() {
		_, body, found := strings.Cut(old, marker(e.name))
		if e.name == name {
			body, found = text, true
		}
		if !found {
			continue
		}
		body, _, _ = strings.Cut(body, "<!-- experiment: ")
		page.WriteString("\n" + marker(e.name) + strings.TrimRight(body, "\n") + "\n")
	}
	return page.String(), nil
}

// save writes a file as a whole or not at all.
func save(ctx context.Context, path string, text []byte) error {
	_, err := safefile.Write(ctx, path, func(w io.Writer) error {
		_, err := w.Write(text)
		return err
	})
	return err
}
