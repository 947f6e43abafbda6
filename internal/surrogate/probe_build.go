package surrogate

import (
	"math"
	"math/rand/v2"
	"slices"

	"eimtool/internal/dense"
	"eimtool/internal/eim"
	"eimtool/internal/scalar"
)

const (
	checkResiduals = 6 // check entries chosen on residuals of held-out samples
	checkSeeded    = 2 // further check entries in seeded distinct rows
	residualRows   = 5 // held-out samples whose residual matrices are formed
)

// probe prepares coefficients from probes: magic features, check entries that
// estimate the error, and the calibration of that estimate.
func (b *builder[T]) probe(sel *terms[T], core *Core[T]) (*Probe[T], error) {
	magic, err := b.magicFeatures(sel)
	if err != nil {
		return nil, err
	}
	p := &Probe[T]{}
	for _, f := range magic {
		p.Magic = append(p.Magic, b.feat.Describe(f))
		p.MagicScale = append(p.MagicScale, b.feat.Table.ScaleOf(f))
	}
	proofs, err := b.proofs(sel, magic)
	if err != nil {
		return nil, err
	}
	check, err := b.checkEntries(proofs, magic)
	if err != nil {
		return nil, err
	}
	for _, f := range check {
		p.Check = append(p.Check, b.feat.Describe(f))
	}
	p.Complete = len(check) == 0 && b.complete(magic)
	if b.papersProbe(sel) {
		p.Basis = b.termValues(sel.snapshots, magic)
		p.CheckBasis = b.termValues(sel.snapshots, check)
	} else {
		q := min(len(sel.modes.sigma), len(magic))
		p.Modes, p.Prior = sel.modes.coordinates(q), sel.modes.sigma[:q]
		p.Basis, p.CheckBasis = b.modeValues(sel.modes, q, magic), b.modeValues(sel.modes, q, check)
	}
	unscale(p.CheckBasis, b.feat.Table, check)
	if p.Basis.Rows == p.Basis.Cols {
		if p.LU, err = dense.LU(p.Basis.Clone()); err != nil {
			return nil, err
		}
	}
	return p, b.calibrate(p, sel, proofs, check)
}

// papersProbe reports whether probes determine β directly, as in the papers.
func (b *builder[T]) papersProbe(sel *terms[T]) bool {
	return b.opt.Select == "eim" && sel.snapshots != nil
}

// magicFeatures returns the features to probe: the greedy's or, with the
// default selection, twice as many entries as terms by Q-DEIM on the POD modes.
func (b *builder[T]) magicFeatures(sel *terms[T]) ([]eim.Feature, error) {
	if b.papersProbe(sel) {
		return sel.greedy.Features, nil
	}
	q := min(2*sel.count, len(sel.modes.sigma))
	b.progress("probes", 0, 1)
	pts, err := eim.QDEIMOf(b.ctx, sel.modes.weight.SelectRows(indices(q)), b.rows, q, eim.QDEIMOptions{Threads: b.opt.Threads})
	if err != nil {
		return nil, err
	}
	b.progress("probes", 1, 1)
	out := make([]eim.Feature, len(pts.Columns))
	for l, c := range pts.Columns {
		out[l] = b.feat.Entry(c)
	}
	return out, nil
}

// termValues returns the scaled values of samples at features.
func (b *builder[T]) termValues(samples []int, at []eim.Feature) *dense.Matrix[T] {
	v := dense.New[T](len(samples), len(at))
	for m, i := range samples {
		for l, f := range at {
			v.Set(m, l, b.scaled(i, f))
		}
	}
	return v
}

func unscale[T scalar.Scalar](v *dense.Matrix[T], t *eim.Table[T], at []eim.Feature) {
	for l, f := range at {
		s := scalar.Of[T](t.ScaleOf(f), 0)
		for r := range v.Rows {
			v.Set(r, l, v.At(r, l)*s)
		}
	}
}

// checkEntries continues the choice of columns on the residuals of held-out
// samples, then adds seeded entries of distinct rows.
func (b *builder[T]) checkEntries(proofs []proof[T], magic []eim.Feature) ([]eim.Feature, error) {
	residuals, err := b.residuals(proofs)
	if err != nil {
		return nil, err
	}
	taken := map[int]bool{}
	var exclude []int
	for _, f := range magic {
		if c, ok := b.feat.EntryColumn(f); ok {
			taken[c] = true
			exclude = append(exclude, c)
		}
	}
	columns, err := eim.QDEIMExtend(b.ctx, residuals, checkResiduals, eim.QDEIMOptions{Exclude: exclude, Threads: b.opt.Threads})
	if err != nil {
		return nil, err
	}
	usedRow := map[int]bool{}
	for _, c := range columns {
		taken[c] = true
		usedRow[b.feat.Describe(b.feat.Entry(c)).Row] = true
	}
	rng := rand.New(rand.NewPCG(b.opt.Seed, 0x636865636b))
	want, x := len(columns)+checkSeeded, len(b.rows[0])
	for try := 0; len(columns) < want && try < 50; try++ {
		c := rng.IntN(x)
		row := b.feat.Describe(b.feat.Entry(c)).Row
		if taken[c] || usedRow[row] || b.zeroColumn(c) {
			continue
		}
		taken[c], usedRow[row] = true, true
		columns = append(columns, c)
	}
	out := make([]eim.Feature, len(columns))
	for l, c := range columns {
		out[l] = b.feat.Entry(c)
	}
	return out, nil
}

// complete reports whether the magic features hold every entry that is not zero
// in all samples.
func (b *builder[T]) complete(magic []eim.Feature) bool {
	probed := map[int]bool{}
	for _, f := range magic {
		if c, ok := b.feat.EntryColumn(f); ok {
			probed[c] = true
		}
	}
	for c := range b.rows[0] {
		if !probed[c] && !b.zeroColumn(c) {
			return false
		}
	}
	return true
}

// zeroColumn reports whether an entry vanishes in every sample.
func (b *builder[T]) zeroColumn(c int) bool {
	for _, r := range b.rows {
		if r[c] != 0 {
			return false
		}
	}
	return true
}

// residuals returns the residual matrices of a few samples reconstructed from
// their magic features.
func (b *builder[T]) residuals(proofs []proof[T]) ([][]T, error) {
	var rows [][]T
	count := min(residualRows, len(proofs))
	for k := range count {
		q := proofs[k*len(proofs)/count]
		i := q.sample
		r, err := q.reconstruct(i)
		if err != nil {
			return nil, err
		}
		row := make([]T, len(b.rows[0]))
		if err := Combine(b.ctx, row, b.residualWeights(i, r), b.rows, b.opt.Threads); err != nil {
			return nil, err
		}
		rows = append(rows, row)
	}
	return rows, nil
}

// residualWeights returns the weights of the samples in A_i − Ã_i.
func (b *builder[T]) residualWeights(i int, r reconstruction[T]) []T {
	w := make([]T, len(r.w))
	for s, v := range r.w {
		w[s] = -v
	}
	w[i]++
	return w
}

// calibrate sets the ratio of error to largest check residual: the median over
// the held-out samples, or the largest of the few that are left out one by one
// without hold-out. Where every such error is round-off the ratio of norm to
// largest entry of a snapshot stands in.
func (b *builder[T]) calibrate(p *Probe[T], sel *terms[T], proofs []proof[T], check []eim.Feature) error {
	var ratios []float64
	for _, q := range proofs {
		i := q.sample
		r, err := q.reconstruct(i)
		if err != nil {
			return err
		}
		e := b.reconstructionError(i, r)
		worst := 0.0
		w := b.residualWeights(i, r)
		for _, f := range check {
			var d T
			for s, v := range w {
				d += v * b.scaled(s, f)
			}
			worst = max(worst, scalar.Abs(d)*b.feat.Table.ScaleOf(f))
		}
		if b.validation != nil {
			b.m.Errors.HeldOutProbe = max(b.m.Errors.HeldOutProbe, b.probeError(sel, i, r, e))
		}
		if e > 1e-13 && worst > 0 {
			ratios = append(ratios, e*b.norm[i]/worst)
		}
	}
	p.Calibration = median(ratios)
	if b.validation == nil && len(ratios) > 0 {
		p.Calibration = slices.Max(ratios)
	}
	if math.IsNaN(p.Calibration) {
		for i, r := range b.rows {
			if m := scalar.MaxAbs(r); m > 0 {
				ratios = append(ratios, b.norm[i]/m)
			}
		}
		p.Calibration = median(ratios)
	}
	return nil
}

// probeError returns the error of A at sample i with coefficients from probes:
// the reconstruction itself or, from the modes, its fit by the terms.
func (b *builder[T]) probeError(sel *terms[T], i int, r reconstruction[T], e float64) float64 {
	if b.papersProbe(sel) {
		return e
	}
	core := b.validationCore
	beta := core.coefficients(dense.VecMul(r.w, b.k), 1)
	return relativeDistance(b.k.Row(i), dense.VecMul(beta, core.Coordinates))
}
