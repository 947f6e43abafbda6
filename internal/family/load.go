package family

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"

	"eimtool/internal/matrix"
	"eimtool/internal/mtx"
	"eimtool/internal/scalar"
)

// LoadOptions are options of Load and Plan; the zero value is ready for use.
type LoadOptions struct {
	// Threads is the number of goroutines, all processors when 0. It changes
	// no result.
	Threads int
	// Memory is how many bytes may be used; 0 stands for 80 % of what the
	// machine or its control group has free.
	Memory int64
	// Progress, if not nil, is told how many of total files are done. Calls
	// come one at a time.
	Progress func(stage string, done, total int)
	// Reference, if not nil, is a family that the matrices are aligned to, as
	// by Align: they get its pattern, symmetry and field, and Family.Outside
	// tells what does not fit on the pattern. Only Pattern, Complex and
	// Hermitian of it are needed.
	Reference *Family
	// Checksums asks for Family.Checksums.
	Checksums bool
	// AllowZero accepts matrices without any nonzero value.
	AllowZero bool
}

// reading is the stage that Load reports.
const reading = "reading"

// Load reads all matrices of t and brings them to one union pattern, one field
// and one symmetry: one symmetry is kept when all files share it, one array
// file makes the family dense, complex matrices whose imaginary parts are all
// zero make it real. Matrices of different shapes, without any nonzero value, or
// not readable are refused; of several errors the first in table order is
// returned, whatever the number of threads, but headers are looked at before
// anything else. Errors are, or wrap, a *TableError, *MemoryError,
// *mtx.ParseError or ctx's.
func Load(ctx context.Context, t *Table, opt LoadOptions) (*Family, error) {
	heads := peekAll(t)
	if err := explainUnknown(ctx, t, heads); err != nil {
		return nil, err
	}
	if err := checkShapes(t, heads, opt.Reference); err != nil {
		return nil, err
	}
	plan, err := planOf(t, heads, opt)
	if err != nil {
		return nil, err
	}
	c := &collector{table: t, opt: opt, plan: plan, files: make([]fileResult, len(t.Samples))}
	c.layout, c.warnings = decide(t, heads)
	if opt.Reference != nil {
		c.layout, c.warnings = layoutOf(opt.Reference.Pattern), nil
		c.order = opt.Reference.order
	}
	if err := c.readAll(ctx); err != nil {
		return nil, err
	}
	return c.finish(ctx)
}

// fileResult is one matrix on one of the union patterns.
type fileResult struct {
	values   matrix.Values
	union    int // number of the union pattern
	field    string
	checksum string
	outside  Outside
	warnings []string
	err      error
}

// collector brings matrices together as they are read, in any order: what it
// holds in the end does not depend on that order.
type collector struct {
	table    *Table
	opt      LoadOptions
	plan     MemoryPlan
	layout   layout
	warnings []string
	files    []fileResult

	mu     sync.Mutex
	order  *mtx.Order        // of the file whose pattern the next one probably has
	unions []*matrix.Pattern // growing; rows stay on the one of their time until the end
	done   int
}

// readAll reads the first file with all threads, to know the order of its
// entries, then several files at a time. Rows are handed out in table order, so
// that every row before one that fails has been read: the first error wins.
func (c *collector) readAll(ctx context.Context) error {
	n := len(c.files)
	threads := scalar.Threads(c.opt.Threads)
	c.report(0)
	failed := atomic.Int64{}
	failed.Store(int64(n))
	read := func(i, threads int) {
		if int64(i) > failed.Load() {
			return
		}
		c.files[i] = c.read(ctx, i, threads)
		if c.files[i].err != nil {
			for old := failed.Load(); int64(i) < old && !failed.CompareAndSwap(old, int64(i)); old = failed.Load() {
			}
			return
		}
		c.report(1)
	}
	first := 0
	if c.order == nil && n > 0 {
		read(0, threads)
		first = 1
	}
	rest := n - first
	atOnce := max(1, min(threads, rest))
	if err := scalar.Each(ctx, rest, atOnce, func(k int) { read(first+k, max(1, threads/atOnce)) }); err != nil {
		return err
	}
	if i := int(failed.Load()); i < n {
		return c.files[i].err
	}
	return nil
}

// report counts files that are done.
func (c *collector) report(more int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.done += more
	if c.opt.Progress != nil {
		c.opt.Progress(reading, c.done, len(c.files))
	}
}

// read reads sample i and brings it to the layout and a union pattern.
func (c *collector) read(ctx context.Context, i, threads int) (r fileResult) {
	s := c.table.Samples[i]
	c.mu.Lock()
	order := c.order
	c.mu.Unlock()
	opt := mtx.ReadOptions{Threads: threads, Reference: order}
	var sum checksum
	if c.opt.Checksums {
		opt.Tee = &sum
	}
	file, err := mtx.ReadFile(ctx, s.Path, opt)
	if err != nil {
		r.err = readFailed(c.table, i, err)
		return r
	}
	r.field, r.warnings = file.Field, file.Warnings
	if order == nil || file.Order != nil && file.Pattern != order.Pattern {
		c.mu.Lock()
		c.order = file.Order
		c.mu.Unlock()
	}
	if c.opt.Checksums {
		r.checksum = sum.String()
	}
	if !c.opt.AllowZero && !anyNonzero(file.Values) {
		r.err = c.table.errorAt(i, fmt.Sprintf("%s has no nonzero value", c.table.file(i)),
			"an all-zero snapshot carries no information: assemble it again, or take the row out")
		return r
	}
	if ref := c.opt.Reference; ref != nil {
		r.values, r.outside, err = align(ref, file.Matrix)
	} else {
		err = c.place(&r, file.Matrix)
	}
	if err != nil {
		r.err = c.placeFailed(i, err)
	}
	return r
}

// explainUnknown reads the files whose headers could not be understood, for
// the error of the reader or the header that it makes out.
func explainUnknown(ctx context.Context, t *Table, heads []head) error {
	for i := range heads {
		if heads[i].known {
			continue
		}
		file, err := mtx.ReadFile(ctx, t.Samples[i].Path, mtx.ReadOptions{})
		if err != nil {
			return readFailed(t, i, err)
		}
		heads[i].Header, heads[i].known = file.Header, true
	}
	return nil
}

// readFailed describes an error of the reader at sample i.
func readFailed(t *Table, i int, err error) error {
	var p *mtx.ParseError
	if errors.As(err, &p) {
		return fmt.Errorf("%w (%s)", err, t.row(i))
	}
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	e := t.errorAt(i, fmt.Sprintf("%s cannot be read: %v", t.file(i), reason(err)), "")
	e.Err = err
	return e
}

func (c *collector) placeFailed(i int, err error) error {
	var m *MemoryError
	if errors.As(err, &m) {
		return err
	}
	e := c.table.errorAt(i, fmt.Sprintf("%s %v", c.table.file(i), err), "all matrices of a family have one shape and symmetry")
	if c.opt.Reference == nil {
		e.Hint = "the file changed while it was read"
	}
	return e
}

// place puts m on the union pattern, which grows when it has to.
func (c *collector) place(r *fileResult, m *matrix.Matrix) error {
	m, err := c.layout.conform(m)
	if err != nil {
		return err
	}
	v := m.Values
	if v.IsComplex() {
		if re, ok := realParts(v.Complex); ok {
			v = matrix.Values{Real: re}
		}
	}
	p := m.Pattern
	u, number := c.union(p)
	for !p.Equal(u) {
		fits := true
		if moved := onto(u, p, v, func(int, int, int) { fits = false }); fits {
			v = moved
			break
		}
		if u, number, err = c.enlarge(p); err != nil {
			return err
		}
	}
	r.values, r.union = v, number
	return nil
}

// anyNonzero reports whether some value is not zero.
func anyNonzero(v matrix.Values) bool {
	for _, x := range v.Real {
		if x != 0 {
			return true
		}
	}
	for _, x := range v.Complex {
		if x != 0 {
			return true
		}
	}
	return false
}
