package mtx

import (
	"context"
	"fmt"

	"eimtool/internal/matrix"
	"eimtool/internal/scalar"
)

// triplets are the entries of a coordinate file in file order, with 0-based
// indices as in the file.
type triplets struct {
	rows, cols []int32
	values     matrix.Values
}

// finish puts the blocks together.
func (p *parser) finish(ctx context.Context, opt *ReadOptions) (*File, *ParseError, error) {
	n, deviations, bad := p.tally()
	if bad != nil {
		earlier, err := p.earlier(ctx, n, &deviations)
		if earlier != nil {
			bad = earlier
		}
		return nil, bad, err
	}
	f := &File{Header: p.Header, Warnings: p.allWarnings(&deviations)}
	switch {
	case p.Format == array:
		values, err := p.flattenValues(ctx, n)
		if err != nil {
			return nil, nil, err
		}
		if k := p.imaginaryDiagonal(values); k >= 0 {
			return nil, p.at(k, imaginaryText), nil
		}
		if f.Matrix, f.Compact = p.dense(values, opt); f.Matrix == nil {
			return nil, p.tooManyColumns(n), nil
		}
		f.Order = &Order{Pattern: f.Pattern}
	case p.followed(n):
		f.Order = p.reference
		m, k, err := p.reference.apply(ctx, p.values, p.threads)
		if err != nil {
			return nil, nil, err
		}
		if k >= 0 {
			return nil, p.at(k, overflowText), nil
		}
		f.Matrix = m
	default:
		if perr, err := p.assemble(ctx, f, n, opt); perr != nil || err != nil {
			return nil, perr, err
		}
	}
	return f, nil, nil
}

// earlier returns the error, if there is one, that only the n good entries before
// a bad line show together.
func (p *parser) earlier(ctx context.Context, n int, deviations *notes) (*ParseError, error) {
	if p.Format == array && p.storage == matrix.Hermitian {
		values, err := p.flattenValues(ctx, n)
		if k := p.imaginaryDiagonal(values); err == nil && k >= 0 {
			return p.at(k, imaginaryText), nil
		}
		return nil, err
	}
	if deviations[upperEntry].count == 0 || p.wide {
		return nil, nil
	}
	t, err := p.flatten(ctx, n)
	if err != nil {
		return nil, err
	}
	return p.mirrorClash(&t), nil
}

// mirrorClash returns an error about the first entry whose mirror image came
// before it.
func (p *parser) mirrorClash(t *triplets) *ParseError {
	type position struct{ i, j int32 }
	seen := make(map[position]bool, len(t.rows)) // lower position: given above the diagonal
	for k, i := range t.rows {
		j := t.cols[k]
		if i == j {
			continue
		}
		at, above := position{max(i, j), min(i, j)}, i < j
		if before, ok := seen[at]; ok && before != above {
			return p.at(k, mirrorText)
		}
		seen[at] = above
	}
	return nil
}

// imaginaryDiagonal returns the first array value on the diagonal of a
// hermitian matrix that is not real, -1 when there is none.
func (p *parser) imaginaryDiagonal(v matrix.Values) int {
	if p.storage != matrix.Hermitian {
		return -1
	}
	for k, step := 0, p.Rows; k < len(v.Complex); k, step = k+step, step-1 {
		if imag(v.Complex[k]) != 0 {
			return k
		}
	}
	return -1
}

// allWarnings lists the warnings in the order of the file.
func (p *parser) allWarnings(deviations *notes) []string {
	var out []string
	if p.src.warning != "" {
		out = append(out, p.src.warning)
	}
	out = append(append(out, p.warnings...), deviations.sentences()...)
	if g := p.src.gzip; g != nil && g.trailing {
		out = append(out, "trailing bytes after the gzip stream ignored")
	}
	return out
}

// tally numbers entries and lines of the blocks, in file order, up to the first
// bad line. It returns how many good entries there are before it and, if the
// text is at fault, the error.
func (p *parser) tally() (n int, deviations notes, bad *ParseError) {
	line := p.line
	excess := func(line int) *ParseError {
		return &ParseError{Line: line, Msg: fmt.Sprintf("count: more entries than the %d that the size line declares", p.Stored)}
	}
	for _, b := range p.blocks {
		b.first, b.start = n, line+1
		if n+b.n > p.Stored {
			k := p.Stored - n
			return p.Stored, deviations, excess(b.start + b.lineOf(k))
		}
		deviations.merge(&b.notes, b.start)
		n += b.n
		if b.fault != nil {
			at := b.start + b.fault.line
			if n == p.Stored {
				return n, deviations, excess(at)
			}
			return n, deviations, &ParseError{Line: at, Msg: b.fault.msg, Hint: b.fault.hint}
		}
		line += b.lines
	}
	if p.err != nil {
		return n, deviations, p.err
	}
	if n < p.Stored {
		bad = &ParseError{Line: line, Msg: fmt.Sprintf("file is truncated: the count on the size line is %d, the file ends after %d", p.Stored, n)}
	}
	return n, deviations, bad
}

// at returns an error about entry k.
func (p *parser) at(k int, msg string) *ParseError {
	for _, b := range p.blocks {
		if k < b.first+b.n {
			return &ParseError{Line: b.start + b.lineOf(k-b.first), Msg: msg}
		}
	}
	return &ParseError{Msg: msg}
}

// followed reports whether all n entries followed the reference.
func (p *parser) followed(n int) bool {
	if p.reference == nil || p.straying.Load() || n != p.Stored {
		return false
	}
	for _, b := range p.blocks {
		if b.n > 0 && (b.refRows == nil || b.offset != b.first) {
			return false
		}
	}
	return true
}

// flattenValues returns the first n values in file order. They are where they
// should be unless there were lines without entry or no room was made.
func (p *parser) flattenValues(ctx context.Context, n int) (matrix.Values, error) {
	inPlace := true
	for _, b := range p.blocks {
		inPlace = inPlace && (b.n == 0 || b.inPlace && b.offset == b.first)
	}
	if inPlace && p.values.Len() >= n && n > 0 {
		return slice(p.values, 0, n), nil
	}
	v := p.makeValues(n)
	err := scalar.Each(ctx, len(p.blocks), p.threads, func(k int) {
		b := p.blocks[k]
		if b.n == 0 || b.first >= n {
			return
		}
		if v.Complex != nil {
			copy(v.Complex[b.first:], b.values.Complex[:b.n])
		} else {
			copy(v.Real[b.first:], b.values.Real[:b.n])
		}
		b.values = matrix.Values{}
	})
	p.values = matrix.Values{}
	return v, err
}

// flatten returns the first n entries in file order.
func (p *parser) flatten(ctx context.Context, n int) (triplets, error) {
	values, err := p.flattenValues(ctx, n)
	if err != nil {
		return triplets{}, err
	}
	inPlace := len(p.rows) >= n
	for _, b := range p.blocks {
		inPlace = inPlace && (b.n == 0 || b.inPlace && b.offset == b.first)
	}
	if inPlace {
		return triplets{p.rows[:n], p.cols[:n], values}, nil
	}
	t := triplets{make([]int32, n), make([]int32, n), values}
	err = scalar.Each(ctx, len(p.blocks), p.threads, func(k int) {
		b := p.blocks[k]
		if b.n == 0 || b.first >= n {
			return
		}
		rows, cols := b.rows, b.cols
		if b.refRows != nil {
			rows, cols = b.refRows, b.refCols
		}
		copy(t.rows[b.first:], rows[:b.n])
		copy(t.cols[b.first:], cols[:b.n])
		b.rows, b.cols = nil, nil
	})
	p.rows, p.cols = nil, nil
	return t, err
}

// dense returns the matrix of an array file, sharing the pattern of the
// reference when that is the same. An empty array of very many columns is
// compacted or, if that is not allowed, nil.
func (p *parser) dense(values matrix.Values, opt *ReadOptions) (*matrix.Matrix, *Compact) {
	pattern := &matrix.Pattern{Rows: p.Rows, Cols: p.Cols, Symmetry: p.storage, Dense: true}
	if p.tooWide(values.Len()) {
		if !opt.Compact {
			return nil, nil
		}
		return &matrix.Matrix{Pattern: &matrix.Pattern{Symmetry: p.storage, Dense: true}, Values: values}, &Compact{}
	}
	if opt.Reference != nil && opt.Reference.Pattern.Equal(pattern) {
		pattern = opt.Reference.Pattern
	}
	return &matrix.Matrix{Pattern: pattern, Values: values}, nil
}

// assemble makes the matrix of a coordinate file from its n entries.
func (p *parser) assemble(ctx context.Context, f *File, n int, opt *ReadOptions) (*ParseError, error) {
	t, perr, err := p.indexed(ctx, f, n, opt)
	if perr != nil || err != nil {
		return perr, err
	}
	a := assembly{triplets: t, header: &p.header, threads: p.threads, compact: f.Compact}
	order, err := a.build(ctx)
	if err != nil {
		return nil, err
	}
	if a.clash < n {
		return p.at(a.clash, a.clashText()), nil
	}
	if r := opt.Reference; r != nil && order.Pattern.Equal(r.Pattern) {
		order.Pattern = r.Pattern
	}
	f.Matrix = &matrix.Matrix{Pattern: order.Pattern, Values: a.values}
	f.Order = order
	return nil, nil
}
