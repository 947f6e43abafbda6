//go:build unix

package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"
)

// Repeated Ctrl-C ends the process even where it waits for something that
// cannot be cancelled: opening a pipe into which nobody writes.
func TestSecondInterrupt(t *testing.T) {
	pipe := filepath.Join(t.TempDir(), "pipe")
	if err := syscall.Mkfifo(pipe, 0o666); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("eimtool", "info", pipe)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	for {
		if err := cmd.Process.Signal(os.Interrupt); err != nil {
			<-ended
			return
		}
		select {
		case <-ended:
			return
		case <-time.After(10 * time.Millisecond):
		}
	}
}

// A pipe can stand for a matrix file: it is opened and read once.
func TestInfoOfAPipe(t *testing.T) {
	pipe := filepath.Join(t.TempDir(), "pipe")
	if err := syscall.Mkfifo(pipe, 0o666); err != nil {
		t.Fatal(err)
	}
	go func() {
		f, err := os.OpenFile(pipe, os.O_WRONLY, 0)
		if err != nil {
			return
		}
		defer f.Close()
		_, _ = f.WriteString("%%MatrixMarket matrix array real general\n1 1\n7\n")
	}()
	if code, out, errOut := tool(t, "info", pipe); code != 0 {
		t.Errorf("exit %d: %s%s", code, out, errOut)
	}
}
