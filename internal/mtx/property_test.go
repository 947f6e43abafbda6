package mtx

import (
	"bytes"
	"context"
	"fmt"
	"math"
	"strconv"
	"strings"
	"testing"

	"eimtool/internal/matrix"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// bitwise compares floats by their bits, patterns by their positions.
var bitwise = cmp.Options{
	cmp.Comparer(func(a, b *matrix.Pattern) bool { return a == b || a != nil && b != nil && a.Equal(b) }),
	cmp.Comparer(func(a, b float64) bool { return math.Float64bits(a) == math.Float64bits(b) }),
	cmp.Comparer(func(a, b complex128) bool {
		return math.Float64bits(real(a)) == math.Float64bits(real(b)) && math.Float64bits(imag(a)) == math.Float64bits(imag(b))
	}),
}

// finiteFloat draws finite numbers over the whole range, and simple ones.
func finiteFloat() *rapid.Generator[float64] {
	return rapid.OneOf(
		rapid.Map(rapid.Uint64(), func(u uint64) float64 {
			if v := math.Float64frombits(u); !math.IsNaN(v) && !math.IsInf(v, 0) {
				return v
			}
			return math.Float64frombits(u &^ (1 << 62))
		}),
		rapid.Map(rapid.IntRange(-1000, 1000), func(k int) float64 { return float64(k) / 8 }),
		rapid.SampledFrom([]float64{0, math.Copysign(0, -1), 1, math.MaxFloat64, math.SmallestNonzeroFloat64}),
	)
}

// sample is a coordinate file to be spelled out.
type sample struct {
	rows, cols int
	complex    bool
	symmetry   matrix.Symmetry
	entries    []entry
}

// drawSample draws a file with duplicates, in any order, lower triangle only.
// Values are small when they may be summed.
func drawSample(t *rapid.T) sample {
	s := sample{
		complex:  rapid.Bool().Draw(t, "complex"),
		symmetry: matrix.Symmetry(rapid.IntRange(0, 3).Draw(t, "symmetry")),
		rows:     rapid.IntRange(1, 12).Draw(t, "rows"),
	}
	s.cols = s.rows
	if s.symmetry == matrix.General {
		s.cols = rapid.IntRange(1, 12).Draw(t, "cols")
	}
	if s.symmetry == matrix.Hermitian {
		s.complex = true
	}
	n := rapid.IntRange(0, 40).Draw(t, "entries")
	for range n {
		e := entry{
			i: rapid.IntRange(1, s.rows).Draw(t, "i"), j: rapid.IntRange(1, s.cols).Draw(t, "j"),
			re: finiteFloat().Draw(t, "re") / 64,
		}
		if s.symmetry != matrix.General && e.i < e.j {
			e.i, e.j = e.j, e.i
		}
		if s.symmetry == matrix.SkewSymmetric && e.i == e.j {
			continue
		}
		if s.complex {
			e.im = finiteFloat().Draw(t, "im") / 64
		}
		if s.symmetry == matrix.Hermitian && e.i == e.j {
			e.im = 0
		}
		s.entries = append(s.entries, e)
	}
	if rapid.Bool().Draw(t, "sorted") {
		s.sort()
	}
	return s
}

// sort brings the entries into canonical order, duplicates kept.
func (s *sample) sort() {
	for a := range s.entries {
		for b := a; b > 0 && (s.entries[b].j < s.entries[b-1].j ||
			s.entries[b].j == s.entries[b-1].j && s.entries[b].i < s.entries[b-1].i); b-- {
			s.entries[b], s.entries[b-1] = s.entries[b-1], s.entries[b]
		}
	}
}

// stored returns what the matrix must hold: sums in file order.
func (s *sample) stored() map[[2]int]complex128 {
	out := map[[2]int]complex128{}
	for _, e := range s.entries {
		at := [2]int{e.i - 1, e.j - 1}
		v := complex(e.re, e.im)
		if before, ok := out[at]; ok {
			v += before
		}
		out[at] = v
	}
	return out
}

// check compares a file that was read with the sample.
func (s *sample) check(t *rapid.T, f *File) {
	t.Helper()
	want := s.stored()
	if f.Stored != len(s.entries) || f.Matrix.Pattern.Rows != s.rows || f.Matrix.Pattern.Cols != s.cols ||
		f.NNZ() != len(want) || f.Matrix.Symmetry != s.symmetry && s.complex {
		t.Fatalf("read %+v with %d entries, want %+v", f.Header, f.NNZ(), s)
	}
	f.Each(func(k, i, j int) {
		v, ok := want[[2]int{i, j}]
		if !ok || !cmp.Equal(f.At(k), v, bitwise) {
			t.Fatalf("entry %d,%d is %v, want %v (%v)", i, j, f.At(k), v, ok)
		}
	})
	for j := range s.cols {
		lo, hi := f.Column(j)
		for k := lo + 1; k < hi; k++ {
			if f.Row(k, j) <= f.Row(k-1, j) {
				t.Fatalf("column %d is not sorted", j)
			}
		}
	}
}

// speller writes a sample in a legal spelling drawn at random.
type speller struct {
	t *rapid.T
	b strings.Builder
}

func (s *speller) pick(name string, choices ...string) string {
	return rapid.SampledFrom(choices).Draw(s.t, name)
}

func (s *speller) blank() { s.b.WriteString(s.pick("blank", " ", "  ", "\t", " \t ", "          ")) }

func (s *speller) eol() {
	s.b.WriteString(s.pick("eol", "\n", "\n", "\r\n", " \n", "\t\r\n"))
	if rapid.IntRange(0, 9).Draw(s.t, "blank line") == 0 {
		s.b.WriteString(s.pick("blank", "\n", "  \r\n", "\t\n", "\n\n\n"))
	}
}

func (s *speller) index(i int) {
	s.b.WriteString(s.pick("index", "", "", "", "+", "0", "+00", "0000000000") + strconv.Itoa(i))
}

func (s *speller) number(x float64) {
	var text string
	switch rapid.IntRange(0, 6).Draw(s.t, "form") {
	case 0:
		text = strconv.FormatFloat(x, 'g', -1, 64)
	case 1:
		text = fmt.Sprintf("%.17g", x)
	case 2:
		text = fmt.Sprintf("%.25e", x)
	case 3:
		text = fmt.Sprintf("%E", x)
		if v, _ := strconv.ParseFloat(text, 64); math.Float64bits(v) != math.Float64bits(x) {
			text = fmt.Sprintf("%.16E", x)
		}
	case 4:
		text = strconv.FormatFloat(x, 'f', -1, 64)
	case 5: // 0.ddde+xx, as Fortran writes
		text = fmt.Sprintf("%.16e", x)
		mantissa, exponent, _ := strings.Cut(text, "e")
		e, _ := strconv.Atoi(exponent)
		sign := ""
		if mantissa[0] == '-' {
			sign, mantissa = "-", mantissa[1:]
		}
		text = sign + "." + strings.Replace(mantissa, ".", "", 1) + "e" + strconv.Itoa(e+1)
	case 6:
		text = fmt.Sprintf("%.19g", x)
	}
	if text[0] != '-' {
		text = s.pick("sign", "", "", "+", "00") + text
	}
	s.b.WriteString(text)
}

func (s *speller) caseOf(word string) string {
	return s.pick("case", word, strings.ToUpper(word), strings.ToUpper(word[:3])+word[3:])
}

func (s *speller) file(f sample) []byte {
	field := "real"
	if f.complex {
		field = "complex"
	}
	s.b.WriteString(s.caseOf("%%MatrixMarket"))
	for _, word := range []string{"matrix", "coordinate", field, f.symmetry.String()} {
		s.blank()
		s.b.WriteString(s.caseOf(word))
	}
	s.eol()
	for range rapid.IntRange(0, 3).Draw(s.t, "comments") {
		s.b.WriteString(s.pick("comment", "%", "  % 1 1 1", "%%MatrixMarket", "% \xff\xfe") + "\n")
	}
	s.b.WriteString(s.pick("indent", "", "  "))
	fmt.Fprintf(&s.b, "%d %d  %d", f.rows, f.cols, len(f.entries))
	s.eol()
	for _, e := range f.entries {
		s.b.WriteString(s.pick("indent", "", "", " ", "\t"))
		s.index(e.i)
		s.blank()
		s.index(e.j)
		s.blank()
		s.number(e.re)
		if f.complex {
			s.blank()
			s.number(e.im)
		}
		s.eol()
	}
	text := s.b.String()
	if rapid.Bool().Draw(s.t, "cut final line end") {
		text = strings.TrimRight(text, "\r\n")
	}
	return []byte(text)
}

func readBytes(text []byte, opt ReadOptions) (*File, error) {
	return Read(context.Background(), bytes.NewReader(text), opt)
}

// TestSpellings: any legal spelling of a file gives the same matrix, without a
// warning, for any threads, blocks and reference.
func TestSpellings(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := drawSample(t)
		one := (&speller{t: t}).file(s)
		f, err := readBytes(one, ReadOptions{})
		if err != nil {
			t.Fatalf("%v in %q", err, one)
		}
		if len(f.Warnings) > 0 {
			t.Fatalf("warnings %q", f.Warnings)
		}
		s.check(t, f)
		two := (&speller{t: t}).file(s)
		g, err := readBytes(two, ReadOptions{
			Threads: rapid.IntRange(1, 4).Draw(t, "threads"), Reference: f.Order,
			block: rapid.IntRange(1, 64).Draw(t, "block"),
		})
		if err != nil {
			t.Fatalf("%v in %q", err, two)
		}
		s.check(t, g)
		if g.Pattern != f.Pattern {
			t.Fatal("the pattern is not shared")
		}
	})
}

// TestReference: a reference of another pattern, or of the same in another
// order, changes nothing but the identity of the pattern.
func TestReference(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := drawSample(t)
		f, err := readBytes((&speller{t: t}).file(s), ReadOptions{})
		if err != nil {
			t.Fatal(err)
		}
		samePattern := rapid.Bool().Draw(t, "same pattern")
		if n := len(s.entries); n > 0 {
			k := rapid.IntRange(0, n-1).Draw(t, "entry")
			if samePattern {
				l := rapid.IntRange(0, n-1).Draw(t, "entry")
				s.entries[k], s.entries[l] = s.entries[l], s.entries[k]
			} else {
				e := &s.entries[k]
				e.i = s.rows
				e.j = 1
				if s.rows == 1 && s.symmetry == matrix.SkewSymmetric {
					t.Skip("no entries possible")
				}
				if s.symmetry == matrix.Hermitian && e.i == e.j {
					e.im = 0
				}
			}
		}
		g, err := readBytes((&speller{t: t}).file(s), ReadOptions{
			Reference: f.Order, Threads: rapid.IntRange(1, 3).Draw(t, "threads"), block: rapid.IntRange(1, 64).Draw(t, "block"),
		})
		if err != nil {
			t.Fatal(err)
		}
		s.check(t, g)
		if g.Pattern.Equal(f.Pattern) != (g.Pattern == f.Pattern) {
			t.Fatal("equal patterns are not shared, or different ones are")
		}
	})
}

// TestWriteRead: what is written reads back bit for bit, and does not depend on
// the number of threads.
func TestWriteRead(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := drawMatrix(t)
		opt := WriteOptions{Threads: 1, Comment: rapid.SampledFrom([]string{"", "made by a test", "two\nlines\r\n", "%\n\n1 1 1"}).Draw(t, "comment")}
		var one, three bytes.Buffer
		if err := Write(context.Background(), &one, m, opt); err != nil {
			t.Fatal(err)
		}
		opt.Threads = 3
		if err := Write(context.Background(), &three, m, opt); err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(one.Bytes(), three.Bytes()) {
			t.Fatal("bytes depend on the number of threads")
		}
		f, err := readBytes(one.Bytes(), ReadOptions{})
		if err != nil {
			t.Fatalf("%v in %q", err, one.Bytes())
		}
		if len(f.Warnings) > 0 || !f.Pattern.Equal(m.Pattern) {
			t.Fatalf("pattern %+v, want %+v, warnings %q", f.Pattern, m.Pattern, f.Warnings)
		}
		if diff := cmp.Diff(m.Values, f.Values, bitwise); diff != "" {
			t.Fatal(diff)
		}
	})
}

// drawMatrix draws a matrix of any kind.
func drawMatrix(t *rapid.T) *matrix.Matrix {
	p := &matrix.Pattern{
		Rows:     rapid.IntRange(0, 7).Draw(t, "rows"),
		Symmetry: matrix.Symmetry(rapid.IntRange(0, 3).Draw(t, "symmetry")),
		Dense:    rapid.Bool().Draw(t, "dense"),
	}
	p.Cols = p.Rows
	if p.Symmetry == matrix.General {
		p.Cols = rapid.IntRange(0, 7).Draw(t, "cols")
	}
	if !p.Dense {
		p.ColPtr = make([]int, p.Cols+1)
		for j := range p.Cols {
			low := 0
			switch p.Symmetry {
			case matrix.Symmetric, matrix.Hermitian:
				low = j
			case matrix.SkewSymmetric:
				low = j + 1
			}
			for i := low; i < p.Rows; i++ {
				if rapid.Bool().Draw(t, "stored") {
					p.RowIdx = append(p.RowIdx, int32(i))
				}
			}
			p.ColPtr[j+1] = len(p.RowIdx)
		}
	}
	m := &matrix.Matrix{Pattern: p}
	if rapid.Bool().Draw(t, "complex") || p.Symmetry == matrix.Hermitian {
		m.Complex = make([]complex128, p.NNZ())
		p.Each(func(k, i, j int) {
			m.Complex[k] = complex(finiteFloat().Draw(t, "re"), finiteFloat().Draw(t, "im"))
			if p.Symmetry == matrix.Hermitian && i == j {
				m.Complex[k] = complex(real(m.Complex[k]), 0)
			}
		})
		return m
	}
	m.Real = make([]float64, p.NNZ())
	for k := range m.Real {
		m.Real[k] = finiteFloat().Draw(t, "value")
	}
	return m
}
