package partial

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"eimtool/internal/safefile"
)

// write writes a file of the folder, unless it has that text already.
func (f *folder) write(ctx context.Context, path, text string) error {
	if old, err := os.ReadFile(path); err == nil && bytes.Equal(old, []byte(text)) {
		return nil
	}
	_, err := safefile.Write(ctx, path, func(w io.Writer) error {
		_, err := io.WriteString(w, text)
		return err
	})
	return err
}

// cells writes one line of a table.
func cells(b *strings.Builder, words ...string) {
	for k, w := range words {
		if strings.ContainsAny(w, ",\"\n") {
			w = `"` + strings.ReplaceAll(w, `"`, `""`) + `"`
		}
		if k > 0 {
			b.WriteByte(',')
		}
		b.WriteString(w)
	}
	b.WriteByte('\n')
}

// numbers writes parameters with all their digits.
func numbers(mu []float64) []string {
	out := make([]string, len(mu))
	for j, x := range mu {
		out[j] = strconv.FormatFloat(x, 'g', -1, 64)
	}
	return out
}

// candidatesText is the table of the candidates alone.
func (f *folder) candidatesText() string {
	var b strings.Builder
	cells(&b, f.candidates.Names...)
	for _, s := range f.candidates.Samples {
		cells(&b, numbers(s.Mu)...)
	}
	return b.String()
}

// requestText asks for the entries at positions.
func requestText(positions []Position) string {
	var b strings.Builder
	cells(&b, "index", "row", "col")
	for k, p := range positions {
		cells(&b, fmt.Sprint(k+1), fmt.Sprint(p.Row+1), fmt.Sprint(p.Col+1))
	}
	return b.String()
}

// matrixText asks for the matrix of a candidate.
func (f *folder) matrixText(candidate int, file string) string {
	var b strings.Builder
	cells(&b, append(append([]string{}, f.candidates.Names...), "file")...)
	cells(&b, append(numbers(f.candidates.Samples[candidate].Mu), file)...)
	return b.String()
}

// The columns of samples.csv after the file.
const (
	roleColumn  = "role"
	rowColumn   = "row"
	colColumn   = "col"
	partColumn  = "part"
	errorColumn = "error"
)

// Words of those columns.
const (
	roleTerm  = "term"
	roleCheck = "check"
	partImag  = "imag"
)

// sampleRow is one matrix of the result.
type sampleRow struct {
	candidate int
	path      string
	role      string
	column    *Column // nil: the constant, or a check
	error     float64
}

// samplesText is the table of the matrices, terms in the order of selection.
func (f *folder) samplesText(rows []sampleRow) string {
	var b strings.Builder
	cells(&b, append(append([]string{}, f.candidates.Names...), "file", roleColumn, rowColumn, colColumn, partColumn, errorColumn)...)
	for _, r := range rows {
		row, col, part := "", "", ""
		if r.column != nil {
			row, col = fmt.Sprint(r.column.Row+1), fmt.Sprint(r.column.Col+1)
			if r.column.Imag {
				part = partImag
			}
		}
		cells(&b, append(numbers(f.candidates.Samples[r.candidate].Mu), f.relative(r.path), r.role, row, col, part, strconv.FormatFloat(r.error, 'e', 2, 64))...)
	}
	return b.String()
}

// relative returns a path as a table in the folder names it.
func (f *folder) relative(path string) string {
	if rel, err := filepath.Rel(f.dir, path); err == nil && filepath.IsLocal(rel) {
		return filepath.ToSlash(rel)
	}
	if abs, err := filepath.Abs(path); err == nil {
		return abs
	}
	return path
}
