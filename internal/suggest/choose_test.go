package suggest

import (
	"math"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"eimtool/internal/dense"
)

// drawPositions draws n positions in [−1, 1]^dim, many of them equal.
func drawPositions(t *rapid.T, label string, n, dim int) *dense.Matrix[float64] {
	x := dense.New[float64](n, dim)
	for i := range x.Data {
		x.Data[i] = float64(rapid.IntRange(-5, 5).Draw(t, label)) / 5
	}
	return x
}

func drawProblem(t *rapid.T) *Problem {
	dim := rapid.IntRange(1, 4).Draw(t, "dim")
	p := &Problem{
		Samples:    drawPositions(t, "sample", rapid.IntRange(1, 12).Draw(t, "samples"), dim),
		Candidates: drawPositions(t, "candidate", rapid.IntRange(0, 30).Draw(t, "candidates"), dim),
	}
	for range p.Candidates.Rows {
		p.Error = append(p.Error, rapid.SampledFrom([]float64{0, 1e-300, 1e-9, 1e-3, 0.5, 7, math.Inf(1)}).Draw(t, "error"))
	}
	return p
}

func TestChoose(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := drawProblem(t)
		n := rapid.IntRange(0, 35).Draw(t, "n")
		got := Choose(p, n)
		var free [][]float64 // distinct positions that are no sample
		for i := range p.Candidates.Rows {
			x := p.Candidates.Row(i)
			if !holds(p.Samples, x) && !slices.ContainsFunc(free, func(y []float64) bool { return slices.Equal(x, y) }) {
				free = append(free, x)
			}
		}
		if want := min(n, len(free)); len(got) != want {
			t.Fatalf("%d points, want %d", len(got), want)
		}
		var taken [][]float64
		for _, g := range got {
			x := p.Candidates.Row(g.Candidate)
			nearest := math.Inf(1)
			for k := range p.Samples.Rows {
				nearest = min(nearest, distance(x, p.Samples.Row(k)))
			}
			for _, y := range taken {
				nearest = min(nearest, distance(x, y))
			}
			if nearest == 0 || nearest != g.Distance {
				t.Fatalf("point %v: distance %g, is %g", x, g.Distance, nearest)
			}
			taken = append(taken, x)
		}
		if again := Choose(p, n); !slices.Equal(got, again) {
			t.Fatalf("%v, then %v", got, again)
		}
		if n > 1 && len(got) > 1 { // points come one at a time, on the scale of all n
			p.Samples = appendRow(p.Samples, p.Candidates.Row(got[0].Candidate))
			if rest := Choose(p, n-1); !slices.Equal(got[1:], rest) {
				t.Fatalf("%v, then after the first one %v", got, rest)
			}
		}
	})
}

func holds(m *dense.Matrix[float64], x []float64) bool {
	for k := range m.Rows {
		if slices.Equal(m.Row(k), x) {
			return true
		}
	}
	return false
}

func appendRow(m *dense.Matrix[float64], x []float64) *dense.Matrix[float64] {
	return &dense.Matrix[float64]{Rows: m.Rows + 1, Cols: m.Cols, Data: append(slices.Clone(m.Data), x...)}
}

// grid returns the (n+1)² points of a grid in the square.
func grid(n int) *dense.Matrix[float64] {
	x := dense.New[float64]((n+1)*(n+1), 2)
	for i := range x.Rows {
		x.Set(i, 0, 2*float64(i/(n+1))/float64(n)-1)
		x.Set(i, 1, 2*float64(i%(n+1))/float64(n)-1)
	}
	return x
}

// TestWhereTheErrorIs: with a bump in the error, the first point is at it.
func TestWhereTheErrorIs(t *testing.T) {
	p := &Problem{Samples: grid(3), Candidates: grid(20)}
	at := []float64{0.4, 0.6}
	for i := range p.Candidates.Rows {
		d := distance(p.Candidates.Row(i), at)
		p.Error = append(p.Error, 1e-6+1e-2*math.Exp(-50*d*d))
	}
	x := p.Candidates.Row(Choose(p, 1)[0].Candidate)
	if d := distance(x, at); d > 0.15 {
		t.Errorf("first point %v, the error is at %v", x, at)
	}
}

// TestFillsSpace: where all errors are alike the corners come first, and then
// no point is nearer to another than half of the distance that evenly spread
// points would have.
func TestFillsSpace(t *testing.T) {
	for _, e := range []float64{1e-5, math.Inf(1)} {
		p := &Problem{Samples: &dense.Matrix[float64]{Rows: 1, Cols: 2, Data: []float64{0, 0}}, Candidates: grid(30)}
		for range p.Candidates.Rows {
			p.Error = append(p.Error, e)
		}
		got := Choose(p, 24)
		for _, g := range got[:4] {
			if x := p.Candidates.Row(g.Candidate); math.Abs(x[0]) != 1 || math.Abs(x[1]) != 1 {
				t.Errorf("error %g: %v comes before a corner", e, x)
			}
		}
		for _, g := range got {
			if even := 2 / math.Sqrt(24); g.Distance < even/2 {
				t.Errorf("error %g: a point at distance %.2g from another, evenly spread ones have %.2g", e, g.Distance, even)
			}
		}
	}
}

// TestPower compares the power function with its formula in covariances,
// P² = k(x,x) − k(x,X)·k(X,X)⁻¹·k(X,x), where those keep digits enough.
func TestPower(t *testing.T) {
	p := &Problem{
		Samples:    &dense.Matrix[float64]{Rows: 4, Cols: 2, Data: []float64{-1, -1, 1, -0.2, 0.3, 1, 0, 0.1}},
		Candidates: grid(4),
	}
	w, free := newPower(p, 1), newPower(&Problem{Samples: dense.New[float64](0, 2), Candidates: stack(p.Samples, p.Candidates)}, 5)
	k := func(i, j int) float64 { return dense.Dotc(free.rows.Row(i), free.rows.Row(j)) }
	n := p.Samples.Rows
	kxx := dense.New[float64](n, n)
	for i := range n {
		for j := range n {
			kxx.Set(i, j, k(i, j))
		}
	}
	lu, err := dense.LU(kxx)
	if err != nil {
		t.Fatal(err)
	}
	for c := range p.Candidates.Rows {
		row := make([]float64, n)
		for j := range row {
			row[j] = k(n+c, j)
		}
		want := k(n+c, n+c) - dense.Dotc(lu.SolveRow(slices.Clone(row)), row)
		if got := w.at(c) * w.at(c); math.Abs(got-want) > 1e-11*k(n+c, n+c) { // condition of k(X,X) below 1e3
			t.Errorf("candidate %d: P² = %.17g, want %.17g", c, got, want)
		}
	}
}

func stack(a, b *dense.Matrix[float64]) *dense.Matrix[float64] {
	return &dense.Matrix[float64]{Rows: a.Rows + b.Rows, Cols: a.Cols, Data: slices.Concat(a.Data, b.Data)}
}
