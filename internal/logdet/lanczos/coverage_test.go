package lanczos_test

import (
	"context"
	"encoding/csv"
	"flag"
	"math"
	"os"
	"strconv"
	"testing"

	"eimtool/internal/dense"
	"eimtool/internal/gallery"
	"eimtool/internal/logdet/lanczos"
	"eimtool/internal/mtx"
)

var long = flag.Bool("long", false, "count intervals of all kinds of problem")

// study is a problem whose intervals are counted, with tr C and tr C².
type study struct {
	name   string
	p      *problem[float64]
	traces []float64
	slow   bool // hundreds of estimates take a second
}

// tracesOf returns tr c and tr c².
func tracesOf(c *dense.Matrix[float64]) []float64 {
	var one, two float64
	for i := range c.Rows {
		one += c.At(i, i)
		for j, v := range c.Row(i) {
			two += v * c.At(j, i)
		}
	}
	return []float64{one, two}
}

// nearby returns the problem of a with the preconditioner m.
func nearby(t testing.TB, name string, a, m *dense.Matrix[float64]) study {
	t.Helper()
	g := cholesky(t, m)
	p := full(t, a)
	p.pre = preconditioner(g)
	half := solveLower(g, a)
	return study{name, p, tracesOf(solveLower(g, half.Transpose())), false}
}

// studies returns small problems of every kind.
func studies(t testing.TB) []study {
	t.Helper()
	smooth, rough := kernelMatrix(50, 0.15, 0.01), variable(8, 4, 0, 1)
	wide := kernelMatrix(50, 0.5, 1e-3)
	return []study{
		{"2-D grid", laplacian(9, 9), tracesOf(dense2D(9)), false},
		{"3-D grid", laplacian(5, 5, 5), []float64{6 * 125, 36*125 + 2*3*4*25}, false},
		{"variable coefficient", sparse(t, rough), tracesOf(rough), true},
		{"kernel", full(t, smooth), tracesOf(smooth), true},
		{"wide kernel", full(t, wide), tracesOf(wide), false},
		nearby(t, "variable coefficient, nearby", rough, add(rough, 0.3, variable(8, 2, 1e-3, 2))),
		nearby(t, "kernel, nearby", smooth, kernelMatrix(50, 0.16, 0.011)),
	}
}

// dense2D returns the five-point Laplacian on an s×s grid.
func dense2D(s int) *dense.Matrix[float64] {
	m := gallery.Laplacian(s, s).Expand()
	d := dense.New[float64](m.Rows, m.Cols)
	m.Each(func(k, i, j int) { d.Set(i, j, m.Values[k]) })
	return d
}

// TestCoverage counts intervals that hold log det over 100 seeds: at least 95
// at a confidence of 95 %, whatever decides the number of vectors.
func TestCoverage(t *testing.T) {
	for _, s := range studies(t) {
		if s.slow && !*long {
			continue
		}
		spread := s.p.estimate(t, lanczos.Options{}).StandardError * math.Sqrt(32)
		for _, c := range []struct {
			name string
			opt  lanczos.Options
		}{
			{"32 vectors", lanczos.Options{}},
			{"16 vectors, 2 traces", lanczos.Options{Vectors: 16, Traces: s.traces}},
			{"tolerance", lanczos.Options{Tolerance: 0.7 * spread, Block: 8}},
		} {
			const seeds = 100
			held, width, vectors := 0, 0.0, 0
			for seed := range seeds {
				c.opt.Seed = uint64(seed)
				c.opt.Threads = 1
				r := s.p.estimate(t, c.opt)
				if math.Abs(r.LogDet-s.p.logDet) <= r.HalfWidth {
					held++
				}
				width += r.HalfWidth / seeds
				vectors += r.Vectors
				if c.opt.Tolerance > 0 && (!r.Converged || r.HalfWidth > c.opt.Tolerance) {
					t.Errorf("%s: tolerance %g not met: %+v", s.name, c.opt.Tolerance, r)
				}
			}
			t.Logf("%s, %s: %d of %d, half width %.3g, %d vectors", s.name, c.name, held, seeds, width, vectors/seeds)
			if held < 95 {
				t.Errorf("%s, %s: %d of %d intervals hold log det %g", s.name, c.name, held, seeds, s.p.logDet)
			}
		}
	}
}

// TestCoverageComplex counts for complex Hermitian matrices, without and with a
// preconditioner.
func TestCoverageComplex(t *testing.T) {
	a := hermitian[complex128](24, 1)
	near := a.Clone()
	dense.Axpy(0.2, hermitian[complex128](24, 2).Data, near.Data)
	p := full(t, a)
	for _, pre := range []*lanczos.Preconditioner[complex128]{nil, preconditioner(cholesky(t, near))} {
		p.pre = pre
		const seeds = 100
		held := 0
		for seed := range uint64(seeds) {
			r := p.estimate(t, lanczos.Options{Seed: seed, Threads: 1, Vectors: 16})
			if math.Abs(r.LogDet-p.logDet) <= r.HalfWidth {
				held++
			}
		}
		if held < 95 {
			t.Errorf("%d of %d intervals hold log det", held, seeds)
		}
	}
}

// TestTraces: known traces of the matrix narrow the interval, of the nearly
// preconditioned matrix by far.
func TestTraces(t *testing.T) {
	for _, s := range studies(t) {
		none := s.p.estimate(t, lanczos.Options{})
		both := s.p.estimate(t, lanczos.Options{Traces: s.traces})
		gain := none.HalfWidth / both.HalfWidth
		t.Logf("%s: %.3g to %.3g", s.name, none.HalfWidth, both.HalfWidth)
		if least := map[string]float64{"3-D grid": 3, "kernel, nearby": 3}[s.name]; gain < math.Max(1.2, least) {
			t.Errorf("%s: half width %g, with traces %g", s.name, none.HalfWidth, both.HalfWidth)
		}
	}
}

// TestFamilies holds the estimates against reference values of matrices in files.
func TestFamilies(t *testing.T) {
	for _, name := range []string{"gp-kernel", "thermal-block"} {
		dir := "../../../testdata/families/" + name
		f, err := os.Open(dir + "/logdet.csv")
		if err != nil {
			t.Fatal(err)
		}
		rows, err := csv.NewReader(f).ReadAll()
		f.Close()
		if err != nil {
			t.Fatal(err)
		}
		column := -1
		for j, h := range rows[0] {
			if h == "logabsdet" {
				column = j
			}
		}
		for i, row := range rows[1:4] {
			file, err := mtx.ReadFile(context.Background(), dir+"/test/A_00"+strconv.Itoa(i+1)+".mtx.gz", mtx.ReadOptions{})
			if os.IsNotExist(err) {
				file, err = mtx.ReadFile(context.Background(), dir+"/test/A_00"+strconv.Itoa(i+1)+".mtx", mtx.ReadOptions{})
			}
			if err != nil {
				t.Fatal(err)
			}
			want, err := strconv.ParseFloat(row[column], 64)
			if err != nil {
				t.Fatal(err)
			}
			p := &problem[float64]{n: file.Matrix.Rows, apply: product(file.Matrix.Pattern, file.Matrix.Real)}
			r := p.estimate(t, lanczos.Options{})
			t.Logf("%s %d: %.2f ± %.2f (truncation %.3f), want %.2f", name, i+1, r.LogDet, r.HalfWidth, r.Truncation, want)
			if math.Abs(r.LogDet-want) > r.HalfWidth || !r.Converged {
				t.Errorf("%s, test %d: %+v, want %g", name, i+1, r, want)
			}
		}
	}
}
