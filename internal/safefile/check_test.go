package safefile

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestCheckOutput(t *testing.T) {
	dir := t.TempDir()
	t.Chdir(dir)
	for _, d := range []string{"sub", "deep/er"} {
		if err := os.MkdirAll(d, 0o777); err != nil {
			t.Fatal(err)
		}
	}
	write(t, "in.mtx", "input")
	write(t, "other", "x")
	for link, to := range map[string]string{"link": "in.mtx", "lane": "deep/er", "dangling": "new", "lost": "nowhere/new"} {
		if err := os.Symlink(to, link); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Link("in.mtx", "hard"); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("../../in.mtx", "deep/er/up"); err != nil {
		t.Fatal(err)
	}
	long := strings.Repeat("n", 300)
	for _, c := range []struct {
		path   string
		inputs []string
		msg    string // "" when allowed
	}{
		{"new", []string{"in.mtx", "absent", "-"}, ""},
		{"other", []string{"in.mtx"}, ""},
		{"-", []string{"-", "in.mtx"}, ""},
		{"dangling", []string{"in.mtx"}, ""},
		{"sub/../new", nil, ""},
		{strings.Repeat("n", 250), nil, ""},
		{"", nil, "empty"},
		{"in.mtx", []string{"other", "in.mtx"}, "is the input"},
		{"./in.mtx", []string{"in.mtx"}, "is the input"},
		{"sub/../in.mtx", []string{"in.mtx"}, "is the input"},
		{"lane/../../in.mtx", []string{"in.mtx"}, "is the input"},
		{"in.mtx", []string{filepath.Join(dir, "in.mtx")}, "is the input"},
		{"link", []string{"in.mtx"}, "is the input"},
		{"in.mtx", []string{"link"}, "is the input"},
		{"lane/up", []string{"in.mtx"}, "is the input"},
		{"hard", []string{"in.mtx"}, "is the input"},
		{"sub", nil, "folder"},
		{"sub/", nil, "folder"},
		{"newdir/", nil, "folder"},
		{".", nil, "folder"},
		{"missing/out", nil, `"missing" does not exist`},
		{"lost", nil, "does not exist"},
		{"in.mtx/out", nil, "cannot be used"},
		{long, nil, "cannot be used"},
		{"/proc/out", nil, "no file can be made"},
	} {
		err := CheckOutput(c.path, c.inputs...)
		if c.msg == "" {
			if err != nil {
				t.Errorf("CheckOutput(%q, %q) = %v", c.path, c.inputs, err)
			}
			continue
		}
		var e *OutputError
		if !errors.As(err, &e) || e.Path != c.path || !strings.Contains(e.Error(), c.msg) || e.Hint == "" {
			t.Errorf("CheckOutput(%q, %q) = %v, want an *OutputError with %q", c.path, c.inputs, err, c.msg)
		}
		if strings.Contains(c.msg, "input") {
			continue // Create does not know the inputs
		}
		if f, err := Create(c.path); err == nil {
			f.Abort()
			t.Errorf("Create(%q) succeeded", c.path)
		}
	}
	wantContent(t, "in.mtx", "input")
	wantNames(t, dir, "dangling", "deep", "hard", "in.mtx", "lane", "link", "lost", "other", "sub")
}

// A target or folder without write permission: the system's refusal is
// injected, since an administrator may write anywhere.
func TestCheckOutputNotWritable(t *testing.T) {
	dir := t.TempDir()
	old := filepath.Join(dir, "old")
	write(t, old, "x")
	for _, c := range []struct {
		path string
		at   int
		msg  string
	}{
		{old, 0, "exists and cannot be written"},
		{old, 2, "no file can be made in the folder"}, // open, close, open
		{filepath.Join(dir, "new"), 0, "no file can be made in the folder"},
	} {
		err := checkOutput(&failing{at: c.at}, c.path, nil)
		var e *OutputError
		if !errors.As(err, &e) || !errors.Is(err, errInjected) || !strings.Contains(e.Msg, c.msg) {
			t.Errorf("%s: %v, want %q", c.path, err, c.msg)
		}
	}
	wantNames(t, dir, "old")
}
