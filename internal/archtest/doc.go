// Package archtest holds the house's dependency table as a test: which part of
// the module may import which other. It has nothing but tests and imports
// nothing of the module.
package archtest
