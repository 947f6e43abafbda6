package gallery

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"eimtool/internal/dense"
	"eimtool/internal/mtx"
)

// WriteFiles writes the family into dir, which must exist: the matrices
// part1.mtx, part2.mtx, …, the table of parts parts.csv that names them, and
// points.csv with the rows of points below the names of the parameters.
func (f *Affine) WriteFiles(ctx context.Context, dir string, points *dense.Matrix[float64]) error {
	var table strings.Builder
	table.WriteString("file,coefficient\n")
	for k, part := range f.Parts {
		name, coefficient := "part"+strconv.Itoa(k+1)+".mtx", "1"
		if k > 0 {
			coefficient = f.Names[k-1]
		}
		table.WriteString(name + "," + coefficient + "\n")
		if err := writeMatrix(ctx, filepath.Join(dir, name), part); err != nil {
			return err
		}
	}
	if err := os.WriteFile(filepath.Join(dir, "parts.csv"), []byte(table.String()), 0o666); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, "points.csv"), f.csv(points), 0o666)
}

// csv returns points as a table with a header, in shortest decimals.
func (f *Affine) csv(points *dense.Matrix[float64]) []byte {
	text := []byte(strings.Join(f.Names, ",") + "\n")
	for i := range points.Rows {
		for j, x := range points.Row(i) {
			if j > 0 {
				text = append(text, ',')
			}
			text = strconv.AppendFloat(text, x, 'g', -1, 64)
		}
		text = append(text, '\n')
	}
	return text
}

// writeMatrix writes m as a Matrix Market file.
func writeMatrix(ctx context.Context, path string, m *Matrix[float64]) (err error) {
	file, err := os.Create(path)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	return mtx.Write(ctx, file, m.Matrix(), mtx.WriteOptions{})
}
