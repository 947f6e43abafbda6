// Command experiments reruns numerical experiments of the papers that eimtool
// implements, beside eimtool's own methods, and writes docs/experiments.md with
// its figures:
//
//	go run ./experiments              all of them
//	go run ./experiments -only bem    one, in its place in the page
//
// An experiment computes tables, figures and single numbers, holds them against
// what is expected of them, and has a text, sections/NAME.md, that places them.
// Nothing in the page is written by hand, and a second run gives the same bytes.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"time"
)

// experiment is one section of the page.
type experiment struct {
	name string
	run  func(context.Context) (*outcome, error)
}

// experiments lists the sections in the order of the page.
func experiments() []experiment {
	return []experiment{
		{"diffusion", diffusion},
		{"bem", sphere},
		{"sensors", lostSensors},
		{"nodes", fewNodes},
	}
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, os.Args[1:], os.Stderr); err != nil {
		fmt.Fprintln(os.Stderr, "experiments:", err)
		stop()
		os.Exit(1)
	}
}

// run does the experiments asked for. What does not meet its expectations is an
// error, and then nothing of that experiment is written.
func run(ctx context.Context, args []string, log io.Writer) error {
	flags := flag.NewFlagSet("experiments", flag.ContinueOnError)
	only := flags.String("only", "", "names of the experiments to run, with commas between: "+names())
	dir := flags.String("docs", "docs", "`directory` of experiments.md")
	if err := flags.Parse(args); err != nil {
		return err
	}
	chosen, err := choose(*only)
	if err != nil {
		return err
	}
	for _, e := range chosen {
		start := time.Now()
		out, err := e.run(ctx)
		if err == nil {
			err = out.failed()
		}
		if err != nil {
			return fmt.Errorf("%s: %w", e.name, err)
		}
		if err := write(ctx, *dir, e.name, out); err != nil {
			return err
		}
		fmt.Fprintf(log, "experiments: %s took %.0f s\n", e.name, time.Since(start).Seconds())
	}
	return nil
}

// choose returns the experiments named, all for "".
func choose(only string) ([]experiment, error) {
	all := experiments()
	if only == "" {
		return all, nil
	}
	var chosen []experiment
	for _, name := range strings.Split(only, ",") {
		found := false
		for _, e := range all {
			if e.name == name {
				chosen, found = append(chosen, e), true
			}
		}
		if !found {
			return nil, fmt.Errorf("no experiment %q: there are %s", name, names())
		}
	}
	return chosen, nil
}

func names() string {
	var s []string
	for _, e := range experiments() {
		s = append(s, e.name)
	}
	return strings.Join(s, ", ")
}
