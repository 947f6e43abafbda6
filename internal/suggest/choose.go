package suggest

import (
	"math"

	"eimtool/internal/coefficients"
	"eimtool/internal/dense"
)

// Problem is what is known of a family at its samples and at the candidates.
type Problem struct {
	Samples    *dense.Matrix[float64] // N × D positions in [−1, 1]^D
	Candidates *dense.Matrix[float64] // C × D positions in [−1, 1]^D
	Error      []float64              // C predicted relative errors; +Inf where nothing is known
}

// Point is a chosen candidate.
type Point struct {
	Candidate int     // row of Problem.Candidates
	Distance  float64 // from the nearest sample or point chosen before it
}

// known is the distance of a candidate from a sample below which it is that
// sample.
const known = 1e-12

// certain is the largest error that counts: a prediction that is wrong by its
// own size knows nothing, and where nothing is known points fill the space.
const certain = 1.0

// Choose returns up to n candidates in order of benefit, none at a sample and
// no two at one place. Each one maximises error × power, where power is the
// power function of the samples and of the points chosen before: choosing a
// point takes the benefit of its neighbours down. Of equal candidates the first
// is taken.
func Choose(p *Problem, n int) []Point {
	if n <= 0 || p.Candidates.Cols == 0 { // without a coordinate all candidates are at the samples
		return nil
	}
	power := newPower(p, n)
	dist := make([]float64, p.Candidates.Rows)
	for i := range dist {
		dist[i] = math.Inf(1)
		for k := range p.Samples.Rows {
			dist[i] = min(dist[i], distance(p.Candidates.Row(i), p.Samples.Row(k)))
		}
	}
	var out []Point
	for len(out) < n {
		best, value := -1, 0.0
		for i, d := range dist {
			if d <= known {
				continue
			}
			v := min(p.Error[i], certain) * power.at(i)
			if best < 0 || v > value {
				best, value = i, v
			}
		}
		if best < 0 {
			break
		}
		out = append(out, Point{best, dist[best]})
		chosen := p.Candidates.Row(best)
		for i := range dist {
			dist[i] = min(dist[i], distance(p.Candidates.Row(i), chosen))
		}
		power.add(power.rows.Row(best))
	}
	return out
}

// power is the power function of a growing set of points: the distance of the
// features of a position from the span of the features of the points. Working
// with features instead of covariances squares no condition number.
type power struct {
	rows *dense.Matrix[float64] // features of the candidates without their part in the span
}

func newPower(p *Problem, n int) *power {
	total := p.Samples.Rows + n
	w := &power{coefficients.Prior(p.Candidates, total)}
	samples := &power{coefficients.Prior(p.Samples, total)}
	for k := range p.Samples.Rows {
		row := samples.rows.Row(k)
		w.add(row)
		samples.add(row)
	}
	return w
}

// at returns the power function at candidate i.
func (w *power) at(i int) float64 { return dense.Norm(w.rows.Row(i)) }

// dependent is the norm of features, whose largest entries are about 1, below
// which nothing but rounding is left of them.
const dependent = 1e-13

// add adds a point whose features without their part in the span are f.
func (w *power) add(f []float64) {
	norm := dense.Norm(f)
	if norm < dependent {
		return
	}
	q := make([]float64, len(f))
	for j, v := range f {
		q[j] = v / norm
	}
	for i := range w.rows.Rows {
		row := w.rows.Row(i)
		c := dense.Dotc(q, row)
		for j, v := range q {
			row[j] -= c * v
		}
	}
}

// distance is the Euclidean distance of two positions.
func distance(a, b []float64) float64 {
	var s float64
	for j, v := range a {
		s += (v - b[j]) * (v - b[j])
	}
	return math.Sqrt(s)
}
