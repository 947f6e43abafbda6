package surrogate

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"eimtool/internal/dense"
	"eimtool/internal/eim"
	"eimtool/internal/features"
	"eimtool/internal/scalar"
)

// toleranceShare is the part of a tolerance that selection on the samples may
// use: errors between samples are a few times larger than at them.
const toleranceShare = 0.2

// selectTerms selects terms from the samples idx: maxTerms of them, or as many
// as the tolerance asks for when maxTerms is 0.
func (b *builder[T]) selectTerms(idx []int, maxTerms int) (*terms[T], error) {
	switch {
	case b.opt.Basis == "pod":
		return b.selectPOD(idx, maxTerms)
	case b.opt.Select == "eim":
		return b.selectEIM(idx, maxTerms)
	default:
		return b.selectSwaps(idx, maxTerms)
	}
}

// selectEIM is the greedy of the papers.
func (b *builder[T]) selectEIM(idx []int, maxTerms int) (*terms[T], error) {
	s, err := b.greedy(idx, maxTerms, b.opt.Oversample)
	if err != nil {
		return nil, err
	}
	count := len(s.Snapshots)
	if b.opt.Tolerance > 0 {
		for m, e := range b.prefixErrors(s, idx) {
			if e <= toleranceShare*b.opt.Tolerance {
				count = m + 1
				break
			}
		}
	}
	switch {
	case count == len(s.Snapshots):
	case b.opt.Oversample == 0:
		s = s.Truncate(count)
	default: // the features beyond the terms depend on the terms
		if s, err = b.greedy(idx, count, b.opt.Oversample); err != nil {
			return nil, err
		}
	}
	return &terms[T]{snapshots: s.Snapshots, greedy: s, count: len(s.Snapshots)}, nil
}

// greedy runs the EIM greedy on the samples idx, the others carried along.
func (b *builder[T]) greedy(idx []int, maxTerms, oversample int) (*eim.Selection[T], error) {
	norm, err := parseNorm(b.opt.Norm)
	if err != nil {
		return nil, err
	}
	opt := eim.Options{
		MaxTerms: maxTerms, Norm: norm, Relative: b.opt.Scaling == "relative", FirstRow: -1,
		Oversample: oversample, IgnoreStagnation: maxTerms > 0, Threads: b.opt.Threads, Progress: b.opt.Progress,
		Tolerance: 1e-3 * b.opt.Tolerance,
	}
	if b.opt.Features != "entries" {
		opt.FirstRow = b.central(idx)
	}
	if len(idx) < len(b.rows) {
		opt.Selectable = make([]bool, len(b.rows))
		for _, i := range idx {
			opt.Selectable[i] = true
		}
	}
	return eim.Greedy(b.ctx, b.feat.Table, opt)
}

// parseNorm reads max, l1, l2 or lp:P.
func parseNorm(s string) (eim.Norm, error) {
	switch s {
	case "max", "l1", "l2":
		return eim.Norm{Kind: s}, nil
	}
	if p, ok := strings.CutPrefix(s, "lp:"); ok {
		if v, err := strconv.ParseFloat(p, 64); err == nil && v >= 1 && !math.IsInf(v, 0) {
			return eim.Norm{Kind: "lp", P: v}, nil
		}
	}
	return eim.Norm{}, &OptionError{"norm", s, "one of max, l1, l2, lp:P with P ≥ 1"}
}

// central returns the most central sample of idx: that whose ranks among the
// samples, parameter by parameter, are nearest to the middle; of several, the
// one nearest to the centre of the box. Ranks do not care whether a parameter
// was sampled linearly or logarithmically.
func (b *builder[T]) central(idx []int) int {
	best, rank, dist := idx[0], math.Inf(1), math.Inf(1)
	for _, i := range idx {
		r, d := b.offCentre(i, idx)
		if r < rank*(1-1e-12) || r <= rank*(1+1e-12) && d < dist*(1-1e-12) {
			best, rank, dist = i, r, d
		}
	}
	return best
}

// offCentre returns the squared distances of sample i from the middle rank
// among idx and from the centre of the scaled box.
func (b *builder[T]) offCentre(i int, idx []int) (rank, box float64) {
	for j, p := range b.m.Parameters {
		x, balance := b.m.Mu.At(i, j), 0
		for _, k := range idx {
			switch y := b.m.Mu.At(k, j); {
			case y < x:
				balance--
			case y > x:
				balance++
			}
		}
		t := float64(balance) / float64(len(idx))
		rank += t * t
		if p.Hi > p.Lo {
			u := (2*x - p.Lo - p.Hi) / (p.Hi - p.Lo)
			box += u * u
		}
	}
	return rank, box
}

// scaled returns the data table's value of sample i at feature f.
func (b *builder[T]) scaled(i int, f eim.Feature) T { return b.feat.Table.Value(i, f) }

// prefixErrors returns, for m = 1, 2, ..., the largest error of A over the
// samples idx with the first m terms and exact values at their magic features.
func (b *builder[T]) prefixErrors(s *eim.Selection[T], idx []int) []float64 {
	count := len(s.Snapshots)
	g := dense.New[T](len(idx), count)
	for r, i := range idx {
		for l := range count {
			g.Set(r, l, b.scaled(i, s.Features[l]))
		}
	}
	var errs []float64
	for m := 1; m <= count; m++ {
		f := dense.New[T](m, m)
		for r := range m {
			copy(f.Row(r), s.Values.Row(r)[:m])
		}
		lu, err := dense.LU(f)
		if err != nil {
			break
		}
		terms := b.k.SelectRows(s.Snapshots[:m])
		worst := 0.0
		for r, i := range idx {
			beta := lu.SolveRow(g.Row(r)[:m])
			worst = max(worst, relativeDistance(b.k.Row(i), dense.VecMul(beta, terms)))
		}
		errs = append(errs, worst)
	}
	return errs
}

// selectSwaps refines pivoted QR by swaps so that the mean projection error of
// the samples falls.
func (b *builder[T]) selectSwaps(idx []int, maxTerms int) (*terms[T], error) {
	k := b.k.SelectRows(idx)
	t, limit, err := b.firstCount(idx, maxTerms)
	if err != nil {
		return nil, err
	}
	var sel *eim.SwapSelection
	for count := t.count; ; count++ {
		if sel, err = eim.SwapSelect(b.ctx, k, count, eim.SwapOptions{Threads: b.opt.Threads}); err != nil {
			return nil, err
		}
		if t.noise > 0 || len(sel.Snapshots) < count || count == limit ||
			b.projectionError(k, sel.Snapshots) <= toleranceShare*b.opt.Tolerance {
			break
		}
	}
	for _, r := range sel.Snapshots {
		t.snapshots = append(t.snapshots, idx[r])
	}
	t.count = len(t.snapshots)
	return t, nil
}

// firstCount returns the POD modes of the samples idx with the number of terms
// that the tolerance asks for at least, and the most that there may be: maxTerms
// or, when that is 0, all samples.
func (b *builder[T]) firstCount(idx []int, maxTerms int) (t *terms[T], limit int, err error) {
	modes, err := b.modeSet(idx)
	if err != nil {
		return nil, 0, err
	}
	if limit = len(idx); maxTerms > 0 {
		limit = min(maxTerms, limit)
	}
	t = &terms[T]{modes: modes, count: limit}
	if b.opt.Tolerance > 0 {
		t.count, t.noise = modes.countFor(toleranceShare * b.opt.Tolerance)
	}
	if t.count > limit {
		t.count, t.noise = limit, 0
	}
	return t, limit, nil
}

// projectionError returns the largest relative distance of a row of k from the
// span of the rows sel.
func (b *builder[T]) projectionError(k *dense.Matrix[T], sel []int) float64 {
	t := k.SelectRows(sel)
	fit := dense.NewRowFit(t)
	worst := 0.0
	for i := range k.Rows {
		beta, _ := fit.Fit(k.Row(i))
		worst = max(worst, relativeDistance(k.Row(i), dense.VecMul(beta, t)))
	}
	return worst
}

// selectPOD keeps the leading POD modes of the samples idx.
func (b *builder[T]) selectPOD(idx []int, maxTerms int) (*terms[T], error) {
	t, _, err := b.firstCount(idx, maxTerms)
	if err != nil {
		return nil, err
	}
	t.count = min(t.count, len(t.modes.sigma))
	return t, nil
}

// magicValues returns the values of the samples idx at the magic entries, the
// data on which rational models are fitted.
func (b *builder[T]) magicValues(idx []int, sel *terms[T]) *dense.Matrix[complex128] {
	if sel.greedy == nil {
		return nil
	}
	var cols []eim.Feature
	for _, f := range sel.greedy.Features {
		if b.feat.Describe(f).Kind != features.KindConstant {
			cols = append(cols, f)
		}
	}
	v := dense.New[complex128](len(idx), len(cols))
	for r, i := range idx {
		for l, f := range cols {
			x := b.scaled(i, f)
			v.Set(r, l, complex(scalar.Real(x), scalar.Imag(x)))
		}
	}
	return v
}

// history fills the model's record of the greedy. The default selection does
// not need one of its own: the record is that of the hold-out phase, which chose
// among the training part, or without hold-out one made for the purpose.
func (b *builder[T]) history(sel *terms[T]) error {
	if sel.greedy == nil && b.validation != nil {
		sel.greedy = b.validation.greedy
	}
	s := sel.greedy
	if s == nil {
		var err error
		if s, err = b.greedy(indices(len(b.rows)), sel.count, 0); err != nil {
			return fmt.Errorf("greedy history: %w", err)
		}
		sel.greedy = s
	}
	for m, i := range s.Snapshots {
		f := b.feat.Describe(s.Features[m])
		step := Step{
			Term: m + 1, Snapshot: i, Kind: f.Kind, Row: f.Row, Col: f.Col,
			Error: s.Errors[m], HeldOutError: math.NaN(),
			LebesgueParameter: s.LebesgueParameter[m], LebesgueEntry: s.LebesgueEntry[m],
			SumBetaMin: s.SumBetaMin[m], SumBetaMax: s.SumBetaMax[m],
		}
		if m < len(b.heldHistory) {
			step.HeldOutError = b.heldHistory[m]
		}
		b.m.History = append(b.m.History, step)
	}
	return nil
}
