package family

import (
	"fmt"
	"hash/crc32"
	"io"
	"os"
)

// checksum returns "crc32c:xxxxxxxx:bytes" for the bytes of a file: the CRC-32
// of Castagnoli's polynomial, which processors compute faster than memory
// delivers, and the size. It tells which data were used; it protects against
// accidents, not against intent.
func checksum(path string) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	h := crc32.New(crc32.MakeTable(crc32.Castagnoli))
	n, err := io.CopyBuffer(h, onlyReader{f}, make([]byte, 256<<10))
	if err != nil {
		return "", err
	}
	return fmt.Sprintf("crc32c:%08x:%d", h.Sum32(), n), nil
}

// onlyReader hides all methods but Read, so that the buffer above is used.
type onlyReader struct{ io.Reader }
