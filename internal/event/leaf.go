package event

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"time"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/motcua/motcua/internal/actor"
)

// saltSize makes the published hash of an event say nothing to who guesses what
// the event was.
const saltSize = 16

// leaf is an event as the log hashes it: one line of JSON whose fields stand in
// this order, without white space.
//
//	{"id":"0195…","at":"2026-03-02T02:00:00.000000Z","actor":"an","unit":"","subject":"dossier:1","kind":"dossier.filed","data":{"fee":1},"salt":"…"}
//
// The moment is UTC to the microsecond, data is canonical (see [CheckData]), the
// salt is base64. The hash of a leaf is that of RFC 6962 over these bytes:
// SHA-256 of a zero byte and the line without its end.
type leaf struct {
	ID      string          `json:"id"`
	At      string          `json:"at"`
	Actor   string          `json:"actor"`
	Unit    string          `json:"unit"`
	Subject string          `json:"subject"`
	Kind    string          `json:"kind"`
	Data    json.RawMessage `json:"data"`
	Salt    string          `json:"salt"`
}

const leafTime = "2006-01-02T15:04:05.000000Z"

// line returns the bytes of an event's leaf.
func line(e Stored, salt []byte) ([]byte, error) {
	data, err := canonical(e.Data)
	if err != nil {
		return nil, fmt.Errorf("event %s: %w", e.ID, err)
	}
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	err = enc.Encode(leaf{
		ID:      e.ID,
		At:      e.At.UTC().Format(leafTime),
		Actor:   string(e.Actor),
		Unit:    e.Unit,
		Subject: e.Subject,
		Kind:    e.Kind,
		Data:    data,
		Salt:    base64.StdEncoding.EncodeToString(salt),
	})
	if err != nil {
		return nil, fmt.Errorf("event %s: %w", e.ID, err)
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), nil
}

// parseLine reads the event of a line.
func parseLine(line []byte) (Stored, error) {
	var l leaf
	if err := json.Unmarshal(line, &l); err != nil {
		return Stored{}, err
	}
	at, err := time.Parse(leafTime, l.At)
	if err != nil {
		return Stored{}, err
	}
	return Stored{ID: l.ID, At: at, Actor: actor.ID(l.Actor), Unit: l.Unit, Subject: l.Subject, Kind: l.Kind, Data: l.Data}, nil
}

// tree computes the root of a growing log in memory of the order of its depth.
type tree struct {
	size  int64
	spine []tlog.Hash // roots of the complete subtrees, the largest first
}

// add appends a leaf.
func (t *tree) add(h tlog.Hash) {
	t.spine = append(t.spine, h)
	for n := t.size; n&1 == 1; n >>= 1 { // a subtree is complete with its right half
		last := len(t.spine) - 1
		t.spine[last-1] = tlog.NodeHash(t.spine[last-1], t.spine[last])
		t.spine = t.spine[:last]
	}
	t.size++
}

// root returns the root hash of all leaves added so far.
func (t *tree) root() tlog.Hash {
	if t.size == 0 {
		return emptyRoot
	}
	h := t.spine[len(t.spine)-1]
	for i := len(t.spine) - 2; i >= 0; i-- {
		h = tlog.NodeHash(t.spine[i], h)
	}
	return h
}
