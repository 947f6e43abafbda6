package report

import (
	"fmt"
	"io"
	"math"
	"strings"
	"text/tabwriter"
)

// Table writes rows of cells in aligned columns, the header first. Columns are
// separated by two blanks.
func Table(w io.Writer, header []string, rows [][]string) error {
	tw := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	if len(header) > 0 {
		fmt.Fprintln(tw, strings.Join(header, "\t"))
	}
	for _, r := range rows {
		fmt.Fprintln(tw, strings.Join(r, "\t"))
	}
	return tw.Flush()
}

// Error writes an error or an estimate with two significant digits, "-" when
// it is not known.
func Error(x float64) string {
	if math.IsNaN(x) {
		return "-"
	}
	return fmt.Sprintf("%.1e", x)
}

// Bytes writes a size with a binary unit.
func Bytes(n int64) string {
	const unit = 1024
	if n < unit {
		return fmt.Sprintf("%d B", n)
	}
	x, prefix := float64(n), "KMGTPE"
	i := -1
	for x >= unit && i < len(prefix)-1 {
		x /= unit
		i++
	}
	return fmt.Sprintf("%.1f %ciB", x, prefix[i])
}
