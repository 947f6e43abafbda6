package main

import (
	"flag"
	"strings"
	"testing"
)

// long asks for all experiments instead of the cheapest.
var long = flag.Bool("long", false, "repeat all experiments, some minutes")

// TestExperiments repeats experiments and compares their sections with the page.
func TestExperiments(t *testing.T) {
	chosen := "sensors"
	if *long {
		chosen = ""
	}
	all, err := choose(chosen)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range all {
		t.Run(e.name, func(t *testing.T) {
			out, err := e.run(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if err := out.failed(); err != nil {
				t.Error(err)
			}
			text, err := section(e.name, out)
			if err != nil {
				t.Fatal(err)
			}
			sameButRounding(t, strings.TrimRight(text, "\n"), committed(t, e.name))
		})
	}
}
