package main

import (
	"context"

	"eimtool/internal/dense"
	"eimtool/internal/family"
	"eimtool/internal/surrogate"
)

// readColumns reads the columns of a vector or array file.
func (a *app) readColumns(ctx context.Context, path string) (*dense.Matrix[complex128], error) {
	v, err := a.readVectors(ctx, path)
	if err != nil {
		return nil, err
	}
	if len(v) == 0 || len(v[0]) == 0 {
		return nil, fileErrorf(path, 0, "give an array file with one column per right-hand side", "holds no vector")
	}
	out := dense.New[complex128](len(v[0]), len(v))
	for j, col := range v {
		for i, x := range col {
			out.Set(i, j, x)
		}
	}
	return out, nil
}

// readRHS reads the right-hand side that solutions are prepared for: the file
// of --rhs, or else the files of the table's column rhs. It is nil without both.
func (a *app) readRHS(ctx context.Context, path string, t *family.Table) (*surrogate.RHS, error) {
	if path != "" {
		b, err := a.readColumns(ctx, path)
		if err != nil {
			return nil, err
		}
		return &surrogate.RHS{Values: []*dense.Matrix[complex128]{b}, Files: []string{path}}, nil
	}
	r := &surrogate.RHS{}
	given := 0
	for _, s := range t.Samples {
		if s.RHS != "" {
			given++
		}
	}
	if given == 0 {
		return nil, nil
	}
	for _, s := range t.Samples {
		if s.RHS == "" {
			return nil, fileErrorf(t.Source, s.Line, "give a right-hand side for every sample, or none", "%s has no right-hand side but %d others have", s.File, given)
		}
		b, err := a.readColumns(ctx, s.RHS)
		if err != nil {
			return nil, err
		}
		r.Values, r.Files = append(r.Values, b), append(r.Files, s.RHS)
	}
	return r, nil
}

// readQuantity reads the output vectors of --quantity.
func (a *app) readQuantity(ctx context.Context, path string, n int) (*dense.Matrix[complex128], error) {
	if path == "" {
		return nil, nil
	}
	c, err := a.readColumns(ctx, path)
	if err != nil {
		return nil, err
	}
	if c.Rows != n && n > 0 {
		return nil, fileErrorf(path, 0, "give vectors with one value per unknown", "has %d rows, the matrices have %d", c.Rows, n)
	}
	return c, nil
}
