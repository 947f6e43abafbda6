package family

import (
	"bufio"
	"fmt"
	"os"
	"strconv"
	"strings"
)

// ReadBlocks reads the boundaries of the blocks of a multi-physics matrix: a
// CSV with the header row,col and, per further block, its first row and first
// column (from 1; a blank cell for none). It returns them counted from 0.
func ReadBlocks(path string) (rows, cols []int, err error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, nil, err
	}
	defer f.Close()
	sc := bufio.NewScanner(f)
	for line, header := 1, false; sc.Scan(); line++ {
		text := strings.TrimSpace(strings.TrimPrefix(sc.Text(), "\ufeff"))
		if text == "" || text[0] == '#' {
			continue
		}
		cells := strings.Split(text, ",")
		if len(cells) != 2 {
			return nil, nil, &TableError{File: path, Line: line, Msg: fmt.Sprintf("%d cells, want row,col", len(cells)), Hint: "one line per further block: its first row and first column"}
		}
		if !header {
			if !strings.EqualFold(strings.TrimSpace(cells[0]), "row") || !strings.EqualFold(strings.TrimSpace(cells[1]), "col") {
				return nil, nil, &TableError{File: path, Line: line, Msg: fmt.Sprintf("header %q, want row,col", text), Hint: "begin the file with a line row,col"}
			}
			header = true
			continue
		}
		for i, list := range []*[]int{&rows, &cols} {
			cell := strings.TrimSpace(cells[i])
			if cell == "" {
				continue
			}
			v, err := strconv.Atoi(cell)
			if err != nil || v < 1 {
				return nil, nil, &TableError{File: path, Line: line, Msg: fmt.Sprintf("%q is not an index", cell), Hint: "indices are whole numbers from 1"}
			}
			*list = append(*list, v-1)
		}
	}
	return rows, cols, sc.Err()
}
