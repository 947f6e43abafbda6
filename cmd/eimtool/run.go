package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime"
	"runtime/debug"
	"syscall"
	"time"

	"github.com/spf13/cobra"
)

const ballastBytes = 64 << 20

// run executes one command line and returns its exit code. Results go to
// stdout, everything else to stderr with the prefix "eimtool: ".
func run(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) (code int) {
	// The live heap is a few large tables: collecting early costs nothing and
	// keeps the peak near the table's size. The ballast, whose pages are never
	// touched, keeps a small heap from being collected all the time.
	debug.SetGCPercent(10)
	ballast := make([]byte, ballastBytes)
	defer runtime.KeepAlive(ballast)
	ctx, stop := signal.NotifyContext(ctx, os.Interrupt, syscall.SIGTERM)
	defer stop()
	go func() { // a second interrupt ends the process at once
		<-ctx.Done()
		stop()
	}()
	defer func() {
		if r := recover(); r != nil {
			fmt.Fprintf(stderr, "eimtool: internal error, please report: %v\n%s", r, debug.Stack())
			code = exitFailed
		}
	}()
	a := &app{
		in: &cancelReader{ctx: ctx, r: stdin}, out: &resultWriter{w: stdout}, err: stderr,
		start: time.Now(), terminal: isTerminal(stderr),
	}
	root := a.rootCommand()
	root.SetArgs(args)
	root.SetOut(a.out)
	root.SetErr(stderr)
	err := root.ExecuteContext(ctx)
	switch {
	case err == nil:
		err = a.out.err // a write that failed unnoticed
	case ctx.Err() != nil && errors.Is(err, context.Canceled):
		err = errInterrupted
	case !a.started:
		a.json = a.json || contains(args, "--json") // flags may not have been read yet
		err = asUsage(root, args, err)
	}
	return a.fail(err)
}

// app carries the state of one run: the streams, the flags that all commands
// share, and whether a command's own work has begun (errors before that are
// usage errors).
type app struct {
	in  io.Reader
	out *resultWriter
	err io.Writer
	common
	started  bool
	terminal bool // stderr is one
	start    time.Time
	limit    int64 // --memory in bytes, 0 when not given
}

// common holds the flags that mean the same in every command.
type common struct {
	threads                       int
	memory                        string
	json, quiet, verbose, timings bool
}

const rootLong = `eimtool turns a folder of Matrix Market files, one matrix A_mu per parameter
value mu, into a small bundle from which A_mu at any new mu follows in
milliseconds, with an estimate of its error. It needs nothing of the code that
wrote the files.

Method: Empirical Interpolation, A_mu = sum_m beta_m(mu) A_{mu_m} (Casenave, Ern,
Lelievre, Sylvand, arXiv 1307.4330, section 2; arXiv 1508.05330).

EXIT STATUS
  0    done
  1    failed (write error, bug)
  2    bad usage or input (unreadable file, damaged bundle)
  3    accuracy not reached
  130  interrupted`

const rootExample = `  eimtool offline samples.csv -o model.npz
  eimtool online model.npz --mu k=3.2 -o A.mtx
  eimtool verify model.npz test.csv`

func (a *app) rootCommand() *cobra.Command {
	root := &cobra.Command{
		Use:                "eimtool",
		Short:              "Reduced-order models of Matrix Market families",
		Long:               rootLong,
		Example:            rootExample,
		Version:            version(),
		SilenceErrors:      true,
		SilenceUsage:       true,
		DisableSuggestions: true, // asUsage makes them, as hints
	}
	f := root.PersistentFlags()
	f.IntVar(&a.threads, "threads", 0, "worker threads; 0 means all processors (results do not depend on it)")
	f.StringVar(&a.memory, "memory", "", "refuse work that needs more memory, e.g. 4GiB (default 80% of what is free)")
	f.BoolVar(&a.json, "json", false, "print the result as one JSON object")
	f.BoolVar(&a.timings, "timings", false, "add seconds to the result")
	f.BoolVarP(&a.quiet, "quiet", "q", false, "no summary, no progress")
	f.BoolVarP(&a.verbose, "verbose", "v", false, "one line per stage on stderr")
	root.AddCommand(a.planCommand(), a.offlineCommand(), a.onlineCommand(), a.solveCommand(), a.logdetCommand(), a.infoCommand(), a.verifyCommand(), a.suggestCommand(), a.diffCommand())
	for _, c := range root.Commands() {
		a.markStart(c)
	}
	setHelp(root)
	return root
}

// markStart checks the common flags and notes when a command's own work begins:
// Cobra checks arguments and flags before RunE, so whatever fails earlier is a
// usage error.
func (a *app) markStart(c *cobra.Command) {
	inner := c.RunE
	c.RunE = func(cmd *cobra.Command, args []string) error {
		if a.threads < 0 {
			return inputErrorf("leave it out for all processors", "--threads %d: must not be negative", a.threads)
		}
		if a.quiet && a.verbose {
			return inputErrorf("choose one", "--quiet with --verbose")
		}
		var err error
		if a.limit, err = parseMemory(a.memory); err != nil {
			return err
		}
		a.started = true
		return inner(cmd, args)
	}
}

// version returns the module version stamped by the linker or the build.
func version() string {
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" && info.Main.Version != "(devel)" {
		return info.Main.Version
	}
	return "0.1.0"
}
