package main

import (
	"context"
	"io"
	"os"
	"strings"

	"eimtool/internal/bundle"
	"eimtool/internal/features"
	"eimtool/internal/matrix"
	"eimtool/internal/mtx"
	"eimtool/internal/probefile"
	"eimtool/internal/surrogate"
)

// bundleMeta is what a bundle records besides the model.
func bundleMeta(m *surrogate.Model) bundle.Meta {
	return bundle.Meta{ToolVersion: version(), Options: m.Options, Errors: m.Errors}
}

// openBundle maps a bundle and decodes its model, which is valid until closed.
func (a *app) openBundle(path string) (*surrogate.Model, func(), error) {
	r, err := bundle.Open(path)
	if err != nil {
		return nil, nil, err
	}
	m := new(surrogate.Model)
	if err := r.Decode(m); err != nil {
		r.Close()
		return nil, nil, err
	}
	return m, func() { r.Close() }, nil
}

// readProbes reads a probe file: CSV values, or a matrix file from which the
// probed features are taken. It returns one list of values per point.
func (a *app) readProbes(ctx context.Context, m *surrogate.Model, path string) ([][]complex128, error) {
	if isMatrixFile(path) {
		f, err := a.readMatrix(ctx, path, mtx.ReadOptions{})
		if err != nil {
			return nil, err
		}
		if f.Matrix.Rows != m.Rows || f.Matrix.Cols != m.Cols {
			return nil, inputErrorf("probe with a matrix of the family", "%s: %d x %d, the bundle's matrices are %d x %d", path, f.Matrix.Rows, f.Matrix.Cols, m.Rows, m.Cols)
		}
		v, err := probeMatrix(m, f.Matrix, path)
		return [][]complex128{v}, err
	}
	var r io.Reader = a.in
	name := "standard input"
	if path != "-" {
		file, err := os.Open(path)
		if err != nil {
			return nil, err
		}
		defer file.Close()
		r, name = file, path
	}
	return probefile.Read(r, name, len(m.Probes()))
}

func isMatrixFile(path string) bool {
	p := strings.ToLower(path)
	return strings.HasSuffix(p, ".mtx") || strings.HasSuffix(p, ".mtx.gz")
}

// probeMatrix takes the probed values from a whole or partial matrix. A probed
// row without any stored entry means that the row was not assembled.
func probeMatrix(m *surrogate.Model, a *matrix.Matrix, path string) ([]complex128, error) {
	points := m.Probes()
	values := make([]complex128, len(points))
	empty := emptyRows(a)
	for i, p := range points {
		if p.Row >= 0 && empty[p.Row] {
			return nil, inputErrorf("assemble at least the probed rows (eimtool info BUNDLE --probes)", "%s: probe %d: row %d has no stored entry", path, i+1, p.Row+1)
		}
		values[i] = features.ValueOf(a, p.Feature)
	}
	return values, nil
}

// emptyRows marks the rows of the full matrix without a stored entry.
func emptyRows(a *matrix.Matrix) []bool {
	empty := make([]bool, a.Rows)
	for i := range empty {
		empty[i] = true
	}
	a.Each(func(_, i, j int) {
		empty[i] = false
		if a.Symmetry != matrix.General {
			empty[j] = false
		}
	})
	return empty
}
