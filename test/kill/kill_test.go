package kill

import (
	"context"
	"crypto/rand"
	mathrand "math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/motcua/motcua/internal/db"
	"github.com/motcua/motcua/internal/db/dbtest"
	"github.com/motcua/motcua/test/program"
)

const (
	clients = 16
	kills   = 8
)

func TestKill(t *testing.T) {
	if os.Getenv("TEST_KILL") == "" {
		t.Skip("runs with TEST_KILL=1; make test sets it")
	}
	bin, err := program.Build(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Run("sqlite", func(t *testing.T) {
		dir := t.TempDir()
		kill(t, bin, dir, "sqlite:"+filepath.Join(dir, "motcua.db")) // where the demo would put it by itself
	})
	t.Run("postgres", func(t *testing.T) { kill(t, bin, t.TempDir(), dbtest.PostgreSQLAddress(t)) })
}

// kill files dossiers while the program dies again and again, then counts.
func kill(t *testing.T, bin, dir, store string) {
	address := program.FreeAddress(t)
	p := program.Demo(t, bin, address, dir, store)
	citizen, ok := program.Accounts(t, bin, dir, store)["citizen"]
	if !ok {
		t.Fatal("the demo has no citizen")
	}
	c := client{p.URL, citizen.Token, &http.Client{Timeout: 20 * time.Second}}
	f := &filings{acknowledged: make(map[string]filed)}
	stop := f.start(t, c)
	for range kills {
		time.Sleep(300*time.Millisecond + mathrand.N(1200*time.Millisecond))
		p.Kill()
		p = program.Demo(t, bin, address, dir, store)
	}
	stop()
	t.Logf("%d dossiers acknowledged, %d answers lost, %d kills", len(f.acknowledged), f.lost.Load(), kills)
	if len(f.acknowledged) < clients || f.lost.Load() == 0 {
		t.Error("too little was under way to prove anything")
	}
	f.repeat(t, c)

	d, err := db.Open(t.Context(), store)
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	settle(t, d)
	p.Stop()
	f.audit(t, d)
	copied := filepath.Join(t.TempDir(), "log")
	for _, args := range [][]string{{"log", "export", copied}, {"log", "verify", copied}} {
		if _, err := program.Run(bin, dir, store, args...); err != nil {
			t.Error(err)
		}
	}
}

// filed is one filing and the code it got.
type filed struct {
	n    int64
	code string
}

// filings is what the clients were told.
type filings struct {
	next atomic.Int64
	lost atomic.Int64 // requests to which no answer came

	mu           sync.Mutex
	acknowledged map[string]filed // by key; guarded by mu until the clients have stopped
}

// start lets the clients file until the function it returns is called. Each
// files one dossier after another, and asks again until it knows.
func (f *filings) start(t *testing.T, c client) (stop func()) {
	ctx, cancel := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	for range clients {
		wg.Go(func() {
			for ctx.Err() == nil {
				f.file(t, c)
			}
		})
	}
	return func() {
		cancel()
		wg.Wait()
	}
}

func (f *filings) file(t *testing.T, c client) {
	n, key := f.next.Add(1), rand.Text()
	for deadline := time.Now().Add(2 * time.Minute); time.Now().Before(deadline); {
		code, known, err := c.post(n, key)
		if err == nil {
			f.mu.Lock()
			f.acknowledged[key] = filed{n, code}
			f.mu.Unlock()
			return
		}
		if known {
			t.Errorf("dossier %d refused: %v", n, err)
			time.Sleep(time.Second)
			return
		}
		f.lost.Add(1)
		time.Sleep(20 * time.Millisecond)
	}
	t.Errorf("dossier %d: no answer for two minutes", n)
}

// repeat reads every dossier by its code, and files it again under its key: the
// first answer must come back.
func (f *filings) repeat(t *testing.T, c client) {
	given := make(map[string]bool)
	for key, a := range f.acknowledged {
		if given[a.code] {
			t.Errorf("code %s was given twice", a.code)
		}
		given[a.code] = true
		if err := c.get(a.code); err != nil {
			t.Errorf("dossier %s: %v", a.code, err)
		}
		if code, _, err := c.post(a.n, key); err != nil || code != a.code {
			t.Errorf("dossier %s filed again under its key: %s, %v", a.code, code, err)
		}
	}
}

// settle waits until the public log has taken in and signed every event, and
// every filing was told to somebody. What is still missing then is for the audit
// to say.
func settle(t *testing.T, d *db.DB) {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Minute); time.Now().Before(deadline); time.Sleep(time.Second) {
		var pending, unsigned, untold int
		err := d.QueryRowContext(t.Context(), `
			select
				(select count(*) from event_pending),
				(select count(*) from event_leaf where idx >= (select coalesce(max(size), 0) from event_checkpoint)),
				(select count(*) from dossier d join event e on e.subject = 'dossier:' || d.id and e.kind = 'dossier.filed'
				 where d.filing_key is not null and not exists (select 1 from notify_notice n where n.fact = e.id))`).
			Scan(&pending, &unsigned, &untold)
		if err != nil {
			t.Fatal(err)
		}
		if pending+unsigned+untold == 0 {
			return
		}
	}
	t.Error("the log or the notices were not done within ten minutes")
}

// audit counts, for every acknowledged dossier, what must be there once.
func (f *filings) audit(t *testing.T, d *db.DB) {
	t.Helper()
	for key, a := range f.acknowledged {
		var dossiers, same, events, leaves, notices int
		err := d.QueryRowContext(t.Context(), `
			select
				(select count(*) from dossier where filing_key like '%' || $2),
				(select count(*) from dossier where filing_key like '%' || $2 and code = $1),
				(select count(*) from event e join dossier d on e.subject = 'dossier:' || d.id where d.code = $1 and e.kind = 'dossier.filed'),
				(select count(*) from event_leaf l join event e on e.id = l.event_id join dossier d on e.subject = 'dossier:' || d.id
				 where d.code = $1 and e.kind = 'dossier.filed'),
				(select count(distinct n.recipient) from notify_notice n join event e on e.id = n.fact join dossier d on e.subject = 'dossier:' || d.id
				 where d.code = $1 and e.kind = 'dossier.filed')`, a.code, key).
			Scan(&dossiers, &same, &events, &leaves, &notices)
		if err != nil {
			t.Fatal(err)
		}
		if dossiers != 1 || same != 1 || events != 1 || leaves != 1 || notices == 0 {
			t.Errorf("dossier %s: %d under its key, %d of them with its code, %d filings recorded, %d in the log, %d told; want 1, 1, 1, 1 and somebody",
				a.code, dossiers, same, events, leaves, notices)
		}
	}
}
