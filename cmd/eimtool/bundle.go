package main

import (
	"bytes"
	"context"
	"io"
	"math"
	"strconv"
	"strings"

	"eimtool/internal/bundle"
	"eimtool/internal/matrix"
	"eimtool/internal/mtx"
	"eimtool/internal/probefile"
	"eimtool/internal/surrogate"
)

// openModel maps a bundle and decodes its model, which is valid until r is
// closed. The samples that it keeps (--keep-table) and the members left stay on
// disk, for a lazySource.
func (a *app) openModel(path string, left ...string) (*surrogate.Model, *bundle.Reader, error) {
	r, err := a.openBundle(path)
	if err != nil {
		return nil, nil, err
	}
	m := new(surrogate.Model)
	lazy := append([]string{"real/table", "complex/table"}, left...)
	err = r.Decode(m, lazy...)
	if err == nil {
		err = m.Restore()
	}
	if err != nil {
		r.Close()
		if is[*bundle.TypeError](err) {
			err = fileErrorf(path, 0, "make the bundle again with this eimtool", "%v", err)
		}
		return nil, nil, err
	}
	return m, r, nil
}

// openMatrices is openModel for what needs the matrices themselves.
func (a *app) openMatrices(path string, left ...string) (*surrogate.Model, *bundle.Reader, error) {
	m, r, err := a.openModel(path, left...)
	if err == nil && m.Real == nil && m.Complex == nil {
		r.Close()
		return nil, nil, noMatrices(path)
	}
	return m, r, err
}

func noMatrices(path string) error {
	return fileErrorf(path, 0, "make the bundle without --only logdet", "holds log det alone, no matrices")
}

// lazySource completes what openModel left on disk.
type lazySource struct {
	r *bundle.Reader
	m *surrogate.Model
}

func (s lazySource) Fetch(path string) error { return s.r.Fetch(s.m, path) }

// solveMembers are the members that a solution may do without.
var solveMembers = []string{
	"real/values", "complex/values",
	"real_inverse/load/terms", "complex_inverse/load/terms",
	"real_inverse/basis/v", "complex_inverse/basis/v",
	"real_inverse/quantity", "complex_inverse/quantity",
}

// withoutProbes returns the model with other probes in place of lost ones.
func (a *app) withoutProbes(ctx context.Context, m *surrogate.Model, lost []int) (*surrogate.Model, error) {
	if len(lost) == 0 {
		return m, nil
	}
	other, err := m.WithoutProbes(ctx, lost, a.threads)
	if err != nil && ctx.Err() == nil && !is[*surrogate.OptionError](err) {
		err = inputErrorf("give fewer lost probes, or build the bundle anew", "--lost-probe: %v", err)
	}
	return other, err
}

// openBundle opens a bundle; "-" is stdin.
func (a *app) openBundle(path string) (*bundle.Reader, error) {
	if path != "-" {
		return bundle.Open(path)
	}
	limit := a.memoryLimit()
	if limit == 0 {
		limit = math.MaxInt64 - 1
	}
	data, err := io.ReadAll(io.LimitReader(a.in, limit+1))
	if err != nil {
		return nil, err
	}
	if int64(len(data)) > limit {
		return nil, fileErrorf(stdinName, 0, "give the bundle as a file", "is larger than the memory that may be used")
	}
	return bundle.NewReader(bytes.NewReader(data), int64(len(data)))
}

// bundleMeta is what a bundle records besides the model.
func bundleMeta(m *surrogate.Model) bundle.Meta {
	meta := bundle.Meta{ToolVersion: version(), Options: m.Options, Errors: m.Errors}
	files, sums := m.Files, m.Checksums
	if m.Parts != nil {
		files, sums = m.Parts.Files, m.Parts.Checksums
	}
	for i, name := range baseNames(files) {
		in := bundle.Input{Name: name}
		if i < len(sums) { // crc32c:HEX:BYTES
			if part := strings.Split(sums[i], ":"); len(part) == 3 {
				crc, _ := strconv.ParseUint(part[1], 16, 32)
				in.CRC32C = uint32(crc)
				in.Bytes, _ = strconv.ParseInt(part[2], 10, 64)
			}
		}
		meta.Inputs = append(meta.Inputs, in)
	}
	return meta
}

// readProbes reads a probe file: CSV values, or a matrix file from which the
// probed features are taken. It returns one list of values per point.
func (a *app) readProbes(ctx context.Context, m *surrogate.Model, path string) ([][]complex128, error) {
	r, name, err := a.open(path)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	data, isMatrix := startsLike(r, "%%MatrixMarket", "\x1f\x8b")
	if !isMatrix && !isMatrixName(path) {
		return probefile.Read(data, name, probefile.Options{Count: len(m.Probes()), Complex: m.Field != surrogate.FieldReal})
	}
	f, err := mtx.Read(ctx, data, mtx.ReadOptions{Name: name, Threads: a.threads, MaxBytes: a.memoryLimit()})
	if err != nil {
		return nil, err
	}
	if f.Matrix.Rows != m.Rows || f.Matrix.Cols != m.Cols {
		return nil, fileErrorf(name, 0, "probe with a matrix of the family", "is %d x %d, the bundle's matrices are %d x %d", f.Matrix.Rows, f.Matrix.Cols, m.Rows, m.Cols)
	}
	v, err := probeMatrix(m, f.Matrix, name)
	return [][]complex128{v}, err
}

func isMatrixName(path string) bool {
	p := strings.ToLower(path)
	return strings.HasSuffix(p, ".mtx") || strings.HasSuffix(p, ".mtx.gz")
}

// probeMatrix takes the probed values from a whole or partial matrix. A probed
// row without any stored entry means that the row was not assembled.
func probeMatrix(m *surrogate.Model, a *matrix.Matrix, name string) ([]complex128, error) {
	empty := emptyRows(a)
	for i, p := range m.Probes() {
		if p.Row >= 0 && empty[p.Row] {
			return nil, fileErrorf(name, 0, "assemble at least the probed rows (eimtool info BUNDLE --probes)", "row %d has no stored entry, and probe %d needs it", p.Row+1, i+1)
		}
	}
	return m.ProbeValues(a), nil
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
