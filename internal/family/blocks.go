package family

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
)

const blocksHint = "begin with a line row,col; then one line per further block with its first row and first column, counted from 1"

// ReadBlocks reads the boundaries of the blocks of a multi-physics matrix from
// r; source names it in messages. It is CSV with the header row,col and, per
// further block, its first row and first column, counted from 1 and increasing;
// a blank cell stands for no boundary. They are returned counted from 0.
// Whether they lie inside the matrices is not known here. Errors are of type
// *TableError.
func ReadBlocks(r io.Reader, source string) (rows, cols []int, err error) {
	b := blocksParser{source: source}
	br := bufio.NewReader(r)
	if err := refuseOtherFormats(br, source); err != nil {
		return nil, nil, err
	}
	sc := bufio.NewScanner(br)
	sc.Buffer(nil, maxLine)
	sc.Split(splitLines)
	for sc.Scan() {
		b.line++
		text := strings.TrimSpace(sc.Text())
		if text == "" || text[0] == '#' {
			continue
		}
		if err := b.parse(text); err != nil {
			return nil, nil, err
		}
	}
	switch err := sc.Err(); {
	case errors.Is(err, bufio.ErrTooLong):
		b.line++
		return nil, nil, b.fail("", "the line is longer than 1 MiB")
	case err != nil:
		return nil, nil, &TableError{File: source, Msg: fmt.Sprintf("cannot be read: %v", reason(err)), Err: err}
	case !b.header:
		return nil, nil, &TableError{File: source, Msg: "the file of blocks is empty", Hint: blocksHint}
	case len(b.cuts[0])+len(b.cuts[1]) == 0:
		return nil, nil, &TableError{File: source, Msg: "the file has a header and no block", Hint: blocksHint}
	}
	return b.cuts[0], b.cuts[1], nil
}

// blocksParser reads a file of blocks line by line.
type blocksParser struct {
	source string
	line   int
	header bool
	cuts   [2][]int // rows, columns
}

var blocksColumns = [2]string{"row", "col"}

func (b *blocksParser) fail(column, format string, args ...any) error {
	return &TableError{File: b.source, Line: b.line, Column: column, Msg: fmt.Sprintf(format, args...), Hint: blocksHint}
}

func (b *blocksParser) parse(text string) error {
	cells := strings.Split(text, ",")
	if len(cells) != 2 {
		return b.fail("", "%d cells, want the two of row,col", len(cells))
	}
	for i, name := range blocksColumns {
		cell := strings.TrimSpace(cells[i])
		if !b.header {
			if !strings.EqualFold(cell, name) {
				return b.fail("", "header %q, want row,col", text)
			}
			continue
		}
		if err := b.add(i, cell); err != nil {
			return err
		}
	}
	b.header = true
	return nil
}

// add appends one boundary of direction i.
func (b *blocksParser) add(i int, cell string) error {
	if cell == "" {
		return nil
	}
	v, err := strconv.Atoi(cell)
	if err != nil || v < 1 {
		return b.fail(blocksColumns[i], "%q is not an index; want a whole number from 1", cell)
	}
	list := b.cuts[i]
	if n := len(list); n > 0 && v-1 <= list[n-1] {
		return b.fail(blocksColumns[i], "%d does not follow %d: boundaries must increase", v, list[n-1]+1)
	}
	b.cuts[i] = append(list, v-1)
	return nil
}
