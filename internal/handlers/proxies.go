package handlers

import (
	"context"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"regexp"
	"strings"

	"triageboard/web/templates/components"
)

// forwardedHost is what a host may be made of that a proxy passes on.
var forwardedHost = regexp.MustCompile(`^[A-Za-z0-9.:\[\]_-]{1,255}$`)

// behindProxies makes of a request that came through a trusted proxy what the
// client asked of it: RemoteAddr is the client's address, which attempts are counted
// by; Host is the one the client named, by which requests from other sites are told;
// and whether it was asked without TLS is remembered for overTLS. Of anybody else
// these headers are thrown away, so that nothing behind can believe them.
//
// A proxy adds to the end of what the client may have made up. So the client is the
// last address that isn't a trusted proxy's, and of host and scheme the last counts,
// which the nearest proxy wrote.
func (s *Server) behindProxies(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		hops, host, scheme := listed(r, "X-Forwarded-For"), last(listed(r, "X-Forwarded-Host")), last(listed(r, "X-Forwarded-Proto"))
		for _, name := range []string{"X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto"} {
			r.Header.Del(name)
		}
		peer, err := netip.ParseAddrPort(r.RemoteAddr)
		if err != nil || !s.trusts(peer.Addr()) {
			next.ServeHTTP(w, r)
			return
		}
		if client := s.clientOf(peer.Addr(), hops); client != peer.Addr() {
			r.RemoteAddr = net.JoinHostPort(client.String(), "0") // its port isn't told
		}
		if forwardedHost.MatchString(host) {
			r.Host = host
		}
		if strings.EqualFold(scheme, "http") {
			r = r.WithContext(context.WithValue(r.Context(), withoutTLSKey, true))
		}
		next.ServeHTTP(w, r)
	})
}

func (s *Server) trusts(addr netip.Addr) bool {
	return s.TrustedProxy != nil && s.TrustedProxy(addr.Unmap())
}

// clientOf follows the addresses a request came by, from the nearest on, as long as
// they are trusted ones. What can't be read ends the way.
func (s *Server) clientOf(peer netip.Addr, hops []string) netip.Addr {
	client := peer
	for i := len(hops) - 1; i >= 0 && s.trusts(client); i-- {
		hop, err := netip.ParseAddr(strings.Trim(hops[i], "[]"))
		if err != nil {
			with, err := netip.ParseAddrPort(hops[i]) // some proxies tell the port, too
			if err != nil {
				break
			}
			hop = with.Addr()
		}
		client = hop.Unmap().WithZone("")
	}
	return client
}

// listed are the members of a header that is a list, in order.
func listed(r *http.Request, name string) []string {
	var all []string
	for _, line := range r.Header.Values(name) {
		for part := range strings.SplitSeq(line, ",") {
			all = append(all, strings.TrimSpace(part))
		}
	}
	return all
}

func last(all []string) string {
	if len(all) == 0 {
		return ""
	}
	return all[len(all)-1]
}

// overTLS keeps pages from being asked for without TLS where the public address has
// it, as a trusted proxy tells: who wants to read is sent there, and nothing that was
// sent readable is taken (R24).
func (s *Server) overTLS(next http.Handler) http.Handler {
	public := s.PublicURL
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		without, _ := r.Context().Value(withoutTLSKey).(bool)
		switch {
		case !without || public.Scheme != "https":
			next.ServeHTTP(w, r)
		case r.Method == http.MethodGet || r.Method == http.MethodHead:
			// Of the request nothing but path and query, whatever form its address has.
			to := url.URL{Scheme: public.Scheme, Host: public.Host, Path: s.base + r.URL.Path, RawPath: s.base + r.URL.EscapedPath(), RawQuery: r.URL.RawQuery}
			http.Redirect(w, r, to.String(), http.StatusPermanentRedirect) //nolint:gosec // the host is the settings'
		default:
			l := s.words(withoutSession(r))
			s.tell(w, withoutSession(r), http.StatusForbidden, components.Notice{
				Kind: "error", Title: l.T("error.403"), Lines: []string{l.T("error.403_without_tls")},
			})
		}
	})
}
