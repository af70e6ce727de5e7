package procedure

import (
	"context"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/motcua/motcua/internal/worktime"
)

// recheck is how long a node may go on with an edition of the catalogue before
// it asks whether another node has published.
const recheck = time.Second

// shelf is one edition of the catalogue. Its heads do not change; pages asked
// for are kept beside them until the next edition.
type shelf struct {
	edition int64
	ids     map[ID]head
	codes   map[Code][]head

	mu       sync.Mutex
	versions map[ID]*Version
	pages    map[Filter]Page
	fields   map[worktime.Date][]Field
}

// maxKept bounds what is remembered of one edition, of each kind.
const maxKept = 512

// current returns the newest edition, which is at most recheck old.
func (s *Service) current(ctx context.Context) (*shelf, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.now()
	if age := now.Sub(s.checked); s.shelf != nil && age >= 0 && age < recheck {
		return s.shelf, nil
	}
	n, err := edition(ctx, s.db)
	if err != nil {
		return nil, err
	}
	if s.shelf == nil || s.shelf.edition != n {
		all, err := heads(ctx, s.db)
		if err != nil {
			return nil, err
		}
		s.shelf = newShelf(n, all)
	}
	s.checked = now
	return s.shelf, nil
}

// forget makes the next reader look at the store.
func (s *Service) forget() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.checked = time.Time{}
}

func newShelf(edition int64, all []head) *shelf {
	sh := &shelf{
		edition: edition, ids: make(map[ID]head, len(all)), codes: map[Code][]head{},
		versions: map[ID]*Version{}, pages: map[Filter]Page{}, fields: map[worktime.Date][]Field{},
	}
	for _, h := range all {
		sh.ids[h.id] = h
		sh.codes[h.code] = append(sh.codes[h.code], h)
	}
	return sh
}

// version returns a version as the shelf has it in force.
func (s *Service) version(ctx context.Context, sh *shelf, id ID) (*Version, error) {
	sh.mu.Lock()
	v := sh.versions[id]
	sh.mu.Unlock()
	if v != nil {
		return v, nil
	}
	h, ok := sh.ids[id]
	if !ok {
		return nil, errNotFound
	}
	content, err := s.content(ctx, id)
	if err != nil {
		return nil, err
	}
	dated := *content
	h.put(&dated)
	sh.mu.Lock()
	defer sh.mu.Unlock()
	if v := sh.versions[id]; v != nil {
		return v, nil // somebody was quicker; all share one
	}
	sh.versions[id] = &dated
	return &dated, nil
}

// content returns what was published under an id, which is for ever.
func (s *Service) content(ctx context.Context, id ID) (*Version, error) {
	s.mu.Lock()
	v := s.contents[id]
	s.mu.Unlock()
	if v != nil {
		return v, nil
	}
	d, err := definition(ctx, s.db, id)
	if err != nil {
		return nil, err
	}
	if v, err = compile(d); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.contents[id] = v
	return v, nil
}

// page returns a page asked for before. Searches by words are not kept: there is
// no end of them.
func (sh *shelf) page(f Filter) (Page, bool) {
	sh.mu.Lock()
	defer sh.mu.Unlock()
	p, ok := sh.pages[f]
	return p, ok
}

func (sh *shelf) keep(f Filter, p Page) {
	sh.mu.Lock()
	defer sh.mu.Unlock()
	if f.Words == "" && len(sh.pages) < maxKept {
		sh.pages[f] = p
	}
}

func (sh *shelf) fieldsOn(ctx context.Context, s *Service, on worktime.Date) ([]Field, error) {
	sh.mu.Lock()
	known, ok := sh.fields[on]
	sh.mu.Unlock()
	if ok {
		return known, nil
	}
	byCode := map[string]Field{}
	for _, periods := range sh.codes {
		for _, h := range periods {
			if on.Before(h.from) || !h.to.IsZero() && !on.Before(h.to) {
				continue
			}
			v, err := s.version(ctx, sh, h.id)
			if err != nil {
				return nil, err
			}
			byCode[v.Field.Code] = v.Field
		}
	}
	var fields []Field
	for _, code := range slices.Sorted(maps.Keys(byCode)) {
		fields = append(fields, byCode[code])
	}
	sh.mu.Lock()
	defer sh.mu.Unlock()
	if len(sh.fields) < maxKept {
		sh.fields[on] = fields
	}
	return fields, nil
}
