package surrogate

import (
	"context"
	"fmt"
	"math"

	"eimtool/internal/coefficients"
	"eimtool/internal/dense"
	"eimtool/internal/features"
	"eimtool/internal/matrix"
	"eimtool/internal/scalar"
)

// Change says how two models of one family differ at the training points of
// the first.
type Change struct {
	SameSelection bool
	Beta          float64 // largest |β−β'|; NaN when the numbers of terms differ
	Matrix        float64 // largest ‖Ã−Ã'‖_F/‖Ã‖_F
}

// Difference compares m with old.
func Difference(ctx context.Context, m, old *Model, threads int) (Change, error) {
	c := Change{SameSelection: equalInts(m.Terms, old.Terms)}
	if m.TermCount() != old.TermCount() {
		c.Beta = math.NaN()
	}
	a, b := &matrix.Matrix{Pattern: m.Pattern()}, &matrix.Matrix{Pattern: old.Pattern()}
	for i := range m.Mu.Rows {
		x, err := m.At(m.Mu.Row(i))
		if err != nil {
			return c, err
		}
		y, err := old.At(m.Mu.Row(i))
		if err != nil {
			return c, err
		}
		if len(x.Beta) == len(y.Beta) {
			for k := range x.Beta {
				c.Beta = max(c.Beta, scalar.Abs(x.Beta[k]-y.Beta[k]))
			}
		}
		if err := m.AssembleTo(ctx, a, x.Beta, threads); err != nil {
			return c, err
		}
		if err := old.AssembleTo(ctx, b, y.Beta, threads); err != nil {
			return c, err
		}
		c.Matrix = max(c.Matrix, matrix.Compare(a, b).RelativeFrobenius())
	}
	return c, nil
}

func equalInts(a, b []int) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i] != b[i] {
			return false
		}
	}
	return true
}

// ModelNames lists the interpolation models that --model may name.
func ModelNames() []string {
	return []string{
		coefficients.KindAdaptive, coefficients.KindBernstein, coefficients.KindRational, coefficients.KindGaussian,
		coefficients.KindAAA, coefficients.KindFloaterHormann, coefficients.KindTrigonometric,
	}
}

// KeptTable reports whether the model holds all samples.
func (m *Model) KeptTable() bool {
	return m.Real != nil && m.Real.Table != nil || m.Complex != nil && m.Complex.Table != nil
}

// WithoutTerms returns a model without the given terms (1-based), with
// coefficients refitted by least squares to those that remain (lost fields,
// arXiv 1508.05330, rectangular extension).
func (m *Model) WithoutTerms(lost []int) (*Model, error) {
	if m.Parts != nil {
		return nil, &OptionError{"lost-snapshot", fmt.Sprint(lost), "a bundle of samples: every term of given parts or of a plan is needed"}
	}
	count := m.TermCount()
	drop := make([]bool, count)
	for _, l := range lost {
		if l < 1 || l > count {
			return nil, &OptionError{"lost-snapshot", fmt.Sprint(l), fmt.Sprintf("a term from 1 to %d", count)}
		}
		drop[l-1] = true
	}
	var keep []int
	for i, d := range drop {
		if !d {
			keep = append(keep, i)
		}
	}
	if len(keep) == 0 {
		return nil, &OptionError{"lost-snapshot", fmt.Sprint(lost), "at least one term left"}
	}
	c := *m
	if len(m.Terms) > 0 {
		c.Terms = make([]int, len(keep))
		for r, i := range keep {
			c.Terms[r] = m.Terms[i]
		}
	}
	if m.Complex != nil {
		c.Complex = withoutTerms(m.Complex, keep)
	} else {
		c.Real = withoutTerms(m.Real, keep)
	}
	return &c, nil
}

func withoutTerms[T scalar.Scalar](c *Core[T], keep []int) *Core[T] {
	d := *c
	d.Table = nil // it holds the lost snapshots too
	d.Values = make([][]T, len(keep))
	for r, i := range keep {
		d.Values[r] = c.Values[i]
	}
	d.Coordinates = c.Coordinates.SelectRows(keep)
	objective := d.Coordinates
	if c.Lift != nil {
		objective = liftRows(d.Coordinates, c.Lift)
	}
	d.Fit = dense.NewRowFit(objective)
	if p := *c.Probe; p.Modes == nil {
		p.Basis, p.CheckBasis, p.LU = p.Basis.SelectRows(keep), p.CheckBasis.SelectRows(keep), nil
		d.Probe = &p
	}
	return &d
}

func liftRows[T scalar.Scalar](k, lift *dense.Matrix[T]) *dense.Matrix[T] {
	out := dense.New[T](k.Rows, lift.Cols)
	for i := range k.Rows {
		copy(out.Row(i), dense.VecMul(append(append([]T(nil), k.Row(i)...), scalar.Of[T](1, 0)), lift))
	}
	return out
}

// Criticality returns, for every probe of role magic, how much of the family is
// invisible to the others when it is lost: the largest error of A over the terms
// (or modes) with that value missing and coefficients of minimum norm
// (arXiv 1508.05330, rectangular extension).
func (m *Model) Criticality() []float64 {
	if m.Complex != nil {
		return criticality(m.Complex)
	}
	return criticality(m.Real)
}

func criticality[T scalar.Scalar](c *Core[T]) []float64 {
	p := c.Probe
	var out []float64
	for lost, f := range p.Magic {
		if f.Kind == features.KindConstant {
			continue
		}
		known := make([]int, 0, len(p.Magic)-1)
		for l := range p.Magic {
			if l != lost {
				known = append(known, l)
			}
		}
		out = append(out, c.lossError(known))
	}
	return out
}

// lossError returns the largest error with which the terms themselves are
// reconstructed from the known magic values.
func (c *Core[T]) lossError(known []int) float64 {
	if len(known) == 0 {
		return 1
	}
	p, worst := c.Probe, 0.0
	for m := range c.Coordinates.Rows {
		truth := c.Coordinates.Row(m)
		z := make([]T, p.Basis.Rows) // the term in the coordinates of the probe
		if p.Modes == nil {
			z[m] = scalar.Of[T](1, 0)
		} else {
			for q := range z {
				z[q] = dense.Dotc(p.Modes.Row(q), truth)
			}
		}
		magic := dense.VecMul(z, p.Basis)
		y, err := p.coordinates(magic, known)
		if err != nil {
			return math.NaN()
		}
		back := p.Modes
		if back == nil {
			back = c.Coordinates
		}
		worst = max(worst, relativeDistance(dense.VecMul(z, back), dense.VecMul(y, back)))
	}
	return worst
}
