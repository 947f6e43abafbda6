// Package planfile reads and writes a plan as one CSV file that is at the same
// time the sample table to fill in: one row per parameter to simulate, with an
// empty column file. Package plan makes plans, package family reads the table;
// nothing here computes.
//
// The plan itself stands in comment lines, which every reader of sample tables
// passes over:
//
//	# for people: what was planned, what to do next
//	#eimtool-plan 1 9 crc32c:1c291ca3
//	#:1 parameter k 0.5 4
//	#:2 column r
//	#:3 function exp(1i*k*r)/r 1.25 1
//	#:4 counts 400 1000
//	#:5 goal 1e-08 tolerance
//	#:6 reached 3.1e-09 4.2e-08 3
//	#:7 term 17 0.93 2.25
//	#:8 magic 0 12 0.31
//	#:9 check 0 7 0.22
//	k,file
//	2.25,
//
// The line #eimtool-plan has the version of the format, the number of records
// and the CRC-32 (Castagnoli) of their texts, joined by line feeds; it tells of
// accidents, not of intent. A record is its number, its kind and its values:
//
//	parameter NAME LOWER UPPER         over the candidates, one per parameter
//	column NAME                        one per coordinate of the points
//	function EXPRESSION SCALE [WEIGHT] one per function; all have a weight or none
//	counts CANDIDATES POINTS
//	goal TOLERANCE STOP                STOP is why the selection ended
//	reached ERROR OVERLEAST PASSES     OVERLEAST may be +Inf
//	term CANDIDATE ERROR MU...         M of them, in the order of selection
//	magic FUNCTION INDEX X...          M of them; FUNCTION is -1 for the constant
//	check FUNCTION INDEX X...          any number
//	warning SENTENCE                   any number
//
// Indices count from 0. Numbers are the shortest decimals that read back to the
// same float64. Values are separated by one blank; in names and expressions
// every byte that is not a printable ASCII character, and % " , ; and the blank,
// is written %XX, and an empty text is a single %. So no record holds anything
// that a spreadsheet splits, quotes or converts, and a file that went through
// one still reads: records may be quoted, followed by empty cells and in any
// order; lines may end in LF, CRLF or CR behind a byte-order mark; the rows of
// the table may be reordered, columns added, the comments for people deleted.
package planfile
