//go:build linux || darwin || freebsd || netbsd || openbsd

package bundle

import (
	"os"

	"golang.org/x/sys/unix"
)

// mapFile maps the first size bytes of f for reading; f may be closed
// afterwards. A nil mapping means that the file must be read instead.
func mapFile(f *os.File, size int64) (data []byte, unmap func() error, err error) {
	if int64(int(size)) != size {
		return nil, nil, nil // does not fit in the address space
	}
	data, err = unix.Mmap(int(f.Fd()), 0, int(size), unix.PROT_READ, unix.MAP_SHARED)
	if err == unix.ENODEV || err == unix.ENOSYS {
		return nil, nil, nil // this file system cannot map
	}
	if err != nil {
		return nil, nil, err
	}
	return data, func() error { return unix.Munmap(data) }, nil
}
