package oracle

import "eimtool/internal/matrix"

// StructuralRank returns the largest rank that any values on the stored
// positions of p could have: the size of a maximum matching of rows and columns.
func StructuralRank(p *matrix.Pattern) int {
	size := 0
	for _, i := range Matching(p) {
		if i >= 0 {
			size++
		}
	}
	return size
}

// Matching returns a maximum matching of p, the row matched to each column or
// -1, by augmenting paths found breadth first (König; Hall). Both triangles of
// a symmetric pattern count.
func Matching(p *matrix.Pattern) []int {
	rows := columnsOf(p)
	rowOf, colOf := filled(p.Cols, -1), filled(p.Rows, -1)
	from := filled(p.Rows, -1) // the column from which a row was reached in this search
	seen := filled(p.Rows, -1) // the last search that reached a row
	for j := range p.Cols {
		queue, end := []int{j}, -1
		for len(queue) > 0 && end < 0 {
			c := queue[0]
			queue = queue[1:]
			for _, i := range rows[c] {
				if seen[i] == j {
					continue
				}
				seen[i], from[i] = j, c
				if colOf[i] < 0 {
					end = i
					break
				}
				queue = append(queue, colOf[i])
			}
		}
		for i := end; i >= 0; {
			c := from[i]
			next := rowOf[c]
			rowOf[c], colOf[i] = i, c
			i = next // the row that c gave up; -1 at the start of the path
		}
	}
	return rowOf
}

// columnsOf returns the rows of every column, both triangles.
func columnsOf(p *matrix.Pattern) [][]int {
	rows := make([][]int, p.Cols)
	p.Each(func(_, i, j int) {
		rows[j] = append(rows[j], i)
		if p.Symmetry != matrix.General && i != j {
			rows[i] = append(rows[i], j)
		}
	})
	return rows
}

func filled(n, v int) []int {
	s := make([]int, n)
	for i := range s {
		s[i] = v
	}
	return s
}
