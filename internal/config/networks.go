package config

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
)

// Networks are ranges of IP addresses. As text they are CIDRs or single addresses
// by comma.
type Networks []netip.Prefix

// UnmarshalText reads the ranges.
func (n *Networks) UnmarshalText(b []byte) error {
	var all Networks
	for text := range strings.SplitSeq(string(b), ",") {
		text = strings.TrimSpace(text)
		one, err := netip.ParsePrefix(text)
		if err != nil {
			addr, err := netip.ParseAddr(text)
			if err != nil || addr.Zone() != "" {
				return fmt.Errorf("%q is neither an address nor a range such as 10.0.0.0/8", text)
			}
			one = netip.PrefixFrom(addr, addr.BitLen())
		}
		if one != one.Masked() {
			return fmt.Errorf("%q has bits beyond its range: write %s", text, one.Masked())
		}
		if one.Bits() == 0 {
			return fmt.Errorf("%q is everybody: anyone could claim any address", text)
		}
		all = append(all, one)
	}
	*n = all
	return nil
}

// Holds reports whether the address is in one of the ranges.
func (n Networks) Holds(addr netip.Addr) bool {
	addr = addr.Unmap().WithZone("")
	return slices.ContainsFunc(n, func(p netip.Prefix) bool { return p.Contains(addr) })
}
