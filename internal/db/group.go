package db

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"sync"
)

// batchLimit bounds how many callbacks share a commit, and with it how long the
// first of them waits for the last.
const batchLimit = 64

var errClosed = errors.New("store is closed")

// group lets the writers of SQLite share commits. One goroutine opens the
// transaction and hands it to one waiting caller after another; each runs its
// callback on its own goroutine, so that its panic is its own.
type group struct {
	write *sql.DB
	cache *stmts
	queue chan *turn
	done  chan struct{} // closed when the last batch has ended

	mu     sync.RWMutex // held for reading while a turn is put in the queue
	closed bool
}

// turn is one callback's place in a batch.
type turn struct {
	ctx    context.Context
	tx     chan *Tx   // the group gives the transaction
	used   chan error // the caller gives it back, with what its callback said
	result chan error // the group tells how the commit went
}

func newGroup(write *sql.DB, cache *stmts) *group {
	g := &group{write: write, cache: cache, queue: make(chan *turn, 4*batchLimit), done: make(chan struct{})}
	go g.run()
	return g
}

func (g *group) close() {
	g.mu.Lock()
	if !g.closed {
		g.closed = true
		close(g.queue)
	}
	g.mu.Unlock()
	<-g.done
}

func (g *group) do(ctx context.Context, fn func(*Tx) error) error {
	t := &turn{ctx: ctx, tx: make(chan *Tx), used: make(chan error, 1), result: make(chan error, 1)}
	if err := g.enter(t); err != nil {
		return err
	}
	select {
	case tx := <-t.tx:
		t.run(tx, fn)
	case err := <-t.result: // it never got its turn
		return err
	}
	return <-t.result
}

func (g *group) enter(t *turn) error {
	g.mu.RLock()
	defer g.mu.RUnlock()
	if g.closed {
		return errClosed
	}
	select {
	case g.queue <- t:
		return nil
	case <-t.ctx.Done():
		return t.ctx.Err()
	}
}

// run calls fn and gives the transaction back whatever happens, a panic and
// runtime.Goexit included.
func (t *turn) run(tx *Tx, fn func(*Tx) error) {
	err := errors.New("callback did not return")
	defer func() {
		if err == nil {
			err = tx.failed
		}
		t.used <- err
	}()
	err = fn(tx)
}

func (g *group) run() {
	defer close(g.done)
	for first := range g.queue {
		batch := []*turn{first}
	gather:
		for len(batch) < batchLimit {
			select {
			case t, ok := <-g.queue:
				if !ok {
					break gather
				}
				batch = append(batch, t)
			default:
				break gather
			}
		}
		g.commit(batch)
		g.cache.prepare()
	}
}

// commit runs the callbacks of a batch and tells each caller how it ended.
func (g *group) commit(batch []*turn) {
	results := make([]error, len(batch))
	err := g.transact(batch, results)
	for i, t := range batch {
		if results[i] == nil {
			results[i] = err
		}
		t.result <- results[i]
	}
}

// transact fills results with the callbacks' own errors. The error it returns
// is the whole batch's.
func (g *group) transact(batch []*turn, results []error) error {
	ctx := context.Background()
	sqlTx, err := g.write.BeginTx(ctx, nil)
	if err != nil {
		return fmt.Errorf("begin: %w", err)
	}
	defer sqlTx.Rollback() // after a commit it does nothing
	for i, t := range batch {
		if results[i] = t.ctx.Err(); results[i] != nil {
			continue
		}
		if err := g.savepoint(ctx, sqlTx, t, &results[i]); err != nil {
			return err
		}
	}
	if err := sqlTx.Commit(); err != nil {
		// SQLite may keep the transaction open, and database/sql thinks it ended.
		// Where it did, this fails, and that is well.
		g.write.ExecContext(ctx, "rollback")
		return fmt.Errorf("commit: %w", err)
	}
	return nil
}

// savepoint gives one caller its turn. An error means that SQLite rolled the
// whole transaction back by itself (a full disk, say) and the savepoint is gone
// with it.
func (g *group) savepoint(ctx context.Context, sqlTx *sql.Tx, t *turn, result *error) error {
	if _, err := sqlTx.ExecContext(ctx, "savepoint turn"); err != nil {
		return fmt.Errorf("savepoint: %w", err)
	}
	t.tx <- &Tx{sql: sqlTx, cache: g.cache}
	*result = <-t.used
	if *result != nil {
		if _, err := sqlTx.ExecContext(ctx, "rollback to turn"); err != nil {
			return fmt.Errorf("the store rolled back by itself: %w", errors.Join(*result, err))
		}
	}
	if _, err := sqlTx.ExecContext(ctx, "release turn"); err != nil {
		return fmt.Errorf("the store rolled back by itself: %w", errors.Join(*result, err))
	}
	return nil
}
