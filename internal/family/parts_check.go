package family

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strings"

	"eimtool/internal/matrix"
)

// Check compares the matrices of f, a family of samples, with the sums of the
// parts at their parameters, whatever the patterns and symmetries of both. It
// returns ‖A_i − Σ α_k(μ_i) A_k‖_F / ‖A_i‖_F for every sample; entries that f
// left out because a reference pattern does not have them (Outside) count as
// part of A_i. The parameters of the parts are looked up by name among those
// of f. Errors are ctx's or a *TableError: a shape or a parameter that does not
// fit, or a coefficient without a value at some sample, the first in the order
// of samples.
func (p *Parts) Check(ctx context.Context, f *Family) ([]float64, error) {
	place := make([]int, len(p.Names))
	for k, name := range p.Names {
		if place[k] = slices.Index(f.Names, name); place[k] < 0 {
			return nil, &TableError{
				File: p.Source, Msg: fmt.Sprintf("parameter %q of the coefficients is no parameter of %s", name, f.Source),
				Hint: "its parameters are " + strings.Join(f.Names, ", "),
			}
		}
	}
	if a, b := p.Pattern, f.Pattern; a.Rows != b.Rows || a.Cols != b.Cols {
		return nil, &TableError{
			File: p.Source, Msg: fmt.Sprintf("the parts are %d x %d, but the matrices of %s are %d x %d", a.Rows, a.Cols, f.Source, b.Rows, b.Cols),
			Hint: "parts and samples belong to one family only if they have one shape",
		}
	}
	all := make([]float64, len(f.Samples))
	mu := make([]float64, len(place))
	for i, s := range f.Samples {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		for k, at := range place {
			mu[k] = s.Mu[at]
		}
		d, err := p.difference(f, i, mu)
		if err != nil {
			return nil, err
		}
		all[i] = d
	}
	return all, nil
}

// difference compares sample i of f with the sum at mu.
func (p *Parts) difference(f *Family, i int, mu []float64) (float64, error) {
	sum, err := p.Assemble(mu)
	if err != nil {
		return 0, err
	}
	d := matrix.Compare(f.Matrix(i), sum)
	if f.Outside != nil {
		out := f.Outside[i].Frobenius
		d.Frobenius = math.Hypot(d.Frobenius, out)
		d.RefFrobenius = math.Hypot(d.RefFrobenius, out)
	}
	return d.RelativeFrobenius(), nil
}
