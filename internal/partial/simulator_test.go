package partial

import (
	"context"
	"encoding/csv"
	"flag"
	"fmt"
	"math"
	"math/cmplx"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"eimtool/internal/family"
	"eimtool/internal/matrix"
	"eimtool/internal/mtx"
)

var long = flag.Bool("long", false, "run heavy cases")

// simulator plays a code that gives entries and matrices of a known family.
type simulator struct {
	names   []string
	mu      [][]float64
	n       int
	sym     matrix.Symmetry
	complex bool
	entry   func(mu []float64, i, j int) complex128
	stored  func(mu []float64, i, j int) bool // nil: all entries, in a dense file
}

// candidates returns the parameters as a table.
func (s *simulator) candidates() *family.Table {
	t := &family.Table{Source: "candidates.csv", Names: s.names}
	for i, mu := range s.mu {
		t.Samples = append(t.Samples, family.Sample{Mu: mu, Line: i + 2})
	}
	return t
}

// matrix assembles one matrix.
func (s *simulator) matrix(mu []float64) *matrix.Matrix {
	p := &matrix.Pattern{Rows: s.n, Cols: s.n, Symmetry: s.sym, Dense: s.stored == nil}
	m := &matrix.Matrix{Pattern: p}
	if s.stored != nil {
		p.ColPtr = []int{0}
	}
	for j := range s.n {
		for i := range s.n {
			if s.sym != matrix.General && i < j || s.sym == matrix.SkewSymmetric && i == j || s.stored != nil && !s.stored(mu, i, j) {
				continue
			}
			if s.stored != nil {
				p.RowIdx = append(p.RowIdx, int32(i))
			}
			if v := s.entry(mu, i, j); s.complex {
				m.Complex = append(m.Complex, v)
			} else {
				m.Real = append(m.Real, real(v))
			}
		}
		if s.stored != nil {
			p.ColPtr = append(p.ColPtr, len(p.RowIdx))
		}
	}
	return m
}

// answer writes what is asked for.
func (s *simulator) answer(t *testing.T, p *Progress) {
	t.Helper()
	if p.State == StateMatrix {
		writeMatrix(t, p.Answer, s.matrix(p.Mu))
		return
	}
	s.answerEntries(t, p, s.mu)
}

// answerEntries writes the values of the candidates in the order of rows; the
// parameters in the file are always those of s.mu.
func (s *simulator) answerEntries(t *testing.T, p *Progress, rows [][]float64) {
	t.Helper()
	var b strings.Builder
	b.WriteString(strings.Join(s.names, ","))
	request := readCSV(t, p.Request)[1:]
	for k := range request {
		if s.complex {
			fmt.Fprintf(&b, ",re%d,im%d", k+1, k+1)
		} else {
			fmt.Fprintf(&b, ",%d", k+1)
		}
	}
	b.WriteByte('\n')
	for q, mu := range s.mu {
		words := numbers(mu)
		for _, r := range request {
			i, _ := strconv.Atoi(r[1])
			j, _ := strconv.Atoi(r[2])
			v := s.entry(rows[q], i-1, j-1)
			if s.stored != nil && !s.stored(rows[q], i-1, j-1) {
				v = 0
			}
			words = append(words, numbers([]float64{real(v)})...)
			if s.complex {
				words = append(words, numbers([]float64{imag(v)})...)
			}
		}
		b.WriteString(strings.Join(words, ",") + "\n")
	}
	if err := os.WriteFile(p.Answer, []byte(b.String()), 0o666); err != nil {
		t.Fatal(err)
	}
}

func writeMatrix(t *testing.T, path string, m *matrix.Matrix) {
	t.Helper()
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := mtx.Write(context.Background(), f, m, mtx.WriteOptions{}); err != nil {
		t.Fatal(err)
	}
}

func readCSV(t *testing.T, path string) [][]string {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	return rows
}

// drive answers until the plan is done.
func (s *simulator) drive(t *testing.T, dir string, opt Options) *Progress {
	t.Helper()
	for range 200 {
		p := s.advance(t, dir, opt)
		if p.State == StateDone {
			return p
		}
		s.answer(t, p)
	}
	t.Fatal("never done")
	return nil
}

func (s *simulator) advance(t *testing.T, dir string, opt Options) *Progress {
	t.Helper()
	p, err := Advance(context.Background(), s.candidates(), dir, opt)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// load loads the family of the finished plan.
func load(t *testing.T, dir string) *Reconstruction {
	t.Helper()
	samples, err := family.Open(filepath.Join(dir, samplesFile))
	if err != nil {
		t.Fatal(err)
	}
	r, err := Load(context.Background(), samples, dir, family.LoadOptions{Checksums: true})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// worst returns the largest relative Frobenius error of the candidates.
func (s *simulator) worst(t *testing.T, r *Reconstruction) float64 {
	t.Helper()
	largest := 0.0
	for i, mu := range s.mu {
		if len(r.Samples[i].Mu) != len(mu) || r.Samples[i].Mu[0] != mu[0] {
			t.Fatalf("sample %d is of %v, want %v", i, r.Samples[i].Mu, mu)
		}
		d := matrix.Compare(s.matrix(mu), r.Matrix(i))
		largest = math.Max(largest, d.RelativeFrobenius())
	}
	return largest
}

// line returns count equidistant parameters.
func line(lo, hi float64, count int) [][]float64 {
	mu := make([][]float64, count)
	for i := range mu {
		mu[i] = []float64{lo + (hi-lo)*float64(i)/float64(count-1)}
	}
	return mu
}

// sphere is the kernel exp(ikr)/(4πr) at n points of the unit sphere, k in
// [0.5, 10].
func sphere(n, count int) *simulator {
	x := make([][3]float64, n)
	for i := range x {
		z := 1 - (2*float64(i)+1)/float64(n)
		s, a := math.Sqrt(1-z*z), math.Pi*(1+math.Sqrt(5))*(float64(i)+0.5)
		x[i] = [3]float64{s * math.Cos(a), s * math.Sin(a), z}
	}
	w := 4 * math.Pi / float64(n)
	return &simulator{
		names: []string{"k"}, mu: line(0.5, 10, count), n: n, sym: matrix.Symmetric, complex: true,
		entry: func(mu []float64, i, j int) complex128 {
			k := complex(0, mu[0])
			if i == j {
				return (cmplx.Exp(k*complex(math.Sqrt(w/math.Pi), 0)) - 1) / (2 * k)
			}
			r := math.Sqrt(sq(x[i][0]-x[j][0]) + sq(x[i][1]-x[j][1]) + sq(x[i][2]-x[j][2]))
			return cmplx.Exp(k*complex(r, 0)) * complex(w/(4*math.Pi*r), 0)
		},
	}
}

func sq(x float64) float64 { return x * x }

// affine is a banded family of rank 4: a fixed part and three more.
func affine(sym matrix.Symmetry) *simulator {
	s := &simulator{names: []string{"a", "b"}, n: 40, sym: sym, complex: sym == matrix.Hermitian}
	for i := range 30 {
		s.mu = append(s.mu, []float64{1 + float64(i%6)/3, 0.1 * float64(i/6)})
	}
	s.stored = func(_ []float64, i, j int) bool {
		return i-j <= 2 && j-i <= 2 && (sym != matrix.SkewSymmetric || i != j)
	}
	s.entry = func(mu []float64, i, j int) complex128 {
		a, b := mu[0], mu[1]
		part := func(seed int) float64 {
			lo, hi := min(i, j), max(i, j)
			return 1 + math.Mod(float64(lo*7+hi*13+seed*lo*hi), 11)
		}
		v := part(1) + a*part(2) + b*part(3)
		w := math.Exp(-a*b) * part(5)
		sign := 1.0
		if i < j {
			sign = -1
		}
		switch sym {
		case matrix.Hermitian:
			if i == j {
				return complex(v, 0)
			}
			return complex(v, sign*w)
		case matrix.SkewSymmetric:
			return complex(sign*(v+w), 0)
		case matrix.General:
			return complex(v+sign*w, 0)
		}
		return complex(v+w, 0)
	}
	return s
}
