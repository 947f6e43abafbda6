package bundle

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"hash/crc32"
	"io"
	"reflect"

	"eimtool/internal/scalar"

	"github.com/klauspost/compress/flate"
)

// find returns the array member of the given name, type and number of dimensions.
func (r *Reader) find(name string, want number, rank int) (*member, error) {
	for _, m := range r.members {
		if m.Name != name {
			continue
		}
		if m.num != want || len(m.Shape) != rank {
			return nil, &TypeError{name, fmt.Sprintf("the bundle holds %s of shape %v, asked for is %s with %d dimensions", m.Dtype, m.Shape, want.dtype, rank)}
		}
		return m, nil
	}
	return nil, &TypeError{name, "the bundle has no such member"}
}

// Rows returns rows lo..hi-1 of the 2-D member name, such as
// "real/values.npy", without touching the others: the way to the lazy fields
// of Decode. Only the blocks in which these rows lie are verified, each once.
// The rows share the mapped file: they must not be written to, and not be used
// after Close.
func Rows[T scalar.Scalar](ctx context.Context, r *Reader, name string, lo, hi int) ([][]T, error) {
	want, _ := numberOf(reflect.TypeFor[T]())
	m, err := r.find(name, want, 2)
	if err != nil {
		return nil, err
	}
	if lo < 0 || hi < lo || hi > m.Shape[0] {
		return nil, &TypeError{name, fmt.Sprintf("rows %d..%d of a member of shape %v", lo, hi-1, m.Shape)}
	}
	stride := int64(m.Shape[1]) * int64(m.num.size)
	b, err := r.content(ctx, m, int64(m.header)+int64(lo)*stride, int64(m.header)+int64(hi)*stride)
	if err != nil || lo == hi {
		return nil, err
	}
	s, err := rowsAt(reflect.TypeFor[[][]T](), b, []int{hi - lo, m.Shape[1]})
	if err != nil {
		return nil, &TypeError{name, err.Error()}
	}
	return s.Interface().([][]T), nil
}

// content returns bytes lo..hi-1 of the content of m, after the blocks that
// they touch have been verified.
func (r *Reader) content(ctx context.Context, m *member, lo, hi int64) ([]byte, error) {
	if err := r.buffer(ctx, m); err != nil {
		return nil, err
	}
	if lo == hi {
		return nil, ctx.Err()
	}
	first, end := int(lo/blockSize), int(blockCount(hi))
	errs := make([]error, end-first)
	err := scalar.Each(ctx, end-first, 0, func(i int) { errs[i] = r.touch(m, first+i) })
	for _, e := range errs {
		if e != nil {
			return nil, e
		}
	}
	return m.buf[lo:hi:hi], err
}

// buffer provides the memory of m's content, and all of it when m is compressed.
func (r *Reader) buffer(ctx context.Context, m *member) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if m.buf != nil {
		return nil
	}
	if m.entry.method == stored && r.mapped != nil {
		m.buf = r.mapped[m.at : m.at+m.entry.usize]
		return nil
	}
	buf := alignedBytes(int(m.entry.usize))
	if m.entry.method == deflated {
		if err := r.scan(ctx, m, buf); err != nil {
			return err
		}
		for b := range m.sums {
			r.checked[m.first+b].Store(true)
		}
	}
	m.buf = buf
	return nil
}

// touch verifies block b of m unless that has been done, after reading it
// when the file is not mapped.
func (r *Reader) touch(m *member, b int) error {
	done := &r.checked[m.first+b]
	if done.Load() {
		return nil
	}
	lo := int64(b) * blockSize
	p := m.buf[lo:min(lo+blockSize, m.entry.usize)]
	if r.mapped == nil {
		r.mu.Lock()
		defer r.mu.Unlock()
		if done.Load() {
			return nil
		}
		if n, err := r.src.ReadAt(p, m.at+lo); n < len(p) {
			return r.failed(m.at+lo, err)
		}
	}
	if err := r.checkBlock(m, b, p); err != nil {
		return err
	}
	done.Store(true)
	return nil
}

// checkBlock compares the CRC-32C of p with that of block b of m.
func (r *Reader) checkBlock(m *member, b int, p []byte) error {
	sum := crc32.Checksum(p, castagnoli())
	if sum == m.sums[b] {
		return nil
	}
	at := m.at
	if m.entry.method == stored {
		at += int64(b) * blockSize
	}
	return r.corrupt(m.Name, at, "CRC-32C of block %d is %08x, recorded is %08x", b, sum, m.sums[b])
}

// Verify reads the whole file and checks every sum, whatever has been
// verified before. It needs 1 MiB of memory per thread.
func (r *Reader) Verify(ctx context.Context) error {
	errs := make([]error, len(r.members))
	err := scalar.Each(ctx, len(r.members), 0, func(i int) { errs[i] = r.scan(ctx, r.members[i], nil) })
	for _, e := range errs {
		if e != nil {
			return e
		}
	}
	return err
}

// scan reads the content of m from front to back, into dst unless that is
// nil, and checks all of it: header, blocks, CRC-32, and that compressed data
// end where they must.
func (r *Reader) scan(ctx context.Context, m *member, dst []byte) error {
	next, rest := r.blocks(m, dst)
	crc := uint32(0)
	for b := range m.sums {
		if err := ctx.Err(); err != nil {
			return err
		}
		lo := int64(b) * blockSize
		p, err := next(lo, min(lo+blockSize, m.entry.usize))
		if err != nil {
			return r.unread(m, b, err)
		}
		if err := r.checkBlock(m, b, p); err != nil {
			return err
		}
		if b == 0 && !bytes.HasPrefix(p, npyHeader(m.Dtype, m.Shape)) {
			return r.corrupt(m.Name, m.at, "the .npy header is not that of %s with shape %v", m.Dtype, m.Shape)
		}
		crc = crc32.Update(crc, crc32.IEEETable, p)
	}
	if crc != m.entry.crc {
		return r.corrupt(m.Name, m.at, "CRC-32 is %08x, recorded is %08x", crc, m.entry.crc)
	}
	if rest() {
		return r.corrupt(m.Name, m.at+m.entry.csize, "compressed data do not end here")
	}
	return nil
}

// unread is the error of block b of m, which could not be read.
func (r *Reader) unread(m *member, b int, err error) error {
	switch err.(type) {
	case flate.CorruptInputError, flate.InternalError:
		err = io.ErrUnexpectedEOF
	}
	if m.entry.method == deflated && (err == io.ErrUnexpectedEOF || err == io.EOF) {
		return r.corrupt(m.Name, m.at, "compressed data are malformed in block %d", b)
	}
	return r.failed(m.at, err)
}

// blocks returns a function that gives bytes lo..hi-1 of m's content, called
// in order, and one that tells whether anything is left after the last.
func (r *Reader) blocks(m *member, dst []byte) (next func(lo, hi int64) ([]byte, error), rest func() bool) {
	if m.entry.method == stored && r.mapped != nil {
		return func(lo, hi int64) ([]byte, error) { return r.mapped[m.at+lo : m.at+hi], nil },
			func() bool { return false }
	}
	var in io.Reader = io.NewSectionReader(r.src, m.at, m.entry.csize)
	rest = func() bool { return false }
	if m.entry.method == deflated {
		raw := bufio.NewReaderSize(in, 1<<16)
		in = flate.NewReader(raw)
		rest = func() bool {
			n, err := in.Read(make([]byte, 1))
			_, more := raw.Peek(1)
			return n > 0 || err != io.EOF || more != io.EOF
		}
	}
	if dst == nil {
		buf := make([]byte, min(blockSize, m.entry.usize))
		return func(lo, hi int64) ([]byte, error) { return fill(in, buf[:hi-lo]) }, rest
	}
	return func(lo, hi int64) ([]byte, error) { return fill(in, dst[lo:hi]) }, rest
}

func fill(in io.Reader, p []byte) ([]byte, error) {
	_, err := io.ReadFull(in, p)
	return p, err
}
