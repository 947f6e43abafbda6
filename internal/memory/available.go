package memory

import (
	"bufio"
	"io/fs"
	"math"
	"os"
	"path"
	"strconv"
	"strings"
)

// Available returns how many bytes can be allocated now without swapping: the
// smaller of what the kernel calls available (MemAvailable of /proc/meminfo)
// and what is left under the memory limits of the process's control groups, of
// version 1 or 2, page cache that can be dropped not counted as used. It
// returns false where neither is known, as on systems other than Linux.
func Available() (int64, bool) { return available(os.DirFS("/")) }

// available is Available for the file system root.
func available(root fs.FS) (int64, bool) {
	free := int64(math.MaxInt64)
	if kib, ok := keyed(root, "proc/meminfo", "MemAvailable:"); ok {
		free = kib * 1024
	}
	for _, g := range groups(root) {
		if left, ok := g.left(root); ok {
			free = min(free, left)
		}
	}
	if free == math.MaxInt64 {
		return 0, false
	}
	return free, true
}

// group is one control group, or an ancestor of one, with the names that its
// version gives to limit, usage and droppable cache.
type group struct{ dir, limit, usage, cache string }

// groups lists the memory control groups of this process and their ancestors
// as far as they can be seen: a limit on any of them binds.
func groups(root fs.FS) []group {
	v1, v2 := mounts(root)
	var all []group
	lines(root, "proc/self/cgroup", func(line string) bool {
		field := strings.SplitN(line, ":", 3) // hierarchy:controllers:path
		if len(field) != 3 {
			return true
		}
		g := group{limit: "memory.limit_in_bytes", usage: "memory.usage_in_bytes", cache: "total_inactive_file"}
		mount := v1
		if field[0] == "0" && field[1] == "" {
			g = group{limit: "memory.max", usage: "memory.current", cache: "inactive_file"}
			mount = v2
		} else if !contains(field[1], "memory") {
			return true
		}
		if mount == "" {
			return true
		}
		for p := path.Clean("/" + field[2]); ; p = path.Dir(p) {
			g.dir = strings.TrimPrefix(path.Join(mount, p), "/")
			all = append(all, g)
			if p == "/" {
				return true
			}
		}
	})
	return all
}

// mounts returns where the memory controller of version 1 and the hierarchy of
// version 2 are mounted, "" where they are not.
func mounts(root fs.FS) (v1, v2 string) {
	lines(root, "proc/self/mountinfo", func(line string) bool {
		left, right, found := strings.Cut(line, " - ")
		l, r := strings.Fields(left), strings.Fields(right)
		if !found || len(l) < 5 || len(r) < 3 {
			return true
		}
		switch {
		case r[0] == "cgroup2" && v2 == "":
			v2 = l[4]
		case r[0] == "cgroup" && contains(r[2], "memory") && v1 == "":
			v1 = l[4]
		}
		return true
	})
	return v1, v2
}

// left returns limit − (usage − droppable cache), at least 0, and false when
// the group has no limit or cannot be read.
func (g group) left(root fs.FS) (int64, bool) {
	limit, ok := number(root, path.Join(g.dir, g.limit))
	if !ok || limit >= 1<<60 { // version 1 writes "no limit" as a huge number
		return 0, false
	}
	usage, ok := number(root, path.Join(g.dir, g.usage))
	if !ok {
		return limit, true
	}
	if cache, ok := keyed(root, path.Join(g.dir, "memory.stat"), g.cache); ok {
		usage -= cache
	}
	return max(0, limit-max(0, usage)), true
}

// number reads a file that holds one number; "max" is none.
func number(root fs.FS, name string) (int64, bool) {
	b, err := fs.ReadFile(root, name)
	if err != nil {
		return 0, false
	}
	n, err := strconv.ParseInt(strings.TrimSpace(string(b)), 10, 64)
	return n, err == nil
}

// keyed returns the number that follows key at the beginning of a line.
func keyed(root fs.FS, name, key string) (n int64, ok bool) {
	lines(root, name, func(line string) bool {
		f := strings.Fields(line)
		if len(f) < 2 || f[0] != key {
			return true
		}
		v, err := strconv.ParseInt(f[1], 10, 64)
		n, ok = v, err == nil
		return false
	})
	return n, ok
}

// lines calls f with every line of a file until f returns false; a file that
// cannot be read has no lines.
func lines(root fs.FS, name string, f func(string) bool) {
	file, err := root.Open(name)
	if err != nil {
		return
	}
	defer file.Close()
	for s := bufio.NewScanner(file); s.Scan(); {
		if !f(s.Text()) {
			return
		}
	}
}

// contains reports whether the comma-separated list has the word.
func contains(list, word string) bool {
	for w := range strings.SplitSeq(list, ",") {
		if w == word {
			return true
		}
	}
	return false
}
