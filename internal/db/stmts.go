package db

import (
	"context"
	"database/sql"
	"sync"
)

// stmtsLimit bounds the prepared statements kept. The program's texts are
// constants, a few hundred; those put together at run time take the rest.
const stmtsLimit = 1000

// stmts keeps statements prepared on SQLite's writer connection. While a
// transaction holds that connection none can be prepared, so a text met for the
// first time is noted and prepared between two batches.
type stmts struct {
	write *sql.DB

	mu     sync.Mutex
	known  map[string]*sql.Stmt // guarded by mu
	missed map[string]struct{}  // guarded by mu
}

func newStmts(write *sql.DB) *stmts {
	return &stmts{write: write, known: map[string]*sql.Stmt{}, missed: map[string]struct{}{}}
}

// get returns the prepared statement, or nil when there is none yet.
func (s *stmts) get(query string) *sql.Stmt {
	s.mu.Lock()
	defer s.mu.Unlock()
	stmt := s.known[query]
	if stmt == nil && len(s.known)+len(s.missed) < stmtsLimit {
		s.missed[query] = struct{}{}
	}
	return stmt
}

// prepare prepares what was missed. A text that cannot be prepared stays
// unprepared and fails, with its own error, where it is used.
func (s *stmts) prepare() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for query := range s.missed {
		if stmt, err := s.write.PrepareContext(context.Background(), query); err == nil {
			s.known[query] = stmt
		}
		delete(s.missed, query)
	}
}

func (s *stmts) close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, stmt := range s.known {
		stmt.Close()
	}
	clear(s.known)
}
