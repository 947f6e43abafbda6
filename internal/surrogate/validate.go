package surrogate

import (
	"math"
	"sort"

	"eimtool/internal/dense"
	"eimtool/internal/eim"
)

// validate selects and models on the training part and measures on the held-out
// samples: errors of A with coefficients from the interpolation model and from
// probes, per term of the greedy.
func (b *builder[T]) validate() error {
	sel, err := b.selectTerms(b.train, b.opt.MaxTerms)
	if err != nil {
		return err
	}
	if sel.greedy == nil {
		if sel.greedy, err = b.greedy(b.train, sel.count, 0); err != nil {
			return err
		}
	}
	b.heldHistory = b.prefixErrors(sel.greedy, b.held)
	core, err := b.core(sel, b.train)
	if err != nil {
		return err
	}
	model, err := b.interpolate(b.train, sel)
	if err != nil {
		return err
	}
	worst := 0.0
	for _, i := range b.held {
		p, err := model.Predict(b.m.Mu.Row(i))
		if err != nil {
			return err
		}
		beta := core.coefficients(unpack[T](p.K), 1)
		worst = max(worst, relativeDistance(b.k.Row(i), dense.VecMul(beta, core.Coordinates)))
	}
	b.m.Errors.HeldOut = worst
	b.validation = sel
	return nil
}

// reconstruction gives, for one sample, the coordinates z that a probe of the
// given features finds and the sample weights w with which it reconstructs the
// matrix.
type reconstruction[T any] struct {
	z, w []T
}

// prober reconstructs samples from their values at magic features: those of
// sel's own greedy for the papers' selection, otherwise the given ones.
func (b *builder[T]) prober(sel *terms[T], magic []eim.Feature) (func(i int) (reconstruction[T], error), error) {
	p := &Probe[T]{}
	if b.papersProbe(sel) {
		magic = sel.greedy.Features
	}
	if b.papersProbe(sel) {
		p.Basis = b.termValues(sel.snapshots, magic)
	} else {
		p.Basis = b.modeValues(sel.modes, min(len(sel.modes.sigma), len(magic)), magic)
		p.Prior = sel.modes.sigma[:p.Basis.Rows]
	}
	if p.Basis.Rows == p.Basis.Cols {
		lu, err := dense.LU(p.Basis.Clone())
		if err == nil {
			p.LU = lu
		}
	}
	known, n := indices(len(magic)), len(b.rows)
	return func(i int) (reconstruction[T], error) {
		g := make([]T, len(magic))
		for l, f := range magic {
			g[l] = b.scaled(i, f)
		}
		z, err := p.coordinates(g, known)
		if err != nil {
			return reconstruction[T]{}, err
		}
		r := reconstruction[T]{z: z, w: make([]T, n)}
		if p.Prior == nil {
			for m, s := range sel.snapshots {
				r.w[s] += z[m]
			}
			return r, nil
		}
		for l, v := range z {
			for s, w := range sel.modes.weight.Row(l) {
				r.w[s] += v * w
			}
		}
		return r, nil
	}, nil
}

// modeValues returns the scaled values of the first q modes at features.
func (b *builder[T]) modeValues(m *modeSet[T], q int, at []eim.Feature) *dense.Matrix[T] {
	v := dense.New[T](q, len(at))
	for i := range b.rows {
		for l, f := range at {
			x := b.scaled(i, f)
			for r := range q {
				v.Data[r*v.Cols+l] += m.weight.At(r, i) * x
			}
		}
	}
	return v
}

// reconstructionError returns the error of A of a reconstruction of sample i.
func (b *builder[T]) reconstructionError(i int, r reconstruction[T]) float64 {
	return relativeDistance(b.k.Row(i), dense.VecMul(r.w, b.k))
}

// checkSamples returns up to limit samples that measure a probe: the held-out
// ones or, without hold-out, samples that are not terms.
func (b *builder[T]) checkSamples(sel *terms[T], limit int) []int {
	list := b.held
	if len(list) == 0 {
		used := map[int]bool{}
		for _, s := range sel.snapshots {
			used[s] = true
		}
		for i := range b.rows {
			if !used[i] {
				list = append(list, i)
			}
		}
	}
	return list[:min(limit, len(list))]
}

// median of x, NaN when x is empty.
func median(x []float64) float64 {
	if len(x) == 0 {
		return math.NaN()
	}
	s := append([]float64(nil), x...)
	sort.Float64s(s)
	return (s[(len(s)-1)/2] + s[len(s)/2]) / 2
}
