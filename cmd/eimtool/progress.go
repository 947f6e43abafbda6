package main

import (
	"fmt"
	"io"
	"os"
	"sync"
	"time"

	"golang.org/x/term"
)

// progress shows how far long work has come: on a terminal one line that is
// redrawn at most five times a second, from the first second on, and erased at
// the end; with --verbose one line per stage; otherwise nothing.
type progress struct {
	a        *app
	terminal bool
	mu       sync.Mutex
	stage    string
	began    time.Time // of the stage
	start    time.Time // of the command
	drawn    time.Time
	shown    bool
}

func (a *app) newProgress() *progress {
	return &progress{a: a, start: time.Now(), terminal: a.terminal && !a.quiet && !a.json}
}

// isTerminal reports whether w is a terminal on which a line can be redrawn.
func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	return ok && term.IsTerminal(int(f.Fd())) && os.Getenv("TERM") != "dumb"
}

// report is the callback that the packages call.
func (p *progress) report(stage string, done, total int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := time.Now()
	if stage != p.stage {
		p.stage, p.began = stage, now
		if p.a.verbose {
			p.erase()
			fmt.Fprintf(p.a.err, "eimtool: %s\n", stage)
		}
	}
	if !p.terminal || now.Sub(p.start) < time.Second || now.Sub(p.drawn) < 200*time.Millisecond {
		return
	}
	p.drawn, p.shown = now, true
	line := fmt.Sprintf("%s %d/%d", stage, done, total)
	if s := now.Sub(p.began).Seconds(); done > 0 && s > 0 {
		rate := float64(done) / s
		line += fmt.Sprintf(", %.3g/s, %.0f s left", rate, float64(total-done)/rate)
	}
	fmt.Fprintf(p.a.err, "\r\x1b[K%s", line)
}

// end erases the progress line.
func (p *progress) end() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.erase()
}

func (p *progress) erase() {
	if p.shown {
		fmt.Fprint(p.a.err, "\r\x1b[K")
		p.shown = false
	}
}
