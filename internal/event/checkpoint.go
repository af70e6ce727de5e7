package event

import (
	"crypto/ed25519"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// emptyRoot is the root of a log without leaves (RFC 6962, 2.1).
var emptyRoot = tlog.Hash(sha256.Sum256(nil))

// Key signs the checkpoints of a log.
type Key struct {
	Public string // what verifies them: publish it where nobody can replace it unseen
	signer note.Signer
}

// LoadOrCreateKey reads the signing key from a file, which it creates at the
// first start. The key is for the log called origin, a name without spaces and
// plus signs: "motcua.example.gov.vn/log". All nodes of one store should share
// one file.
func LoadOrCreateKey(path, origin string) (*Key, error) {
	private, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		if err := createKey(path, origin); err != nil {
			return nil, fmt.Errorf("create the log's key %s: %w", path, err)
		}
		private, err = os.ReadFile(path)
	}
	if err != nil {
		return nil, fmt.Errorf("the log's key: %w", err)
	}
	key, err := parseKey(strings.TrimSpace(string(private)))
	if err != nil {
		return nil, fmt.Errorf("the log's key %s: %w", path, err)
	}
	return key, nil
}

// createKey writes a new key whole or not at all, and never over another.
func createKey(path, origin string) error {
	private, _, err := note.GenerateKey(rand.Reader, origin)
	if err != nil {
		return err
	}
	if _, err := note.NewSigner(private); err != nil {
		return fmt.Errorf("the log's name %q: %w", origin, err)
	}
	f, err := os.CreateTemp(filepath.Dir(path), ".key-") // readable by its owner alone
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	_, err = f.WriteString(private + "\n")
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	if err := os.Link(f.Name(), path); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	return nil
}

// parseKey reads PRIVATE+KEY+<name>+<hash>+<key>.
func parseKey(private string) (*Key, error) {
	signer, err := note.NewSigner(private)
	if err != nil {
		return nil, err
	}
	fields := strings.SplitN(private, "+", 5)
	raw, err := base64.StdEncoding.DecodeString(fields[len(fields)-1])
	if err != nil || len(raw) != 1+ed25519.SeedSize {
		return nil, errors.New("malformed")
	}
	pair := ed25519.NewKeyFromSeed(raw[1:])
	public, err := note.NewEd25519VerifierKey(signer.Name(), pair.Public().(ed25519.PublicKey))
	if err != nil {
		return nil, err
	}
	return &Key{Public: public, signer: signer}, nil
}

// Checkpoint is a signed statement: at this time the log had this size and root.
// Its text is that of C2SP's tlog-checkpoint with the time as an extension:
//
//	motcua.example.gov.vn/log
//	15368405
//	31JQUq8EyQx5lpqtKRqryJzA+77WD2xmTyuB4uIlXeE=
//	time 2026-03-02T02:00:00Z
//
//	— motcua.example.gov.vn/log Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=
type Checkpoint struct {
	Origin string
	Size   int64
	Root   tlog.Hash
	At     time.Time
	Note   string // the signed text
}

// sign returns the checkpoint of a log's state.
func (k *Key) sign(size int64, root tlog.Hash, at time.Time) (Checkpoint, error) {
	c := Checkpoint{Origin: k.signer.Name(), Size: size, Root: root, At: at.UTC().Truncate(time.Second)}
	signed, err := note.Sign(&note.Note{Text: c.text()}, k.signer)
	if err != nil {
		return Checkpoint{}, fmt.Errorf("sign checkpoint: %w", err)
	}
	c.Note = string(signed)
	return c, nil
}

func (c Checkpoint) text() string {
	return fmt.Sprintf("%s\n%d\n%s\ntime %s\n", c.Origin, c.Size, c.Root, c.At.Format(time.RFC3339))
}

// OpenCheckpoint reads a checkpoint that was signed by one of the given public
// keys.
func OpenCheckpoint(signed string, keys ...string) (Checkpoint, error) {
	var verifiers []note.Verifier
	for _, k := range keys {
		v, err := note.NewVerifier(k)
		if err != nil {
			return Checkpoint{}, fmt.Errorf("public key %q: %w", k, err)
		}
		verifiers = append(verifiers, v)
	}
	n, err := note.Open([]byte(signed), note.VerifierList(verifiers...))
	if err != nil {
		return Checkpoint{}, fmt.Errorf("checkpoint: %w", err)
	}
	lines := strings.Split(n.Text, "\n")
	if len(lines) != 5 {
		return Checkpoint{}, errors.New("checkpoint: want four lines")
	}
	c := Checkpoint{Origin: lines[0], Note: signed}
	if c.Size, err = strconv.ParseInt(lines[1], 10, 64); err != nil {
		return Checkpoint{}, errors.New("checkpoint: malformed size")
	}
	if c.Root, err = tlog.ParseHash(lines[2]); err != nil {
		return Checkpoint{}, errors.New("checkpoint: malformed root")
	}
	if c.At, err = time.Parse("time "+time.RFC3339, lines[3]); err != nil {
		return Checkpoint{}, errors.New("checkpoint: malformed time")
	}
	// One text, one form: a byte that neither the signature nor a number would
	// notice is a change all the same.
	sig := n.Sigs[0]
	raw, err := base64.StdEncoding.Strict().DecodeString(sig.Base64)
	whole := fmt.Sprintf("%s\n— %s %s\n", c.text(), c.Origin, base64.StdEncoding.EncodeToString(raw))
	if err != nil || whole != signed || c.Size < 0 {
		return Checkpoint{}, errors.New("checkpoint: malformed")
	}
	return c, nil
}
