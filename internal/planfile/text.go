package planfile

import (
	"fmt"
	"hash/crc32"
	"strconv"
	"strings"
)

// The beginnings of the lines that hold the plan.
const (
	headMark   = "#eimtool-plan"
	recordMark = "#:"
)

// text writes a name or an expression as one word of printable ASCII.
func text(s string) string {
	if s == "" {
		return "%"
	}
	var b strings.Builder
	for i := range len(s) {
		if c := s[i]; plain(c) {
			b.WriteByte(c)
		} else {
			fmt.Fprintf(&b, "%%%02X", c)
		}
	}
	return b.String()
}

// plain reports whether a byte stands for itself.
func plain(c byte) bool { return c > ' ' && c <= '~' && !strings.ContainsRune(`%",;`, rune(c)) }

// untext reads what text wrote.
func untext(s string) (string, error) {
	if s == "%" {
		return "", nil
	}
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] != '%' {
			b.WriteByte(s[i])
			continue
		}
		if i+2 >= len(s) {
			return "", fmt.Errorf("%q is cut off", s)
		}
		c, err := strconv.ParseUint(s[i+1:i+3], 16, 8)
		if err != nil {
			return "", fmt.Errorf("%q has a %% without two hexadecimal digits", s)
		}
		b.WriteByte(byte(c))
		i += 2
	}
	return b.String(), nil
}

// checksum is that of the texts of all records.
func checksum(records []string) string {
	c := crc32.Checksum([]byte(strings.Join(records, "\n")), crc32.MakeTable(crc32.Castagnoli))
	return fmt.Sprintf("crc32c:%08x", c)
}

// comment returns the text of a comment line, as a spreadsheet may have left
// it: quoted, and followed by empty cells.
func comment(line string) (string, bool) {
	line = strings.TrimSpace(line)
	switch {
	case strings.HasPrefix(line, "#"):
	case strings.HasPrefix(line, `"#`): // no record holds a quote
		line, _, _ = strings.Cut(line[1:], `"`)
	default:
		return "", false
	}
	return strings.TrimRight(line, ",; \t"), true
}
