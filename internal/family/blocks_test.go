package family

import (
	"errors"
	"slices"
	"strings"
	"testing"
)

func TestReadBlocks(t *testing.T) {
	for _, c := range []struct {
		text       string
		rows, cols []int
	}{
		{"row,col\n4,4\n", []int{3}, []int{3}},
		{"\ufeffRow , COL\r\n# second block\r\n\r\n 4 , 5 \r\n9,\r\n", []int{3, 8}, []int{4}},
		{"row,col\n,2\n,3", nil, []int{1, 2}},
		{"row,col\n1,1\n", []int{0}, []int{0}},
	} {
		rows, cols, err := ReadBlocks(strings.NewReader(c.text), "blocks.csv")
		if err != nil || !slices.Equal(rows, c.rows) || !slices.Equal(cols, c.cols) {
			t.Errorf("%q: %v %v %v", c.text, rows, cols, err)
		}
	}
}

func TestReadBlocksErrors(t *testing.T) {
	for _, c := range []struct {
		text   string
		line   int
		column string
		msg    string
	}{
		{"", 0, "", "empty"},
		{"# nothing\n", 0, "", "empty"},
		{"row,col\n", 0, "", "no block"},
		{"row,col\n,\n", 0, "", "no block"},
		{"col,row\n1,2\n", 1, "", "header"},
		{"3,3\n", 1, "", "header"},
		{"row;col\n", 1, "", "1 cells"},
		{"row,col\n1,2,3\n", 2, "", "3 cells"},
		{"row,col\n0,1\n", 2, "row", "not an index"},
		{"row,col\n2,x\n", 2, "col", "not an index"},
		{"row,col\n2,2.5\n", 2, "col", "not an index"},
		{"row,col\n4,4\n3,5\n", 3, "row", "must increase"},
		{"row,col\n4,4\n5,4\n", 3, "col", "must increase"},
		{"%%MatrixMarket matrix array real general\n", 0, "", "is a matrix"},
		{"row,col\n" + strings.Repeat("1", maxLine+1), 2, "", "longer"},
	} {
		rows, cols, err := ReadBlocks(strings.NewReader(c.text), "blocks.csv")
		var e *TableError
		if rows != nil || cols != nil || !errors.As(err, &e) || e.File != "blocks.csv" || e.Line != c.line || e.Column != c.column || !strings.Contains(e.Msg, c.msg) || e.Hint == "" {
			t.Errorf("%.40q: %v", c.text, err)
		}
	}
}
