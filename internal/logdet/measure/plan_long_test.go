package measure

import (
	"context"
	"encoding/csv"
	"flag"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"testing"

	"eimtool/internal/dense"
)

var long = flag.Bool("long", false, "measure accuracy on all families and numbers of nodes")

// TestBuildAccuracy compares errors at random points of the box with what a
// plain script reaches at the same number of nodes: single runs differ by
// factors of two or three, so that the median of three seeds counts. The limits
// of the generated families are five times the best that the script found with
// any of three fixed sets of nodes. The estimate must hold in every run.
func TestBuildAccuracy(t *testing.T) {
	if !*long {
		t.Skip("takes minutes: -long")
	}
	for _, c := range []struct {
		family *family
		second bool
		counts []int
		limits []float64
	}{
		{thermalBlock(t), false, []int{10, 20, 30, 50}, []float64{2e-2, 6e-3, 8e-4, 1.5e-4}},
		{thermalBlock(t), true, []int{10, 20, 30}, []float64{3e-3, 6e-4, 3e-5}},
		{threeBlocks(), false, []int{10, 20, 30, 50}, []float64{1e-2, 1.5e-3, 7.5e-5, 1e-6}},
		{threeBlocks(), true, []int{10, 20, 30}, []float64{5e-4, 2e-5, 2.5e-7}},
		{reactions(), false, []int{10, 20, 30, 50}, []float64{0.3, 5e-2, 7.5e-3, 1e-3}},
		{reactions(), true, []int{10, 20, 30}, []float64{6e-2, 1e-2, 5e-4}},
		{thermalModel(t), false, []int{4, 6, 8, 10}, []float64{1e-3, 1e-5, 1e-7, 1e-9}},
	} {
		points := c.family.random(rand.New(rand.NewPCG(1, 2)), 200)
		errors := make([][]float64, len(c.counts))
		for seed := range uint64(3) {
			p := c.family.problem(c.family.unitCandidates(1200), c.second)
			p.MaxNodes, p.Seed = c.counts[len(c.counts)-1], seed
			each(t, p, c.counts, func(m *Model, nodes int) {
				q := c.family.quality(t, m, points)
				t.Logf("%s, second traces %v, %d nodes: %v", c.family.name, c.second, nodes, q)
				if q.covered < 0.95 || q.beyond > 3 {
					t.Errorf("%s, second traces %v, %d nodes, seed %d: %v", c.family.name, c.second, nodes, seed, q)
				}
				at := slices.Index(c.counts, nodes)
				errors[at] = append(errors[at], q.worst)
			})
		}
		for i, e := range errors {
			if got := median(e); !(got <= c.limits[i]) {
				t.Errorf("%s, second traces %v, %d nodes: error %.1e, expected %.1e", c.family.name, c.second, c.counts[i], got, c.limits[i])
			}
		}
	}
}

// each is Build that shows the models with the given numbers of nodes.
func each(t *testing.T, p *Problem, counts []int, show func(m *Model, nodes int)) {
	t.Helper()
	ctx := context.Background()
	check := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	b, err := newBuilder(p)
	check(err)
	check(b.start(ctx))
	check(b.prepare(ctx))
	for {
		check(b.fit(ctx))
		if slices.Contains(counts, len(b.nodes)) {
			m, err := b.model(ctx, b.record.factor(), floorShare)
			check(err)
			show(m, len(b.nodes))
		}
		if b.done() {
			return
		}
		check(b.add(ctx))
	}
}

// TestBuildAtSamples chooses among the samples of the thermal block family, none
// of which is a corner, and compares with its tests.
func TestBuildAtSamples(t *testing.T) {
	if !*long {
		t.Skip("takes minutes: -long")
	}
	f := thermalBlock(t)
	samples, tests, exact := readTable(t, "samples.csv", 3), readTable(t, "test.csv", 3), readTable(t, "logdet.csv", 5)
	var points [][]float64
	for i := range tests.Rows {
		points = append(points, tests.Row(i))
		if d := f.logDet(tests.Row(i)) - exact.At(i, 5); d > 1e-9 || d < -1e-9 {
			t.Fatalf("test %d is off by %g", i+1, d)
		}
	}
	box := f.unitCandidates(1000)
	for count, limit := range map[int]float64{10: 4e-2, 20: 2.5e-3, 30: 7e-4, 60: 1.4e-4} {
		p := f.problem(samples, false)
		p.MaxNodes, p.Points = count, box
		fixed := &Problem{Size: f.size, Points: box}
		for i := range count {
			fixed.Known = append(fixed.Known, f.node(samples.Row(i), false))
		}
		for _, p := range []*Problem{p, fixed} {
			m, nodes, err := Build(context.Background(), p)
			if err != nil {
				t.Fatal(err)
			}
			q := f.quality(t, m, points)
			t.Logf("%d of %d nodes chosen: %v", len(nodes)-len(p.Known), len(nodes), q)
			if p != fixed && q.worst > limit || q.covered < 0.95 || q.beyond > 3 {
				t.Errorf("%d nodes, %d known: %v", len(nodes), len(p.Known), q)
			}
		}
	}
}

// TestFixedAccuracy: the estimate of nodes that were given.
func TestFixedAccuracy(t *testing.T) {
	if !*long {
		t.Skip("takes minutes: -long")
	}
	for _, f := range []*family{thermalBlock(t), threeBlocks(), reactions(), thermalModel(t)} {
		points := f.random(rand.New(rand.NewPCG(1, 2)), 200)
		random := dense.New[float64](50, len(f.parts))
		for i, a := range f.random(rand.New(rand.NewPCG(3, 4)), 50) {
			copy(random.Row(i), a)
		}
		for name, at := range map[string]*dense.Matrix[float64]{"even": f.unitCandidates(50), "random": random} {
			for _, count := range []int{6, 10, 15, 20, 30, 50} {
				p := &Problem{Size: f.size, Points: f.unitCandidates(1000)}
				for i := range count {
					p.Known = append(p.Known, f.node(at.Row(i), false))
				}
				m, _, err := Build(context.Background(), p)
				if err != nil {
					t.Fatal(err)
				}
				q := f.quality(t, m, points)
				t.Logf("%s, %s, %d nodes: %v, factor %.1f", f.name, name, count, q, m.Factor)
				if q.covered < 0.9 || q.beyond > 3 {
					t.Errorf("%s, %s, %d nodes: %v", f.name, name, count, q)
				}
			}
		}
	}
}

// readTable returns the first columns of a table of the thermal block family
// after a column of ones, the coefficient of the first part.
func readTable(t testing.TB, file string, columns int) *dense.Matrix[float64] {
	t.Helper()
	in, err := os.Open("../../../testdata/families/thermal-block/" + file)
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	rows, err := csv.NewReader(in).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	out := dense.New[float64](len(rows)-1, 1+columns)
	for i, row := range rows[1:] {
		out.Set(i, 0, 1)
		for j, word := range row[:columns] {
			v, err := strconv.ParseFloat(word, 64)
			if err != nil {
				t.Fatal(err)
			}
			out.Set(i, 1+j, v)
		}
	}
	return out
}
