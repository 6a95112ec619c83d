package config

import (
	"errors"
	"fmt"
	"math"
	"net/url"
	"reflect"
	"strconv"
	"strings"
	"time"

	"github.com/caarlos0/env/v11"
)

// parsers read the types of Config whose own errors would speak Go. None of
// them repeats a URL: it could hold a password.
func parsers() map[reflect.Type]env.ParserFunc {
	return map[reflect.Type]env.ParserFunc{
		reflect.TypeFor[bool]():          parseBool,
		reflect.TypeFor[int]():           parseInt,
		reflect.TypeFor[float64]():       parseFloat,
		reflect.TypeFor[time.Duration](): parseDuration,
		reflect.TypeFor[time.Location](): parseZone,
		reflect.TypeFor[url.URL]():       parseURL,
	}
}

func parseBool(v string) (any, error) {
	switch strings.ToLower(v) {
	case "on":
		return true, nil
	case "off":
		return false, nil
	}
	b, err := strconv.ParseBool(v)
	if err != nil {
		return nil, fmt.Errorf("%q is neither true nor false", v)
	}
	return b, nil
}

func parseInt(v string) (any, error) {
	n, err := strconv.Atoi(v)
	if err != nil {
		return nil, fmt.Errorf("%q isn't a whole number", v)
	}
	return n, nil
}

func parseFloat(v string) (any, error) {
	f, err := strconv.ParseFloat(v, 64)
	if err != nil || math.IsNaN(f) || math.IsInf(f, 0) {
		return nil, fmt.Errorf("%q isn't a number", v)
	}
	return f, nil
}

func parseDuration(v string) (any, error) {
	d, err := time.ParseDuration(v)
	if err != nil {
		return nil, fmt.Errorf("%q isn't a length of time such as 10s, 15m or 12h", v)
	}
	return d, nil
}

func parseZone(v string) (any, error) {
	zone, err := time.LoadLocation(v)
	if err != nil || v == "Local" {
		return nil, fmt.Errorf("%q isn't the name of a time zone such as Europe/Amsterdam", v)
	}
	return *zone, nil
}

func parseURL(v string) (any, error) {
	u, err := url.Parse(v)
	switch {
	case err != nil, u.Scheme != "http" && u.Scheme != "https", u.Hostname() == "":
		return nil, errors.New("must be an address such as https://example.org")
	case u.User != nil:
		return nil, errors.New("must not hold a user name or password")
	case u.RawQuery != "" || u.ForceQuery || u.Fragment != "":
		return nil, errors.New("must not hold a ? or # part")
	}
	u.Host = strings.ToLower(u.Host)
	u.Path = strings.TrimRight(u.Path, "/")
	u.RawPath = ""
	return *u, nil
}
