package partial

import (
	"bytes"
	"context"
	"fmt"
	"math"
	"math/cmplx"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"eimtool/internal/eim"
	"eimtool/internal/family"
	"eimtool/internal/matrix"
)

// wholeScan holds the largest relative Frobenius errors of a sphere, by terms,
// when empirical interpolation looks at all entries of all matrices and has no
// constant; from a NumPy script.
var wholeScan = map[string]map[int]float64{
	"30 points, 60 candidates":   {9: 2.7e-5, 13: 5.1e-10, 15: 4.9e-12},
	"200 points, 160 candidates": {9: 7.0e-5, 13: 1.1e-8, 15: 7.8e-11},
}

// TestSphere holds the selection to the errors of a scan of all entries of all
// matrices, over several samples of entries. One of the d interpolation
// conditions is spent on the constant, which this family has no part of: d terms
// have d-1 magic entries, and must do at least as well as d-1 terms with as many
// magic entries chosen by the whole scan.
func TestSphere(t *testing.T) {
	n, count, seeds := 30, 60, 1
	if *long {
		n, count, seeds = 200, 160, 5
	}
	s := sphere(n, count)
	whole := wholeScan[fmt.Sprintf("%d points, %d candidates", n, count)]
	for seed := range seeds {
		dir := filepath.Join(t.TempDir(), "plan")
		for k, terms := range []int{10, 14, 16} { // each goes on where the one before ended
			p := s.drive(t, dir, Options{MaxTerms: terms, Entries: 30, Checks: 2, Seed: uint64(seed)})
			if p.Terms != terms || p.Matrices != terms+p.Checks || p.Checks < 2 || p.Checks > 2*(k+1) ||
				p.Entries > 30+terms-1 || p.Stop != StopMaxTerms {
				t.Fatalf("%+v", *p)
			}
			r := load(t, dir)
			e := s.worst(t, r)
			t.Logf("seed %d, %d terms: largest error %.1e (%.1e at the sample, %.1e at the checks)", seed, terms, e, r.Sampled, r.Checked)
			if want := whole[terms-1]; e > want || e > 4*r.Error() {
				t.Errorf("seed %d, %d terms: error %.1e, said %.1e, want at most %.1e", seed, terms, e, r.Error(), want)
			}
		}
	}
}

// TestTolerance reaches a tolerance that is given, and says so.
func TestTolerance(t *testing.T) {
	s := sphere(30, 60)
	dir := filepath.Join(t.TempDir(), "plan")
	opt := Options{Tolerance: 1e-4, Checks: 2}
	p := s.drive(t, dir, opt)
	if !p.Reached || p.Stop != StopTolerance || p.Sampled > 1e-4 || p.Checked > 1e-4 || p.Checks != 2 {
		t.Fatalf("%+v", *p)
	}
	if e := s.worst(t, load(t, dir)); e > 2e-4 {
		t.Errorf("error %g", e)
	}
	// A smaller one goes on with the answers that are there.
	before := p.Matrices
	opt.Tolerance = 1e-8
	q := s.advance(t, dir, opt)
	if q.State == StateDone || q.Matrices != before || q.Terms < p.Terms {
		t.Fatalf("%+v", *q)
	}
	p = s.drive(t, dir, opt)
	if e := s.worst(t, load(t, dir)); !p.Reached || e > 2e-8 {
		t.Errorf("error %g, %+v", e, *p)
	}
}

// TestRank finds the exact rank of affine families in every symmetry, and
// reproduces them to rounding.
func TestRank(t *testing.T) {
	for _, c := range []struct {
		sym  matrix.Symmetry
		rank int
	}{{matrix.General, 4}, {matrix.Symmetric, 4}, {matrix.SkewSymmetric, 4}, {matrix.Hermitian, 4}} {
		t.Run(c.sym.String(), func(t *testing.T) {
			s := affine(c.sym)
			dir := filepath.Join(t.TempDir(), "plan")
			p := s.drive(t, dir, Options{Tolerance: 1e-11, Checks: 1})
			if p.Terms != c.rank || !p.Reached {
				t.Fatalf("%+v", *p)
			}
			r := load(t, dir)
			if e := s.worst(t, r); e > 1e-13 {
				t.Errorf("error %g", e)
			}
			if r.Hermitian != (c.sym == matrix.Hermitian) || r.Reconstructed != 30-5 || r.Read != 5 {
				t.Errorf("hermitian %v, %d read, %d reconstructed", r.Hermitian, r.Read, r.Reconstructed)
			}
		})
	}
}

// TestConstantPart: fixed rows are reproduced exactly at every candidate, since
// the coefficients of the matrices add up to 1.
func TestConstantPart(t *testing.T) {
	s := affine(matrix.General)
	free := s.entry
	s.entry = func(mu []float64, i, j int) complex128 {
		if i == 0 {
			return complex(float64(1+j), 0)
		}
		return free(mu, i, j)
	}
	dir := filepath.Join(t.TempDir(), "plan")
	s.drive(t, dir, Options{MaxTerms: 2, Tolerance: 1e-12})
	r := load(t, dir)
	for i := range s.mu {
		m := r.Matrix(i)
		for j := range 3 {
			k, _ := m.Find(0, j)
			if d := cmplx.Abs(m.At(k) - complex(float64(1+j), 0)); d > 1e-14 {
				t.Errorf("candidate %d, entry (1, %d): off by %g", i, j+1, d)
			}
		}
	}
}

// TestFullSample compares the selection with the greedy on the whole table,
// when the sample is the whole pattern.
func TestFullSample(t *testing.T) {
	s := sphere(12, 25)
	s.sym = matrix.General
	dir := filepath.Join(t.TempDir(), "plan")
	s.drive(t, dir, Options{MaxTerms: 8, Entries: 144})
	var got []int
	table := &eim.Table[complex128]{Blocks: []eim.Block[complex128]{
		{Name: "constant", Cols: 1, Magic: true}, {Name: "entry", Cols: 144, Magic: true, Scale: 1e-6}, // entries outweigh the 1
	}}
	for _, mu := range s.mu {
		table.Blocks[0].Rows = append(table.Blocks[0].Rows, []complex128{1})
		table.Blocks[1].Rows = append(table.Blocks[1].Rows, s.matrix(mu).Complex)
	}
	sel, err := eim.Greedy(context.Background(), table, eim.Options{MaxTerms: 8, FirstRow: 12, Relative: true, IgnoreStagnation: true})
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range readCSV(t, filepath.Join(dir, samplesFile))[1:] {
		got = append(got, slices.IndexFunc(s.mu, func(mu []float64) bool { return numbers(mu)[0] == r[0] }))
	}
	if !slices.Equal(got, sel.Snapshots) {
		t.Errorf("terms %v, the greedy on the whole table takes %v", got, sel.Snapshots)
	}
}

// TestGrowingPattern has candidates with entries that the first matrix has not.
func TestGrowingPattern(t *testing.T) {
	s := affine(matrix.Symmetric)
	s.mu = line(0, 1, 21)
	s.names = []string{"a"}
	s.stored = func(mu []float64, i, j int) bool {
		d := max(i-j, j-i)
		return d <= 1 || mu[0] > 0.6 && d <= 3
	}
	s.entry = func(mu []float64, i, j int) complex128 {
		if d := max(i-j, j-i); d > 1 {
			return complex((mu[0]-0.6)*float64(1+(i*j)%7), 0)
		}
		return complex(2+mu[0]*float64((i+j)%5), 0)
	}
	pattern := filepath.Join(t.TempDir(), "full.mtx")
	writeMatrix(t, pattern, s.matrix([]float64{1}))
	dir := filepath.Join(t.TempDir(), "plan")
	p := s.drive(t, dir, Options{Tolerance: 1e-10, Checks: 2, Pattern: pattern})
	if e := s.worst(t, load(t, dir)); e > 1e-13 || p.Terms != 3 {
		t.Errorf("error %g with %d terms", e, p.Terms)
	}
}

// TestResume: a call without a new answer asks for the same, whatever the
// number of threads; nothing in the folder changes then.
func TestResume(t *testing.T) {
	s := sphere(10, 20)
	dir := filepath.Join(t.TempDir(), "plan")
	opt := Options{Tolerance: 1e-3, Checks: 1}
	for {
		opt.Load.Threads = 1
		p := s.advance(t, dir, opt)
		before := files(t, dir)
		opt.Load.Threads = 3
		q := s.advance(t, dir, opt)
		// NaN differs from itself: compare as text.
		if fmt.Sprint(*p) != fmt.Sprint(*q) {
			t.Fatalf("%+v\n%+v", *p, *q)
		}
		after := files(t, dir)
		if len(before) != len(after) {
			t.Fatalf("%d files, then %d", len(before), len(after))
		}
		for name, text := range before {
			if !bytes.Equal(text, after[name]) {
				t.Fatalf("%s changed", name)
			}
		}
		if p.State == StateDone {
			return
		}
		s.answer(t, p)
	}
}

func files(t *testing.T, dir string) map[string][]byte {
	t.Helper()
	out := map[string][]byte{}
	list, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range list {
		text, err := os.ReadFile(filepath.Join(dir, e.Name()))
		if err != nil {
			t.Fatal(err)
		}
		out[e.Name()] = text
	}
	return out
}

// TestShuffledRows: answers may list the candidates in any order, with fewer
// digits than they were given.
func TestShuffledRows(t *testing.T) {
	s := sphere(10, 20)
	one, two := filepath.Join(t.TempDir(), "plan"), filepath.Join(t.TempDir(), "plan")
	opt := Options{Tolerance: 1e-4, Checks: 1}
	s.drive(t, one, opt)
	rng := rand.New(rand.NewPCG(1, 2))
	for {
		p := s.advance(t, two, opt)
		if p.State == StateDone {
			break
		}
		s.answer(t, p)
		if p.State != StateEntries {
			continue
		}
		rows := readCSV(t, p.Answer)
		rng.Shuffle(len(rows)-1, func(i, j int) { rows[i+1], rows[j+1] = rows[j+1], rows[i+1] })
		var text string
		for k, r := range rows {
			var x float64
			if _, err := fmt.Sscan(r[0], &x); k > 0 && err == nil {
				r[0] = fmt.Sprintf("%.7g", x)
			}
			for c, w := range r {
				if c > 0 {
					text += " , "
				}
				text += w
			}
			text += "\r\n"
		}
		if err := os.WriteFile(p.Answer, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	a, b := files(t, one)[samplesFile], files(t, two)[samplesFile]
	if !bytes.Equal(a, b) {
		t.Errorf("%s\n%s", a, b)
	}
}

// TestNoise: values with few digits end the selection at their level.
func TestNoise(t *testing.T) {
	s := sphere(20, 40)
	exact := s.entry
	rounded := *s
	rounded.entry = func(mu []float64, i, j int) complex128 {
		v := exact(mu, i, j)
		r := func(x float64) float64 { return math.Round(x*1e7) / 1e7 }
		return complex(r(real(v)), r(imag(v)))
	}
	dir := filepath.Join(t.TempDir(), "plan")
	for {
		p := s.advance(t, dir, Options{Tolerance: 1e-12, Checks: 1})
		if p.State == StateDone {
			if p.Reached || p.Noise < 1e-8 || p.Noise > 1e-5 || p.Checked > 1e-4 || p.Terms > 15 {
				t.Errorf("%+v", *p)
			}
			return
		}
		if p.State == StateMatrix {
			s.answer(t, p)
		} else {
			rounded.answer(t, p)
		}
	}
}

// TestOneMatrix: one candidate, or a family that does not depend on μ.
func TestOneMatrix(t *testing.T) {
	s := affine(matrix.Symmetric)
	s.mu = s.mu[:1]
	dir := filepath.Join(t.TempDir(), "plan")
	if p := s.drive(t, dir, Options{Tolerance: 1e-8, Checks: 2}); p.Matrices != 1 || p.Stop != StopCandidates {
		t.Errorf("%+v", *p)
	}
	s = affine(matrix.Symmetric)
	free := s.entry
	s.entry = func(_ []float64, i, j int) complex128 { return free([]float64{1, 1}, i, j) }
	dir = filepath.Join(t.TempDir(), "plan")
	if p := s.drive(t, dir, Options{Tolerance: 1e-8}); p.Matrices != 1 || !p.Reached {
		t.Errorf("%+v", *p)
	}
}

// TestSampleDraw: the sample is without repetition, in order, and all of a small
// pattern.
func TestSampleDraw(t *testing.T) {
	p := &matrix.Pattern{Rows: 30, Cols: 30, Dense: true}
	for _, n := range []int{1, 30, 899, 900, 2000} {
		pos := samplePositions(p, n, 7, entriesStream)
		if len(pos) != min(n, 900) {
			t.Errorf("%d drawn of %d", len(pos), n)
		}
		for k := 1; k < len(pos); k++ {
			if a, b := pos[k-1], pos[k]; a.Col*30+a.Row >= b.Col*30+b.Row {
				t.Fatalf("%v before %v", a, b)
			}
		}
	}
	for _, c := range []struct {
		tol  float64
		want int
	}{{1e-3, 30}, {1e-6, 30}, {1e-8, 40}, {1e-12, 60}, {0, 40}} {
		if got := DefaultEntries(c.tol); got != c.want {
			t.Errorf("%g: %d entries, want %d", c.tol, got, c.want)
		}
	}
}

func TestCentral(t *testing.T) {
	for _, c := range []struct {
		mu   [][]float64
		want int
	}{
		{line(0, 1, 5), 2},
		{[][]float64{{1}, {10}, {100}}, 1},
		{[][]float64{{0, 0}, {0, 1}, {1, 0}, {1, 1}, {0.5, 0.5}}, 4},
		{[][]float64{{3}}, 0},
	} {
		f := &family.Table{Names: make([]string, len(c.mu[0]))}
		for _, mu := range c.mu {
			f.Samples = append(f.Samples, family.Sample{Mu: mu})
		}
		if got := central(f); got != c.want {
			t.Errorf("%v: %d, want %d", c.mu, got, c.want)
		}
	}
}
