package family

import (
	"fmt"
	"hash/crc32"
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// checksum is the CRC-32 of Castagnoli's polynomial, which processors compute
// faster than memory delivers, and the number of the bytes written to it. It
// tells which data were used; it protects against accidents, not against intent.
type checksum struct {
	crc   uint32
	bytes int64
}

// Write adds bytes; it never fails.
func (c *checksum) Write(p []byte) (int, error) {
	c.crc = crc32.Update(c.crc, castagnoli, p)
	c.bytes += int64(len(p))
	return len(p), nil
}

// String returns "crc32c:xxxxxxxx:bytes".
func (c *checksum) String() string { return fmt.Sprintf("crc32c:%08x:%d", c.crc, c.bytes) }
