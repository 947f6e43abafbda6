package surrogate

import (
	"math"
	"slices"
	"sort"

	"eimtool/internal/dense"
	"eimtool/internal/eim"
	"eimtool/internal/scalar"
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
		if e := relativeDistance(b.k.Row(i), dense.VecMul(beta, core.Coordinates)); e > worst {
			worst, b.m.worst = e, b.m.Files[i]
		}
	}
	b.m.Errors.HeldOut = worst
	b.validation, b.validationCore = sel, core
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

// proof is a sample and a reconstruction that does not know it.
type proof[T scalar.Scalar] struct {
	sample      int
	reconstruct func(i int) (reconstruction[T], error)
}

// leftOut is the number of samples left out one by one without hold-out.
const leftOut = 10

// proofs returns the samples that measure a probe: the held-out ones or, without
// hold-out, up to ten samples, each reconstructed without itself.
func (b *builder[T]) proofs(sel *terms[T], magic []eim.Feature) ([]proof[T], error) {
	var out []proof[T]
	if b.validation != nil {
		reconstruct, err := b.prober(b.validation, magic)
		for _, i := range b.held {
			out = append(out, proof[T]{i, reconstruct})
		}
		return out, err
	}
	n := len(b.rows)
	count := min(leftOut, n)
	for k := range count {
		i := k * n / count
		with, err := b.without(sel, i)
		if err != nil {
			return nil, err
		}
		if with == nil {
			continue
		}
		reconstruct, err := b.prober(with, magic)
		if err != nil {
			return nil, err
		}
		out = append(out, proof[T]{i, reconstruct})
	}
	return out, nil
}

// without returns the selection without sample i, nil when nothing is left.
func (b *builder[T]) without(sel *terms[T], i int) (*terms[T], error) {
	if len(b.rows) == 1 {
		return nil, nil
	}
	with := &terms[T]{greedy: sel.greedy}
	if !b.papersProbe(sel) {
		rest := slices.DeleteFunc(indices(len(b.rows)), func(k int) bool { return k == i })
		var err error
		with.modes, err = b.modeSet(rest)
		return with, err
	}
	with.snapshots = slices.DeleteFunc(slices.Clone(sel.snapshots), func(k int) bool { return k == i })
	if len(with.snapshots) == 0 {
		return nil, nil
	}
	return with, nil
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
