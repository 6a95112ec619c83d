package main

import (
	"bytes"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"
)

// usage is what a process has used, as Linux tells. Elsewhere nothing is known.
type usage struct {
	known        bool
	resident     float64 // bytes
	residentPeak float64 // bytes, since it started
	cpu          time.Duration
}

// peak and now are the resident memory in bytes.
func (u usage) peak() measured { return measured{u.residentPeak, u.known} }
func (u usage) now() measured  { return measured{u.resident, u.known} }

// tick is the unit of CPU time in /proc: USER_HZ is 100 wherever Go runs on Linux.
const tick = 10 * time.Millisecond

func usageOf(pid int) usage {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return usage{}
	}
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return usage{}
	}
	return parseUsage(status, stat)
}

func parseUsage(status, stat []byte) usage {
	var u usage
	for line := range strings.Lines(string(status)) {
		fields := strings.Fields(line)
		if len(fields) != 3 || fields[2] != "kB" {
			continue
		}
		kb, err := strconv.ParseFloat(fields[1], 64)
		if err != nil {
			return usage{}
		}
		switch fields[0] {
		case "VmRSS:":
			u.resident = kb * 1024
		case "VmHWM:":
			u.residentPeak = kb * 1024
		}
	}
	// Behind the name, which may hold anything, in brackets: state, and ten more
	// before utime and stime.
	fields := strings.Fields(string(stat[bytes.LastIndexByte(stat, ')')+1:]))
	if len(fields) < 13 || u.residentPeak == 0 {
		return usage{}
	}
	for _, field := range fields[11:13] {
		ticks, err := strconv.ParseInt(field, 10, 64)
		if err != nil {
			return usage{}
		}
		u.cpu += time.Duration(ticks) * tick
	}
	u.known = true
	return u
}

// cpuEach is the CPU time used from one look at a process to a later one, for
// each of n things it did.
func cpuEach(before, after usage, n int) measured {
	if !before.known || !after.known || n == 0 {
		return notMeasured()
	}
	return measured{float64(after.cpu-before.cpu) / float64(n), true}
}
