package document

import (
	"bytes"
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/digitorus/pkcs7"
)

// Signer holds a private key: in a file, on a USB token, or at a remote
// certification authority. Keys are ECDSA P-256.
type Signer interface {
	Certificate() *x509.Certificate
	// Sign signs a SHA-256 digest and returns an ASN.1 ECDSA signature.
	Sign(ctx context.Context, digest []byte) ([]byte, error)
}

// Sign fills one of the paper's empty signature fields: PAdES baseline B
// (ETSI EN 319 142-1), by an incremental update that leaves earlier signatures
// whole. The page shows who signed and when (Decree 30/2020, appendix I).
func Sign(ctx context.Context, pdf []byte, field string, s Signer, at time.Time) ([]byte, error) {
	p, err := Prepare(pdf, field, s.Certificate(), at)
	if err != nil {
		return nil, err
	}
	sig, err := s.Sign(ctx, p.Digest)
	if err != nil {
		return nil, fmt.Errorf("sign %s: %w", field, err)
	}
	return p.Embed(sig)
}

// Prepared is a paper that waits for the signature of its Digest, which may be
// made on another machine.
type Prepared struct {
	Digest []byte // SHA-256 of the signed attributes

	pdf        []byte
	hole       int // offset of the hex digits of /Contents
	cert       *x509.Certificate
	attributes []byte
}

const (
	room      = 8192         // bytes kept for the CMS message; a chain of three takes half of it
	rangeRoom = "0000000000" // each number of /ByteRange is overwritten in place
)

var fieldsRE = regexp.MustCompile(`/Fields\[([^\]]*)\]`)
var rectRE = regexp.MustCompile(`/Rect\[([\d.]+) ([\d.]+) ([\d.]+) ([\d.]+)\]`)

// Prepare writes everything but the signature itself.
func Prepare(pdf []byte, field string, cert *x509.Certificate, at time.Time) (*Prepared, error) {
	f, err := parse(pdf)
	if err != nil {
		return nil, fmt.Errorf("sign %s: %w", field, err)
	}
	n, widget, err := f.field(field)
	if err != nil {
		return nil, fmt.Errorf("sign %s: %w", field, err)
	}
	if !bytes.Contains(widget, []byte("/FT/Sig")) || bytes.Contains(widget, []byte("/V ")) {
		return nil, fmt.Errorf("sign %s: not an empty signature field", field)
	}
	r := f.revise()
	look, err := r.appearance(widget, cert, at)
	if err != nil {
		return nil, fmt.Errorf("sign %s: %w", field, err)
	}
	value := r.add(fmt.Appendf(nil, "<</Type/Sig/Filter/Adobe.PPKLite/SubFilter/ETSI.CAdES.detached/M(D:%s+07'00')/ByteRange[0 %s %s %s]/Contents<%s>>>",
		at.In(zone).Format("20060102150405"), rangeRoom, rangeRoom, rangeRoom, strings.Repeat("0", 2*room)))
	valueAt := r.at[value]
	r.put(n, extend(widget, fmt.Sprintf("/V %d 0 R/AP<</N %d 0 R>>", value, look)))
	out := r.bytes()

	open := valueAt + bytes.Index(out[valueAt:], []byte("/Contents<")) + len("/Contents")
	end := open + 2*room + 2
	ranges := valueAt + bytes.Index(out[valueAt:], []byte("/ByteRange[")) + len("/ByteRange[")
	copy(out[ranges:], fmt.Sprintf("0 %010d %010d %010d", open, end, len(out)-end))

	h := sha256.New()
	h.Write(out[:open])
	h.Write(out[end:])
	attributes, err := signedAttributes(cert, h.Sum(nil))
	if err != nil {
		return nil, fmt.Errorf("sign %s: %w", field, err)
	}
	digest := sha256.Sum256(attributes)
	return &Prepared{Digest: digest[:], pdf: out, hole: open + 1, cert: cert, attributes: attributes}, nil
}

// Embed puts the signature of Digest into its place.
func (p *Prepared) Embed(signature []byte) ([]byte, error) {
	key, ok := p.cert.PublicKey.(*ecdsa.PublicKey)
	if !ok || !ecdsa.VerifyASN1(key, p.Digest, signature) {
		return nil, errors.New("embed signature: it is not by the certificate's key")
	}
	cms, err := message(p.cert, p.attributes, signature)
	if err != nil {
		return nil, fmt.Errorf("embed signature: %w", err)
	}
	if len(cms) > room {
		return nil, fmt.Errorf("embed signature: %d bytes do not fit", len(cms))
	}
	out := bytes.Clone(p.pdf)
	hex.Encode(out[p.hole:], cms)
	return out, nil
}

// field finds a signature field by its name.
func (f *file) field(name string) (int, []byte, error) {
	all, err := f.signatureFields()
	if err != nil {
		return 0, nil, err
	}
	for _, n := range all {
		w, err := f.object(n)
		if err != nil {
			return 0, nil, err
		}
		if bytes.Contains(w, []byte("/T("+name+")")) {
			return n, w, nil
		}
	}
	return 0, nil, errors.New("no such signature field")
}

func (f *file) signatureFields() ([]int, error) {
	catalog, err := f.object(f.root)
	if err != nil {
		return nil, err
	}
	m := fieldsRE.FindSubmatch(catalog)
	if m == nil {
		return nil, nil
	}
	return refs(m[1]), nil
}

// appearance draws what the page shows of a signature. It is drawn as a small
// PDF of its own, whose objects are copied: so it brings its own letters.
func (r *revision) appearance(widget []byte, cert *x509.Certificate, at time.Time) (int, error) {
	return r.picture(widget, at, func(s *sheet) {
		red, green, blue := 20, 60, 160 // a person signs in blue, the agency in red
		if bytes.Contains(widget, []byte("/T(seal)")) {
			red, green, blue = 178, 18, 18
		}
		s.pdf.SetTextColor(red, green, blue)
		s.pdf.SetDrawColor(red, green, blue)
		s.pdf.SetLineWidth(0.25)
		s.pdf.Rect(0.3, 0.3, s.w-0.6, s.h-0.6, "D")
		lines := slices.Concat([]string{"Ký bởi: " + cert.Subject.CommonName}, cert.Subject.Organization,
			[]string{"Thời gian ký: " + at.In(zone).Format(time.RFC3339)})
		text := strings.Join(lines, "\n")
		size := 7.5
		for s.font("", size); size > 4 && float64(len(s.split(nfc(text), s.w-3)))*lineHeight(size) > s.h-2; s.font("", size) {
			size -= 0.25
		}
		s.column(1.5, 1, s.w-3, text, Left)
	})
}

// picture draws what a field shows.
func (r *revision) picture(widget []byte, at time.Time, draw func(*sheet)) (int, error) {
	m := rectRE.FindSubmatch(widget)
	if m == nil {
		return 0, errForeign
	}
	var q [4]float64
	for i := range q {
		q[i], _ = strconv.ParseFloat(string(m[i+1]), 64)
	}
	w, h := (q[2]-q[0])*point, (q[3]-q[1])*point
	orientation := "P"
	if w > h {
		orientation = "L"
	}
	s := &sheet{metrics: metrics{w: w, h: h}, pdf: newPDF(orientation, w, h, at)}
	s.pdf.SetCompression(true)
	s.pdf.AddPage()
	draw(s)
	b, err := s.output()
	if err != nil {
		return 0, err
	}
	return r.adopt(b, w/point, h/point)
}

var (
	contentsRE  = regexp.MustCompile(`/Contents (\d{1,9}) 0 R`)
	resourcesRE = regexp.MustCompile(`/Resources (\d{1,9}) 0 R`)
	lengthRE    = regexp.MustCompile(`/Length (\d{1,9})`)
)

// adopt copies the first page of a small PDF as a form XObject, renumbering what
// it refers to.
func (r *revision) adopt(pdf []byte, w, h float64) (int, error) {
	f, err := parse(pdf)
	if err != nil {
		return 0, err
	}
	catalog, err := f.object(f.root)
	if err != nil {
		return 0, err
	}
	pages, err := f.pages(catalog)
	if err != nil || len(pages) == 0 {
		return 0, errForeign
	}
	page, err := f.object(pages[0])
	if err != nil {
		return 0, err
	}
	content, ok1 := number(contentsRE, page)
	tree, ok2 := number(pagesRE, catalog)
	if !ok1 || !ok2 {
		return 0, errForeign
	}
	resources, ok := number(resourcesRE, page)
	if !ok {
		parent, err := f.object(tree)
		if err != nil {
			return 0, err
		}
		if resources, ok = number(resourcesRE, parent); !ok {
			return 0, errForeign
		}
	}
	c := copier{from: f, to: r, ids: map[int]int{}}
	res, err := c.copy(resources)
	if err != nil {
		return 0, err
	}
	stream, err := f.object(content)
	if err != nil {
		return 0, err
	}
	form := bytes.Replace(stream, []byte("<<"), fmt.Appendf(nil, "<</Type/XObject/Subtype/Form/BBox[0 0 %.2f %.2f]/Resources %d 0 R", w, h, res), 1)
	return r.add(form), nil
}

// copier copies objects with all they refer to into another file.
type copier struct {
	from *file
	to   *revision
	ids  map[int]int
}

func (c *copier) copy(n int) (int, error) {
	if id, ok := c.ids[n]; ok {
		return id, nil
	}
	id := c.to.next
	c.to.next++
	c.ids[n] = id
	body, err := c.from.object(n)
	if err != nil {
		return 0, err
	}
	dict, stream := body, []byte(nil)
	if i := bytes.Index(body, []byte("stream\n")); i >= 0 {
		dict, stream = body[:i], body[i:]
		// A font file may hold the bytes of "endobj": trust the length.
		if l, ok := number(lengthRE, dict); ok {
			from := c.from.at[n] + len(fmt.Sprintf("%d 0 obj\n", n)) + i + len("stream\n")
			if from+l > len(c.from.b) {
				return 0, errForeign
			}
			stream = slices.Concat([]byte("stream\n"), c.from.b[from:from+l], []byte("\nendstream"))
		}
	}
	var out []byte
	last := 0
	for _, m := range refRE.FindAllSubmatchIndex(dict, -1) {
		ref, _ := strconv.Atoi(string(dict[m[2]:m[3]]))
		to, err := c.copy(ref)
		if err != nil {
			return 0, err
		}
		out = append(append(out, dict[last:m[0]]...), fmt.Sprintf("%d 0 R", to)...)
		last = m[1]
	}
	c.to.put(id, slices.Concat(out, dict[last:], stream))
	return id, nil
}

// CMS (RFC 5652) with the attributes PAdES B-B demands. It is written here, not
// by package pkcs7, because that one reads the clock, adds the signing time
// which PAdES forbids, and cannot wait for a remote key.
var (
	oidData          = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 7, 1}
	oidSignedData    = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 7, 2}
	oidContentType   = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 3}
	oidMessageDigest = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 4}
	oidSigningCertV2 = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 16, 2, 47}
	oidSHA256        = asn1.ObjectIdentifier{2, 16, 840, 1, 101, 3, 4, 2, 1}
	oidECDSASHA256   = asn1.ObjectIdentifier{1, 2, 840, 10045, 4, 3, 2}
)

type attribute struct {
	Type   asn1.ObjectIdentifier
	Values []asn1.RawValue `asn1:"set"`
}

// signingCertificate (RFC 5035) binds the certificate to the signature. Its hash
// is SHA-256, the default.
type signingCertificate struct{ Certs []certID }

type certID struct{ Hash []byte }

// signedAttributes returns the DER SET that is signed.
func signedAttributes(cert *x509.Certificate, digest []byte) ([]byte, error) {
	sum := sha256.Sum256(cert.Raw)
	set := []attribute{}
	for _, a := range []struct {
		oid asn1.ObjectIdentifier
		val any
	}{
		{oidContentType, oidData},
		{oidMessageDigest, digest},
		{oidSigningCertV2, signingCertificate{[]certID{{sum[:]}}}},
	} {
		der, err := asn1.Marshal(a.val)
		if err != nil {
			return nil, err
		}
		set = append(set, attribute{a.oid, []asn1.RawValue{{FullBytes: der}}})
	}
	return asn1.MarshalWithParams(set, "set")
}

// message returns the detached CMS message of one signer.
func message(cert *x509.Certificate, attributes, signature []byte) ([]byte, error) {
	type signerInfo struct {
		Version int
		ID      struct {
			Issuer asn1.RawValue
			Serial *big.Int
		}
		DigestAlgorithm    pkix.AlgorithmIdentifier
		Attributes         asn1.RawValue
		SignatureAlgorithm pkix.AlgorithmIdentifier
		Signature          []byte
	}
	type signedData struct {
		Version          int
		DigestAlgorithms []pkix.AlgorithmIdentifier `asn1:"set"`
		Content          struct{ Type asn1.ObjectIdentifier }
		Certificates     asn1.RawValue
		Signers          []signerInfo `asn1:"set"`
	}
	// In the message the attributes are tagged [0] instead of SET.
	tagged := bytes.Clone(attributes)
	tagged[0] = 0xa0
	sha := pkix.AlgorithmIdentifier{Algorithm: oidSHA256}
	si := signerInfo{
		Version:            1,
		DigestAlgorithm:    sha,
		Attributes:         asn1.RawValue{FullBytes: tagged},
		SignatureAlgorithm: pkix.AlgorithmIdentifier{Algorithm: oidECDSASHA256},
		Signature:          signature,
	}
	si.ID.Issuer = asn1.RawValue{FullBytes: cert.RawIssuer}
	si.ID.Serial = cert.SerialNumber
	sd := signedData{
		Version:          1,
		DigestAlgorithms: []pkix.AlgorithmIdentifier{sha},
		Certificates:     asn1.RawValue{Class: asn1.ClassContextSpecific, Tag: 0, IsCompound: true, Bytes: cert.Raw},
		Signers:          []signerInfo{si},
	}
	sd.Content.Type = oidData
	return asn1.Marshal(struct {
		Type    asn1.ObjectIdentifier
		Content signedData `asn1:"explicit,tag:0"`
	}{oidSignedData, sd})
}

// Signed is one signature found on a paper.
type Signed struct {
	Field       string
	Name        string // of the certificate's subject
	By          []string
	At          time.Time // as the signer's machine says; not a time-stamp
	Valid       bool      // the bytes it covers are those that were signed
	Whole       bool      // it covers everything but later revisions' signatures: true for the last one of an untouched paper
	Certificate *x509.Certificate
}

var (
	valueRE = regexp.MustCompile(`/V (\d{1,9}) 0 R`)
	nameRE  = regexp.MustCompile(`/T\(([a-z0-9-]+)\)`)
	rangeRE = regexp.MustCompile(`/ByteRange\[0 (\d{10}) (\d{10}) (\d{10})\]/Contents<([0-9a-f]+)>`)
	timeRE  = regexp.MustCompile(`/M\(D:(\d{14})\+07'00'\)`)
)

// Verify checks the signatures of a paper made by Render, in the order of their
// making. It does not ask who issued the certificates, nor whether they were
// revoked: any PDF reader does that. An untouched paper has every signature
// Valid and its last one Whole; an error means the file itself is broken.
func Verify(pdf []byte) ([]Signed, error) {
	f, err := parse(pdf)
	if err != nil {
		return nil, fmt.Errorf("verify: %w", err)
	}
	fields, err := f.signatureFields()
	if err != nil {
		return nil, fmt.Errorf("verify: %w", err)
	}
	type found struct {
		Signed
		end int
	}
	var all []found
	for _, n := range fields {
		w, err := f.object(n)
		if err != nil {
			return nil, fmt.Errorf("verify: %w", err)
		}
		v, ok := number(valueRE, w)
		if !ok {
			continue
		}
		value, err := f.object(v)
		if err != nil {
			return nil, fmt.Errorf("verify: %w", err)
		}
		s, end := f.check(value)
		if m := nameRE.FindSubmatch(w); m != nil {
			s.Field = string(m[1])
		}
		all = append(all, found{s, end})
	}
	slices.SortFunc(all, func(a, b found) int { return a.end - b.end })
	out := make([]Signed, len(all))
	for i, s := range all {
		out[i] = s.Signed
	}
	return out, nil
}

// check verifies one signature dictionary and returns where its cover ends.
func (f *file) check(value []byte) (Signed, int) {
	m := rangeRE.FindSubmatch(value)
	if m == nil {
		return Signed{}, 0
	}
	open, _ := strconv.Atoi(string(m[1]))
	after, _ := strconv.Atoi(string(m[2]))
	n, _ := strconv.Atoi(string(m[3]))
	end := after + n
	s := Signed{Whole: end == len(f.b)}
	// The hole must be the signature's own digits and nothing more, or bytes could
	// hide in it.
	if open+2+len(m[4]) != after || end > len(f.b) || !bytes.Equal(f.b[open+1:after-1], m[4]) {
		return s, end
	}
	if t := timeRE.FindSubmatch(value); t != nil {
		s.At, _ = time.ParseInLocation("20060102150405", string(t[1]), zone)
	}
	der, err := hex.DecodeString(string(m[4]))
	if err != nil {
		return s, end
	}
	var cms asn1.RawValue
	padding, err := asn1.Unmarshal(der, &cms)
	if err != nil || len(bytes.Trim(padding, "\x00")) > 0 {
		return s, end
	}
	p7, err := pkcs7.Parse(cms.FullBytes)
	if err != nil {
		return s, end
	}
	p7.Content = slices.Concat(f.b[:open], f.b[after:end])
	if c := p7.GetOnlySigner(); c != nil {
		s.Certificate, s.Name, s.By = c, c.Subject.CommonName, c.Subject.Organization
	}
	var bound signingCertificate
	if s.Certificate == nil || p7.UnmarshalSignedAttribute(oidSigningCertV2, &bound) != nil || len(bound.Certs) == 0 {
		return s, end
	}
	sum := sha256.Sum256(s.Certificate.Raw)
	s.Valid = bytes.Equal(bound.Certs[0].Hash, sum[:]) && p7.Verify() == nil
	return s, end
}

// demoMark stands in the subject of a certificate that proves nothing.
const demoMark = "KHÔNG CÓ GIÁ TRỊ PHÁP LÝ – DEMO"

// NewSelfSigned makes a key and a certificate for it, both PEM, valid for five
// years. A demo's certificate says in its subject, and so on every paper, that
// it has no legal value.
func NewSelfSigned(subject string, demo bool, now time.Time) (cert, key []byte, err error) {
	k, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, nil, fmt.Errorf("make key of %s: %w", subject, err)
	}
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 127))
	if err != nil {
		return nil, nil, fmt.Errorf("make key of %s: %w", subject, err)
	}
	name := pkix.Name{Country: []string{"VN"}, CommonName: nfc(subject)}
	if demo {
		name.Organization = []string{demoMark}
	}
	t := x509.Certificate{
		SerialNumber:          serial.Add(serial, big.NewInt(1)),
		Subject:               name,
		NotBefore:             now.Add(-time.Hour), // clocks differ
		NotAfter:              now.AddDate(5, 0, 0),
		KeyUsage:              x509.KeyUsageDigitalSignature | x509.KeyUsageContentCommitment,
		BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, &t, &t, k.Public(), k)
	if err != nil {
		return nil, nil, fmt.Errorf("certify key of %s: %w", subject, err)
	}
	p8, err := x509.MarshalPKCS8PrivateKey(k)
	if err != nil {
		return nil, nil, fmt.Errorf("write key of %s: %w", subject, err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}),
		pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: p8}), nil
}

// KeyFile is a [Signer] whose key was read from a file.
type KeyFile struct {
	cert *x509.Certificate
	key  crypto.Signer
}

// LoadKey reads what [NewSelfSigned] wrote, or another certificate with its
// ECDSA P-256 key in PKCS #8.
func LoadKey(cert, key []byte) (*KeyFile, error) {
	cb, _ := pem.Decode(cert)
	kb, _ := pem.Decode(key)
	if cb == nil || kb == nil {
		return nil, errors.New("load signing key: not PEM")
	}
	c, err := x509.ParseCertificate(cb.Bytes)
	if err != nil {
		return nil, fmt.Errorf("load signing certificate: %w", err)
	}
	k, err := x509.ParsePKCS8PrivateKey(kb.Bytes)
	if err != nil {
		return nil, fmt.Errorf("load signing key: %w", err)
	}
	ec, ok := k.(*ecdsa.PrivateKey)
	if !ok || ec.Curve != elliptic.P256() || !ec.PublicKey.Equal(c.PublicKey) {
		return nil, errors.New("load signing key: not an ECDSA P-256 key of this certificate")
	}
	return &KeyFile{c, ec}, nil
}

// Certificate implements [Signer].
func (k *KeyFile) Certificate() *x509.Certificate { return k.cert }

// Sign implements [Signer].
func (k *KeyFile) Sign(_ context.Context, digest []byte) ([]byte, error) {
	return k.key.Sign(rand.Reader, digest, crypto.SHA256)
}
