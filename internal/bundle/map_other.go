//go:build !(linux || darwin || freebsd || netbsd || openbsd)

package bundle

import "os"

// mapFile maps nothing: the file is read instead.
func mapFile(*os.File, int64) (data []byte, unmap func() error, err error) { return nil, nil, nil }
