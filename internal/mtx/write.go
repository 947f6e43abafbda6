package mtx

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"math/cmplx"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"

	"eimtool/internal/matrix"
	"eimtool/internal/scalar"
)

// WriteOptions are options for writing; the zero value is ready for use.
type WriteOptions struct {
	// Threads is the number of goroutines that format, all processors when 0.
	// The bytes written do not depend on it.
	Threads int
	// Comment is written below the banner, every line of it behind "% ".
	Comment string
}

// writeStep is the number of entries formatted at a time.
const writeStep = 8192

// Write writes m in Matrix Market format: coordinate, or array when its pattern
// is dense; complex when its values are; the stored triangle of a symmetric
// kind. Values are the shortest decimals that read back as the same float64.
// A value that is NaN or infinite is an error, and then output is incomplete.
func Write(ctx context.Context, w io.Writer, m *matrix.Matrix, opt WriteOptions) error {
	if m.Symmetry == matrix.Hermitian && !m.IsComplex() {
		p := *m.Pattern
		p.Symmetry = matrix.Symmetric
		m = &matrix.Matrix{Pattern: &p, Values: m.Values}
	}
	if _, err := io.WriteString(w, preamble(m, opt.Comment)); err != nil {
		return err
	}
	f := &formatter{m: m, w: w, blocks: scalar.BlockCount(m.Pattern.NNZ(), writeStep)}
	f.turned.L = &f.mutex
	threads := min(scalar.Threads(opt.Threads), f.blocks)
	if err := scalar.Each(ctx, threads, threads, func(int) { f.work(ctx) }); err != nil {
		return err
	}
	return f.err
}

// preamble returns banner, comment and size line.
func preamble(m *matrix.Matrix, comment string) string {
	var s strings.Builder
	format, field := coordinate, "real"
	if m.Dense {
		format = array
	}
	if m.IsComplex() {
		field = "complex"
	}
	fmt.Fprintf(&s, "%%%%MatrixMarket matrix %s %s %v\n", format, field, m.Symmetry)
	if comment != "" {
		for line := range strings.SplitSeq(strings.TrimSuffix(comment, "\n"), "\n") {
			s.WriteString(strings.TrimRight("% "+strings.ReplaceAll(line, "\r", " "), " ") + "\n")
		}
	}
	if m.Dense {
		fmt.Fprintf(&s, "%d %d\n", m.Pattern.Rows, m.Pattern.Cols)
	} else {
		fmt.Fprintf(&s, "%d %d %d\n", m.Pattern.Rows, m.Pattern.Cols, m.Pattern.NNZ())
	}
	return s.String()
}

// formatter writes the body: workers format blocks of entries, each in its own
// buffer, and write them in turn.
type formatter struct {
	m      *matrix.Matrix
	w      io.Writer
	blocks int
	next   atomic.Int64

	mutex  sync.Mutex
	turned sync.Cond
	turn   int // the block to be written next
	err    error
}

// errStopped tells a worker that another one has failed.
var errStopped = errors.New("mtx: writing stopped")

// work formats and writes blocks until none is left or one fails.
func (f *formatter) work(ctx context.Context) {
	var buf []byte
	done := false
	defer func() {
		if !done { // a panic: let the others go
			f.abort()
		}
	}()
	for !done {
		b := int(f.next.Add(1)) - 1
		if b >= f.blocks {
			done = true
			return
		}
		err := ctx.Err()
		if err == nil {
			buf, err = f.format(buf[:0], b*writeStep, min((b+1)*writeStep, f.m.Pattern.NNZ()))
		}
		done = !f.write(b, buf, err)
	}
}

// write writes block b when its turn has come. An error, given or met, ends
// the writing at this block, so that the first one in file order is kept; the
// result says whether to go on.
func (f *formatter) write(b int, buf []byte, err error) bool {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	for f.turn != b && f.err == nil {
		f.turned.Wait()
	}
	if f.err != nil {
		return false
	}
	if err == nil {
		_, err = f.w.Write(buf)
	}
	f.err = err
	f.turn++
	f.turned.Broadcast()
	return err == nil
}

// abort ends the writing out of turn.
func (f *formatter) abort() {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	if f.err == nil {
		f.err = errStopped
	}
	f.turned.Broadcast()
}

// format appends the lines of entries lo..hi-1.
func (f *formatter) format(buf []byte, lo, hi int) ([]byte, error) {
	m := f.m
	if m.Dense {
		for k := lo; k < hi; k++ {
			var ok bool
			if buf, ok = appendValue(buf, m, k); !ok {
				return nil, f.notFinite(k)
			}
			buf = append(buf, '\n')
		}
		return buf, nil
	}
	_, j := m.Position(lo)
	_, end := m.Column(j)
	for k := lo; k < hi; k++ {
		for k >= end {
			j++
			_, end = m.Column(j)
		}
		buf = strconv.AppendInt(buf, int64(m.RowIdx[k])+1, 10)
		buf = append(buf, ' ')
		buf = strconv.AppendInt(buf, int64(j)+1, 10)
		buf = append(buf, ' ')
		var ok bool
		if buf, ok = appendValue(buf, m, k); !ok {
			return nil, f.notFinite(k)
		}
		buf = append(buf, '\n')
	}
	return buf, nil
}

// notFinite describes entry k.
func (f *formatter) notFinite(k int) error {
	i, j := f.m.Position(k)
	return fmt.Errorf("mtx: value %v at row %d, column %d is not finite and has no place in a Matrix Market file", f.m.At(k), i+1, j+1)
}

// appendValue appends value k of m, false when it is not finite.
func appendValue(buf []byte, m *matrix.Matrix, k int) ([]byte, bool) {
	if m.Complex == nil {
		x := m.Real[k]
		return strconv.AppendFloat(buf, x, 'g', -1, 64), !math.IsNaN(x) && !math.IsInf(x, 0)
	}
	z := m.Complex[k]
	buf = strconv.AppendFloat(buf, real(z), 'g', -1, 64)
	buf = append(buf, ' ')
	return strconv.AppendFloat(buf, imag(z), 'g', -1, 64), !cmplx.IsNaN(z) && !cmplx.IsInf(z)
}
