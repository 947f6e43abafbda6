package memory

import (
	"errors"
	"math"
	"strings"
	"testing"
	"testing/fstest"

	"pgregory.net/rapid"
)

func TestParseSize(t *testing.T) {
	free := func() (int64, bool) { return 1000, true }
	for text, want := range map[string]int64{
		"1": 1, "4096": 4096, "17B": 17, " 4 GiB ": 4 << 30, "4gib": 4 << 30, "4G": 4 << 30, "4Gi": 4 << 30,
		"512MB": 512e6, "1.5KiB": 1536, "2kB": 2000, "0.5t": 1 << 39, "3PB": 3e15, "1EiB": 1 << 60,
		"80%": 800, "100 %": 1000, "0.01%": 1, ".5k": 512,
	} {
		if got, err := parseSize(text, free); err != nil || got != want {
			t.Errorf("parseSize(%q) = %d, %v, want %d", text, got, err, want)
		}
	}
	for text, msg := range map[string]string{
		"": "empty", "  ": "empty", "GiB": "not a number", "x": "not a number", "1e3": "unknown unit", "4 GiBB": "unknown unit",
		"-1": "positive", "0": "positive", "0%": "positive", "101%": "100 %", "9EB9": "unknown unit", "16EiB": "too large",
		"0.1": "less than one", "1..2": "not a number", "inf": "not a number", "4GöB": "unknown unit",
	} {
		_, err := parseSize(text, free)
		var e *SizeError
		if !errors.As(err, &e) || !strings.Contains(e.Msg, msg) || e.Hint() == "" {
			t.Errorf("parseSize(%q) = %v, want an error with %q", text, err, msg)
		}
	}
	if _, err := parseSize("80%", func() (int64, bool) { return 0, false }); err == nil {
		t.Error("a share of unknown memory was accepted")
	}
}

// A size that Format prints is read back to within its three digits.
func TestFormatParses(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.Int64Range(1, math.MaxInt64/4).Draw(t, "n")
		got, err := ParseSize(Format(n))
		if err != nil {
			t.Fatalf("%q: %v", Format(n), err)
		}
		// Three significant digits: half a unit of the third, 1/200 of the value.
		if d := math.Abs(float64(got) - float64(n)); d > float64(n)/199 {
			t.Fatalf("%d is written %q and read as %d", n, Format(n), got)
		}
	})
}

func TestFormat(t *testing.T) {
	for n, want := range map[int64]string{
		0: "0 B", 1023: "1023 B", 1024: "1.00 KiB", 10239: "10.0 KiB", 1 << 20: "1.00 MiB", 1<<20 - 1: "1.00 MiB",
		102300: "99.9 KiB", 102400: "100 KiB", 3 << 30: "3.00 GiB", math.MaxInt64: "8.00 EiB", -5: "-5 B",
	} {
		if got := Format(n); got != want {
			t.Errorf("Format(%d) = %q, want %q", n, got, want)
		}
	}
}

func TestAvailable(t *testing.T) {
	file := func(s string) *fstest.MapFile { return &fstest.MapFile{Data: []byte(s)} }
	meminfo := file("MemTotal: 2000 kB\nMemFree: 1 kB\nMemAvailable:   1000 kB\n")
	mounts2 := file("30 22 0:27 / /sys/fs/cgroup rw,relatime - cgroup2 cgroup2 rw\n")
	mounts1 := file("31 30 0:28 / /sys/fs/cgroup/cpu rw - cgroup cgroup rw,cpu\n" +
		"34 30 0:31 / /sys/fs/cgroup/memory rw,relatime - cgroup cgroup rw,memory\n" +
		"40 30 0:37 / /sys/fs/cgroup/unified rw,relatime - cgroup2 cgroup2 rw\n")
	for _, c := range []struct {
		name string
		root fstest.MapFS
		want int64
		ok   bool
	}{
		{"nothing known", fstest.MapFS{}, 0, false},
		{"kernel alone", fstest.MapFS{"proc/meminfo": meminfo}, 1024000, true},
		{"version 2, limit of an ancestor", fstest.MapFS{
			"proc/meminfo":                   meminfo,
			"proc/self/mountinfo":            mounts2,
			"proc/self/cgroup":               file("0::/a/b\n"),
			"sys/fs/cgroup/a/b/memory.max":   file("max\n"),
			"sys/fs/cgroup/a/memory.max":     file("500000\n"),
			"sys/fs/cgroup/a/memory.current": file("300000\n"),
			"sys/fs/cgroup/a/memory.stat":    file("anon 7\ninactive_file 100000\n"),
		}, 300000, true},
		{"version 2, path not visible in a container", fstest.MapFS{
			"proc/meminfo":             meminfo,
			"proc/self/mountinfo":      mounts2,
			"proc/self/cgroup":         file("0::/docker/deadbeef\n"),
			"sys/fs/cgroup/memory.max": file("4096\n"),
		}, 4096, true},
		{"version 1 beside an empty version 2", fstest.MapFS{
			"proc/meminfo":        meminfo,
			"proc/self/mountinfo": mounts1,
			"proc/self/cgroup":    file("4:memory:/g\n1:cpu:/\n0::/\n"),
			"sys/fs/cgroup/memory/g/memory.limit_in_bytes": file("700000\n"),
			"sys/fs/cgroup/memory/g/memory.usage_in_bytes": file("900000\n"),
			"sys/fs/cgroup/memory/g/memory.stat":           file("inactive_file 1\ntotal_inactive_file 250000\n"),
			"sys/fs/cgroup/memory/memory.limit_in_bytes":   file("9223372036854771712\n"),
			"sys/fs/cgroup/memory/memory.usage_in_bytes":   file("900000\n"),
		}, 50000, true},
		{"over the limit", fstest.MapFS{
			"proc/self/mountinfo":          mounts2,
			"proc/self/cgroup":             file("0::/\n"),
			"sys/fs/cgroup/memory.max":     file("100\n"),
			"sys/fs/cgroup/memory.current": file("200\n"),
		}, 0, true},
	} {
		if got, ok := available(c.root); got != c.want || ok != c.ok {
			t.Errorf("%s: %d, %v, want %d, %v", c.name, got, ok, c.want, c.ok)
		}
	}
}
