package download

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"slices"

	"github.com/klauspost/compress/s2"

	"triageboard/internal/export"
)

const (
	// chunkSize is how many bytes of rows are sealed together; ours. It and a page
	// are what is in memory of a report.
	chunkSize = 256 << 10
	// maxChunk is the longest a sealed chunk may say it is: what claims more is
	// damaged.
	maxChunk = 256 << 20
	// headSize is the size of the number before each chunk: its length.
	headSize = 4
)

// span is a part of the spool.
type span struct{ From, To int64 }

// spool is the file that rows are kept in: chunks, each compressed, then sealed
// for its place.
type spool struct {
	file    *os.File
	sealer  Sealer
	id      string
	length  int64 // behind the last chunk
	pending []byte
	frame   []byte
}

// openSpool opens the file to write, for this process alone.
func openSpool(path string, sealer Sealer) (_ *spool, err error) {
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("keep the rows: %w", err)
	}
	if err := lock(file); err != nil {
		return nil, errors.Join(err, file.Close())
	}
	return &spool{file: file, sealer: sealer}, nil
}

// goOn has the spool written behind the length that counts, over what a process that
// was killed has left there.
func (s *spool) goOn(id string, length int64) error {
	info, err := s.file.Stat()
	if err != nil {
		return fmt.Errorf("keep the rows: %w", err)
	}
	if info.Size() < length {
		return fmt.Errorf("%d bytes instead of %d: %w", info.Size(), length, ErrDamaged)
	}
	s.id, s.length = id, length
	return nil
}

func purposeOf(id string, at int64) string {
	return fmt.Sprintf("rows at %d of the download %s", at, id)
}

// seal writes the rows that are pending.
func (s *spool) seal() error {
	if len(s.pending) == 0 {
		return nil
	}
	sealed := s.sealer.Seal(s2.Encode(nil, s.pending), purposeOf(s.id, s.length))
	s.frame = binary.BigEndian.AppendUint32(s.frame[:0], uint32(len(sealed))) //nolint:gosec // far below 4 GB
	s.frame = append(s.frame, sealed...)
	if _, err := s.file.WriteAt(s.frame, s.length); err != nil {
		return fmt.Errorf("keep the rows: %w", err)
	}
	s.length += int64(len(s.frame))
	s.pending = s.pending[:0]
	return nil
}

func (s *spool) close() error {
	if err := s.file.Close(); err != nil {
		return fmt.Errorf("keep the rows: %w", err)
	}
	return nil
}

// spooled are the rows of a spool up to a length, but for the void parts. A row is
// good until the next.
func spooled(path string, sealer Sealer, id string, length int64, void []span) iter.Seq2[export.Row, error] {
	return func(yield func(export.Row, error) bool) {
		var u unpacker
		var err error
		for u.from, err = range ahead(chunks(path, sealer, id, length, void), func() {}) {
			if err != nil {
				yield(export.Row{}, err)
				return
			}
			for u.from != "" {
				row, err := u.next()
				if !yield(row, err) || err != nil {
					return
				}
			}
		}
	}
}

// chunks are the plain chunks of a spool.
func chunks(path string, sealer Sealer, id string, length int64, void []span) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		file, err := os.Open(path)
		if err != nil {
			if !os.IsNotExist(err) || length > 0 {
				yield("", fmt.Errorf("read the kept rows: %w", err))
			}
			return
		}
		defer file.Close() //nolint:errcheck // it was only read
		for at := int64(0); at < length; {
			sealed, err := readFrame(file, at, length)
			if err != nil {
				yield("", err)
				return
			}
			here := at
			at += headSize + int64(len(sealed))
			if slices.ContainsFunc(void, func(v span) bool { return v.From <= here && here < v.To }) {
				continue
			}
			plain, err := opened(sealed, sealer, purposeOf(id, here))
			if !yield(plain, err) || err != nil {
				return
			}
		}
	}
}

func readFrame(file io.ReaderAt, at, length int64) ([]byte, error) {
	var head [headSize]byte
	if _, err := file.ReadAt(head[:], at); err != nil {
		return nil, fmt.Errorf("read the kept rows: %w", err)
	}
	size := int64(binary.BigEndian.Uint32(head[:]))
	if size > maxChunk || at+headSize+size > length {
		return nil, fmt.Errorf("a chunk of %d bytes: %w", size, ErrDamaged)
	}
	sealed := make([]byte, size)
	if _, err := file.ReadAt(sealed, at+headSize); err != nil {
		return nil, fmt.Errorf("read the kept rows: %w", err)
	}
	return sealed, nil
}

func opened(sealed []byte, sealer Sealer, purpose string) (string, error) {
	packed, err := sealer.Open(sealed, purpose)
	if err != nil {
		return "", fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	plain, err := s2.Decode(nil, packed)
	if err != nil {
		return "", fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	return string(plain), nil
}
