// Package family turns a sample table or a path template into snapshots: the
// parameters, and the values of all matrices on one union pattern, one row per
// sample. It also names the outputs of a sweep.
//
// It reads tables and matrices (through package mtx) and decides what the
// family is: real or complex, symmetric or not, sparse or dense. It selects
// nothing and solves nothing; packages eim and features go on from the rows.
package family
