package surrogate

import (
	"context"
	"errors"
	"fmt"
	"math"

	"eimtool/internal/dense"
	"eimtool/internal/eim"
	"eimtool/internal/features"
	"eimtool/internal/matrix"
	"eimtool/internal/scalar"
)

// ProbeValues returns the values of a matrix at Probes(), for FromProbe.
func (m *Model) ProbeValues(a *matrix.Matrix) []complex128 {
	points := m.Probes()
	v := make([]complex128, len(points))
	for i, p := range points {
		v[i] = features.ValueOf(a, p.Feature, m.Preserve...)
	}
	return v
}

// WithoutProbes returns a model that does without the given magic probes
// (1-based, as in Probes): entries are chosen anew on the fixed terms, with the
// lost ones excluded, so that nothing is lost but a sensor (arXiv 1508.05330,
// rectangular extension). It then probes 2M entries, for a least-squares fit
// whose residual shows its error, and the check entries that are left.
func (m *Model) WithoutProbes(ctx context.Context, lost []int, threads int) (*Model, error) {
	points := m.Probes()
	gone := map[int]bool{}
	for _, l := range lost {
		if l < 1 || l > len(points) {
			return nil, &OptionError{"lost-probe", fmt.Sprint(l), fmt.Sprintf("a probe from 1 to %d", len(points))}
		}
		gone[l-1] = true
	}
	c := *m
	var err error
	if m.Complex != nil {
		c.Complex, err = withoutProbes(ctx, m, m.Complex, points, gone, threads)
	} else {
		c.Real, err = withoutProbes(ctx, m, m.Real, points, gone, threads)
	}
	return &c, err
}

func withoutProbes[T scalar.Scalar](ctx context.Context, m *Model, core *Core[T], points []ProbePoint, gone map[int]bool, threads int) (*Core[T], error) {
	var exclude, lost []int
	var check []features.Feature
	for i, p := range points {
		column := m.entryColumn(p.Feature)
		if gone[i] && column >= 0 {
			lost = append(lost, column)
		}
		if !gone[i] && p.Role == RoleCheck {
			check = append(check, p.Feature)
			if column >= 0 {
				exclude = append(exclude, column) // a check must be independent of what it checks
			}
		}
	}
	u, s, _, err := dense.SVD(core.Coordinates)
	if err != nil {
		return nil, err
	}
	combine := dense.ConjTranspose(u)
	for l := range combine.Rows {
		dense.Scale(scalar.Of[T](1/s[l], 0), combine.Row(l))
	}
	count := len(core.Values)
	pts, err := chooseEntries(ctx, combine, core.Values, append(exclude, lost...), threads)
	var short *eim.QDEIMError
	if errors.As(err, &short) { // a small matrix: the checks are needed themselves
		check = nil
		pts, err = chooseEntries(ctx, combine, core.Values, lost, threads)
	}
	if err != nil {
		return nil, &ProbeError{0, fmt.Sprintf("without the lost probes: %v", err)}
	}
	probes := len(pts.Columns)
	p := &Probe[T]{Check: check, Basis: dense.New[T](count, probes), CheckBasis: dense.New[T](count, len(check))}
	// In orthonormal modes a residual ρ at every probe moves A by at most
	// √L·ρ/σ_min in the Frobenius norm.
	p.Calibration = math.Max(core.Probe.Calibration, math.Sqrt(float64(probes))/pts.SigmaMin)
	for l, column := range pts.Columns {
		p.Magic = append(p.Magic, m.entryFeature(column))
		p.MagicScale = append(p.MagicScale, 1)
		for r, v := range core.Values {
			p.Basis.Set(r, l, v[column])
		}
	}
	for l, f := range check {
		for r, v := range core.Values {
			p.CheckBasis.Set(r, l, v[m.entryColumn(f)])
		}
	}
	if probes == count {
		if p.LU, err = dense.LU(p.Basis.Clone()); err != nil {
			return nil, err
		}
	}
	d := *core
	d.Probe = p
	return &d, nil
}

// chooseEntries chooses twice as many entries as there are terms, fewer where
// the matrix has fewer but never less than the terms.
func chooseEntries[T scalar.Scalar](ctx context.Context, modes *dense.Matrix[T], values [][]T, exclude []int, threads int) (*eim.QDEIMPoints, error) {
	opt := eim.QDEIMOptions{Exclude: exclude, Threads: threads}
	pts, err := eim.QDEIMOf(ctx, modes, values, 2*len(values), opt)
	var short *eim.QDEIMError
	if errors.As(err, &short) && short.Found >= len(values) {
		return eim.QDEIMOf(ctx, modes, values, short.Found, opt)
	}
	return pts, err
}

// entryColumn returns the place of an entry among the values of a term, -1 for
// other features.
func (m *Model) entryColumn(f features.Feature) int {
	if f.Kind != features.KindEntry {
		return -1
	}
	k, ok := m.Pattern().Find(f.Row, f.Col)
	if !ok {
		return -1
	}
	if f.Imag {
		k += m.Pattern().NNZ()
	}
	return k
}

// entryFeature is the inverse of entryColumn.
func (m *Model) entryFeature(column int) features.Feature {
	f := features.Feature{Kind: features.KindEntry}
	if nnz := m.Pattern().NNZ(); column >= nnz {
		f.Imag = true
		column -= nnz
	}
	f.Row, f.Col = m.Pattern().Position(column)
	return f
}
