package mtx

import (
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"math"
	"math/big"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"testing"

	"eimtool/internal/matrix"
)

const corpus = "../../testdata/mtx-corpus"

// expectation is a line of expected.csv by column name.
type expectation map[string]string

func readCSV(t testing.TB, path string) []expectation {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	lines, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	var out []expectation
	for _, line := range lines[1:] {
		e := expectation{}
		for k, name := range lines[0] {
			e[name] = line[k]
		}
		out = append(out, e)
	}
	return out
}

// number returns a numeric column; absent columns are reported.
func (e expectation) number(t *testing.T, name string) float64 {
	t.Helper()
	v, err := strconv.ParseFloat(e[name], 64)
	if err != nil {
		t.Fatalf("column %s: %v", name, err)
	}
	return v
}

// full returns every entry of the full matrix, column by column.
func full(m *matrix.Matrix) map[[2]int]complex128 {
	out := map[[2]int]complex128{}
	m.Each(func(k, i, j int) {
		v := m.At(k)
		out[[2]int{i, j}] = v
		if m.Symmetry == matrix.General || i == j {
			return
		}
		switch m.Symmetry {
		case matrix.SkewSymmetric:
			v = complex(-real(v), -imag(v))
		case matrix.Hermitian:
			v = complex(real(v), -imag(v))
		}
		out[[2]int{j, i}] = v
	})
	if m.Dense && m.Symmetry == matrix.SkewSymmetric {
		for i := range m.Rows {
			out[[2]int{i, i}] = 0
		}
	}
	return out
}

// exact returns the sums of x and of |x|, and the root of the sum of squares,
// in enough bits to be exact before one rounding.
func exact(xs []float64) (sum, abs, norm float64) {
	const prec = 4500
	s, a, q := new(big.Float).SetPrec(prec), new(big.Float).SetPrec(prec), new(big.Float).SetPrec(prec)
	for _, x := range xs {
		b := new(big.Float).SetPrec(prec).SetFloat64(x)
		s.Add(s, b)
		a.Add(a, new(big.Float).Abs(b))
		q.Add(q, b.Mul(b, b))
	}
	sum, _ = s.Float64()
	abs, _ = a.Float64()
	norm, _ = q.SetPrec(200).Sqrt(q).Float64()
	return sum, abs, norm
}

func TestCorpus(t *testing.T) {
	for _, e := range readCSV(t, filepath.Join(corpus, "expected.csv")) {
		t.Run(e["file"], func(t *testing.T) {
			for _, threads := range []int{1, 3} {
				checkCorpusFile(t, e, threads)
			}
		})
	}
}

func checkCorpusFile(t *testing.T, e expectation, threads int) {
	path := filepath.Join(corpus, e["file"])
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f, err := ReadFile(context.Background(), path, ReadOptions{Threads: threads, Compact: true})
	runtime.ReadMemStats(&after)
	if used := after.TotalAlloc - before.TotalAlloc; used > 64<<20 {
		t.Errorf("%d bytes allocated", used)
	}
	switch e["verdict"] {
	case "ok", "ok-warn":
		if err != nil {
			t.Fatal(err)
		}
		if (e["verdict"] == "ok") != (len(f.Warnings) == 0) {
			t.Errorf("verdict %s, warnings %q", e["verdict"], f.Warnings)
		}
		if _, about, ok := strings.Cut(e["checksum_note"], "warn: "); ok {
			if len(f.Warnings) != 1 || !strings.Contains(f.Warnings[0], about) {
				t.Errorf("warnings %q, want one on %q", f.Warnings, about)
			}
		}
		checkNumbers(t, e, f)
	case "error":
		checkRefusal(t, e, path, f, err)
	default:
		t.Fatalf("verdict %q", e["verdict"])
	}
}

func checkRefusal(t *testing.T, e expectation, path string, f *File, err error) {
	t.Helper()
	var p *ParseError
	if f != nil || !errors.As(err, &p) {
		t.Fatalf("read with %v, want an error about %s", err, e["error_about"])
	}
	if p.File != path {
		t.Errorf("error names %q", p.File)
	}
	lines := strings.Split(e["error_line"], "|")
	ok := false
	for _, line := range lines {
		ok = ok || line == strconv.Itoa(p.Line) || line == "" && p.Line == 0
	}
	if !ok {
		t.Errorf("error on line %d, want %s: %v", p.Line, e["error_line"], err)
	}
	ok = false
	for _, about := range strings.Split(e["error_about"], "|") {
		ok = ok || strings.Contains(strings.ToLower(p.Msg), strings.ToLower(about))
	}
	if !ok {
		t.Errorf("error %q, want one about %s", err, e["error_about"])
	}
	t.Log(err, "(", p.Hint, ")")
}

func checkNumbers(t *testing.T, e expectation, f *File) {
	t.Helper()
	got := fmt.Sprintln(f.Rows, f.Cols, f.Stored, f.Field, f.Header.Symmetry)
	want := fmt.Sprintln(e["rows"], e["cols"], e["nnz_stored"], e["field"], e["symmetry"])
	if got != want {
		t.Errorf("header %s, want %s", got, want)
	}
	entries := full(f.Matrix)
	if want := e.number(t, "nnz_expanded"); float64(len(entries)) != want {
		t.Errorf("%d entries, want %v", len(entries), want)
	}
	var re, im, all []float64
	for _, v := range entries {
		re, im = append(re, real(v)), append(im, imag(v))
	}
	all = append(append(all, re...), im...)
	sumRe, absRe, _ := exact(re)
	sumIm, absIm, _ := exact(im)
	_, _, norm := exact(all)
	if want := e.number(t, "sum_re"); math.Abs(sumRe-want) > 1e-15*absRe {
		t.Errorf("sum_re %v, want %v", sumRe, want)
	}
	if want := e.number(t, "sum_im"); math.Abs(sumIm-want) > 1e-15*absIm {
		t.Errorf("sum_im %v, want %v", sumIm, want)
	}
	if e["frobenius"] == "" {
		if !math.IsInf(norm, 1) {
			t.Errorf("frobenius %v, want an overflow", norm)
		}
	} else if want := e.number(t, "frobenius"); math.Abs(norm-want) > 1e-15*want {
		t.Errorf("frobenius %v, want %v", norm, want)
	}
	values := filepath.Join(corpus, "values", e["file"]+".csv")
	if _, err := os.Stat(values); err == nil {
		checkValues(t, values, entries, f.IsComplex())
	}
}

// checkValues compares every value bit for bit.
func checkValues(t *testing.T, path string, entries map[[2]int]complex128, isComplex bool) {
	t.Helper()
	lines := readCSV(t, path)
	listed := map[[2]int]bool{}
	for _, e := range lines {
		at := [2]int{int(e.number(t, "i")) - 1, int(e.number(t, "j")) - 1}
		got, ok := entries[at]
		listed[at] = true
		re, im := e.number(t, "re_hex"), e.number(t, "im_hex")
		if !isComplex {
			im = imag(got) // zero of either sign
		}
		if !ok || math.Float64bits(real(got)) != math.Float64bits(re) || math.Float64bits(imag(got)) != math.Float64bits(im) {
			t.Errorf("entry %v is %x, want %x %x", at, got, re, im)
		}
	}
	for at, v := range entries {
		// The diagonal of a skew-symmetric array is not listed.
		if !listed[at] && (v != 0 || at[0] != at[1]) {
			t.Errorf("entry %v = %v is not expected", at, v)
		}
	}
}
