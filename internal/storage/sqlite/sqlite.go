// Package sqlite keeps the board's data in an SQLite file.
package sqlite

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"sync"
	"syscall"
	"time"

	"github.com/alexedwards/scs/sqlite3store"
	"github.com/pressly/goose/v3"
	driver "modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

//go:embed migrations/*.sql
var migrations embed.FS

const (
	maxReaders       = 4
	busyTimeout      = 5 * time.Second
	sessionsCleaning = 5 * time.Minute
	// readerCache is how many KiB of pages each reader keeps for itself, of those
	// the system keeps for all; SQLite's own choice is 2,000.
	readerCache = 500
)

// DB is an open database. SQLite has one writer at a time: writes queue for
// one connection here, instead of failing as busy there; reads have their own
// connections and never wait for them.
type DB struct {
	write    *sql.DB
	read     *sql.DB
	sessions sessions
	close    func() error
}

// Open opens the SQLite file at path, makes it (mode 0600) if there is none,
// and brings its tables up to date. The error says in words when the folder is
// missing, the file may not be written or isn't a database, and when a newer
// version of the program made it.
func Open(ctx context.Context, path string) (*DB, error) {
	if err := prepareFile(path); err != nil {
		return nil, err
	}
	write, err := connect(path, 1, url.Values{"_txlock": {"immediate"}})
	if err != nil {
		return nil, err
	}
	if err := migrate(ctx, write); err != nil {
		return nil, errors.Join(explain(path, err), write.Close())
	}
	read, err := connect(path, maxReaders, url.Values{"_pragma": {"query_only(1)", fmt.Sprintf("cache_size(-%d)", readerCache)}})
	if err != nil {
		return nil, errors.Join(err, write.Close())
	}
	db := &DB{write: write, read: read, sessions: sessions{
		SQLite3Store: sqlite3store.NewWithCleanupInterval(write, sessionsCleaning),
		read:         sqlite3store.NewWithCleanupInterval(read, 0),
	}}
	db.close = sync.OnceValue(func() error {
		db.sessions.StopCleanup()
		return errors.Join(read.Close(), write.Close())
	})
	return db, nil
}

// Close ends the cleaning of sessions and closes the file. It may be called
// more than once.
func (db *DB) Close() error { return db.close() }

// Ping reports whether the database still answers.
func (db *DB) Ping(ctx context.Context) error {
	if err := db.write.PingContext(ctx); err != nil {
		return fmt.Errorf("SQLite: %w", err)
	}
	return nil
}

// prepareFile makes the file with a mode of our own: SQLite would take the
// umask's. The files beside it inherit its mode.
func prepareFile(path string) error {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return explain(path, err)
	}
	return f.Close()
}

// connect opens a pool of connections. The file is synced at every commit
// (FULL): an accepted action must survive a power cut.
func connect(path string, connections int, query url.Values) (*sql.DB, error) {
	query["_pragma"] = append([]string{
		fmt.Sprintf("busy_timeout(%d)", busyTimeout.Milliseconds()),
		"journal_mode(WAL)",
		"synchronous(FULL)",
		"foreign_keys(1)",
	}, query["_pragma"]...)
	// As a URI, so that a ? or % in the path stays part of it.
	dsn := url.URL{Scheme: "file", Opaque: (&url.URL{Path: filepath.ToSlash(path)}).EscapedPath(), RawQuery: query.Encode()}
	pool, err := sql.Open("sqlite", dsn.String())
	if err != nil {
		return nil, fmt.Errorf("SQLite: %w", err)
	}
	pool.SetMaxOpenConns(connections)
	pool.SetMaxIdleConns(connections)
	return pool, nil
}

func migrate(ctx context.Context, db *sql.DB) error {
	files, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return fmt.Errorf("migrations: %w", err)
	}
	provider, err := goose.NewProvider(goose.DialectSQLite3, db, files, goose.WithLogger(goose.NopLogger()))
	if err != nil {
		return fmt.Errorf("migrations: %w", err)
	}
	made, known, err := provider.GetVersions(ctx)
	if err != nil {
		return fmt.Errorf("reading the database's version: %w", err)
	}
	if made > known {
		return fmt.Errorf("it was made by a newer version of this program (tables at %d, known up to %d)", made, known)
	}
	if _, err := provider.Up(ctx); err != nil {
		return fmt.Errorf("bringing the tables up to date: %w", err)
	}
	return nil
}

// explain puts the usual reasons why a file can't be opened into words.
func explain(path string, err error) error {
	var fromSQLite *driver.Error
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("the folder %q doesn't exist", filepath.Dir(path))
	case errors.Is(err, fs.ErrPermission), errors.Is(err, syscall.EROFS):
		return fmt.Errorf("the file %q may not be written by this program: %w", path, err)
	case errors.Is(err, syscall.EISDIR):
		return fmt.Errorf("%q is a folder instead of a file", path)
	case errors.As(err, &fromSQLite) && fromSQLite.Code()&0xff == sqlite3.SQLITE_NOTADB:
		return fmt.Errorf("the file %q isn't an SQLite database", path)
	case errors.As(err, &fromSQLite) && fromSQLite.Code()&0xff == sqlite3.SQLITE_READONLY:
		return fmt.Errorf("the file %q or its folder may not be written by this program: %w", path, err)
	}
	return fmt.Errorf("the file %q: %w", path, err)
}
