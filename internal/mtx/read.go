package mtx

import (
	"bytes"
	"context"
	"io"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"

	"eimtool/internal/matrix"
	"eimtool/internal/scalar"
)

// ReadFile reads the Matrix Market file at path, plain or compressed by gzip.
// Errors about what it holds are *ParseError.
func ReadFile(ctx context.Context, path string, opt ReadOptions) (*File, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	opt.Name = path
	return read(ctx, f, filepath.Base(path), opt)
}

// Read reads Matrix Market data, plain or compressed by gzip, from r to its end.
func Read(ctx context.Context, r io.Reader, opt ReadOptions) (*File, error) {
	if opt.Name == "" {
		opt.Name = "input"
	}
	return read(ctx, r, "", opt)
}

// read reads from r; file is the name of the file, empty when there is none.
func read(ctx context.Context, r io.Reader, file string, opt ReadOptions) (*File, error) {
	f, perr, err := parse(ctx, r, file, opt)
	if err != nil {
		return nil, err
	}
	if perr != nil {
		perr.File = opt.Name
		return nil, perr
	}
	return f, nil
}

// parse runs the stages: open, header, body, assembly.
func parse(ctx context.Context, r io.Reader, file string, opt ReadOptions) (*File, *ParseError, error) {
	if err := ctx.Err(); err != nil {
		return nil, nil, err
	}
	src, perr := open(r, file, opt.MaxBytes, opt.Tee)
	if perr != nil {
		return nil, perr, nil
	}
	if opt.block > 0 {
		src.block = opt.block
	}
	p := &parser{src: src, threads: scalar.Threads(opt.Threads)}
	if perr := p.readHeader(&opt); perr != nil {
		return nil, src.verify(ctx, perr), ctx.Err()
	}
	p.prepare(opt.Reference)
	if err := p.run(ctx); err != nil {
		return nil, nil, err
	}
	f, perr, err := p.finish(ctx, &opt)
	if perr != nil {
		return nil, src.verify(ctx, perr), ctx.Err()
	}
	if err == nil && opt.Tee != nil {
		_, err = io.Copy(io.Discard, src.input) // what follows the last gzip member
	}
	return f, nil, err
}

// parser holds the state of one file being read.
type parser struct {
	header
	src     *source
	threads int
	first   chunk // the rest of the block in which the header ended

	reference *Order
	straying  atomic.Bool // the file does not follow the reference
	entries   atomic.Int64
	values    matrix.Values // room for all values, when it is known to be needed
	rows      []int32       // likewise for indices
	cols      []int32

	mutex  sync.Mutex // guards what follows and src
	blocks []*block
	offset int // entry at which the next block begins, if all lines hold one
	stop   bool
	err    *ParseError // of reading
}

// readHeader reads banner, comments and size line.
func (p *parser) readHeader(opt *ReadOptions) *ParseError {
	for {
		c, _, err := p.src.next(nil)
		if err != nil {
			return err
		}
		rest, done, err := p.consume(c.text)
		if err != nil {
			return err
		}
		if done {
			p.first = chunk{text: rest, last: c.last, cut: c.cut && len(rest) > 0}
			break
		}
		if c.last {
			return p.fail("", "no size line: the file is truncated after its header")
		}
	}
	if p.wide && !opt.Compact {
		return p.fail("drop empty rows and columns", "size line: %d x %d exceeds the 2147483647 rows or columns that can be computed with", p.Rows, p.Cols)
	}
	return nil
}

// smallestEntry returns the fewest bytes that an entry can take.
func (h *header) smallestEntry() int64 {
	n := int64(2) // a digit and a line end
	if h.Format == coordinate {
		n = 4
		if !h.pattern {
			n = 6
		}
	}
	if h.complex {
		n += 2
	}
	return n
}

// prepare makes room for the entries when they must be there: the file is long
// enough, or a reference of the same size is in memory. Otherwise room grows
// with the data.
func (p *parser) prepare(reference *Order) {
	if reference.fits(&p.header) {
		p.reference = reference
	}
	enough := p.src.size >= 0 && int64(p.Stored) <= (p.src.size+1)/p.smallestEntry()
	if !enough && p.reference == nil {
		return
	}
	p.values = p.makeValues(p.Stored)
	if p.Format == coordinate && p.reference == nil && !p.wide {
		p.rows, p.cols = make([]int32, p.Stored), make([]int32, p.Stored)
	}
}

// makeValues returns room for n values of the field.
func (h *header) makeValues(n int) matrix.Values {
	if h.complex {
		return matrix.Values{Complex: make([]complex128, n)}
	}
	return matrix.Values{Real: make([]float64, n)}
}

// slice returns values lo..hi-1 of v.
func slice(v matrix.Values, lo, hi int) matrix.Values {
	if v.Complex != nil {
		return matrix.Values{Complex: v.Complex[lo:hi:hi]}
	}
	return matrix.Values{Real: v.Real[lo:hi:hi]}
}

// run parses the body on p.threads goroutines, each taking the next block when
// it is done with its last.
func (p *parser) run(ctx context.Context) error {
	workers := p.threads
	if p.src.size >= 0 {
		workers = min(workers, 1+int(p.src.size/int64(p.src.block)))
	}
	return scalar.Each(ctx, workers, workers, func(int) {
		var buf []byte
		for ctx.Err() == nil {
			b := p.take(&buf)
			if b == nil {
				return
			}
			p.body(b)
			p.entries.Add(int64(b.n))
			b.text = nil
			if b.fault != nil {
				p.halt()
			}
		}
	})
}

// halt keeps further blocks from being taken.
func (p *parser) halt() {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	p.stop = true
}

// take returns the next block, read into buf, nil when there is none or nothing
// more is needed. Blocks are taken in file order; the first is what the header
// left over.
func (p *parser) take(buf *[]byte) *block {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	if p.stop {
		return nil
	}
	c := p.first
	if len(p.blocks) > 0 {
		var err *ParseError
		if c, *buf, err = p.src.next(*buf); err != nil {
			p.stop, p.err = true, err
			return nil
		}
	}
	b := &block{chunk: c, offset: p.offset, lines: bytes.Count(c.text, []byte{'\n'})}
	if c.cut {
		b.lines++
	}
	p.offset += b.lines
	p.blocks = append(p.blocks, b)
	p.stop = c.last || p.entries.Load() > int64(p.Stored)
	if err := p.src.bomb(int64(p.offset) * p.entrySize()); err != nil {
		p.stop, p.err = true, err
		return nil
	}
	p.room(b)
	return b
}

// entrySize returns the memory that an entry takes.
func (h *header) entrySize() int64 {
	n := int64(8)
	if h.complex {
		n = 16
	}
	if h.Format == coordinate {
		n += 8
	}
	return n
}

// room gives a block its place in the arrays of the parser or, when that is
// not there, arrays of its own.
func (p *parser) room(b *block) {
	lo, hi := b.offset, b.offset+b.lines
	b.inPlace = hi <= p.values.Len()
	if b.inPlace {
		b.values = slice(p.values, lo, hi)
	} else {
		b.values = p.makeValues(b.lines)
	}
	if p.Format == array {
		return
	}
	if p.reference != nil && b.inPlace && !p.straying.Load() {
		b.refRows, b.refCols = p.reference.rows[lo:hi:hi], p.reference.cols[lo:hi:hi]
		return
	}
	b.makeIndices(p)
}
