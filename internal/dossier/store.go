package dossier

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/motcua/motcua/internal/db"
	"github.com/motcua/motcua/internal/errs"
	"github.com/motcua/motcua/internal/worktime"
)

var errNotFound = &errs.Error{Kind: errs.NotFound, Msg: "dossier.error.not-found"}

// light are the columns that lists read, of a dossier aliased d; heavy is the
// rest.
const (
	light = `d.id, d.version, d.revision, d.code, d.state, d.money, d.delivery, d.sync, d.authoritative_system, d.external_ref,
		d.procedure_id, d.procedure_code, d.procedure_case, d.channel, d.assisted, d.created_by, d.party, d.applicant_kind,
		d.applicant_name, d.summary, d.receiving_unit, d.handling_unit, d.deciding_unit, d.unit, d.assignee, d.stage, d.pause,
		d.outcome, d.reason, d.article, d.number, d.charge, d.paid, d.supplement_id, d.rating, d.started_at, d.filed_at, d.received_at, d.forward_by,
		d.due_at, d.due_order, d.numbered_at, d.decided_at, d.handed_at, d.apology_drafted_at, d.apology_at`
	heavy = `d.form_hash, d.answers, d.quote`
)

// nullInt is an optional whole number: zero is SQL's null.
type nullInt int

func (n *nullInt) Scan(src any) error {
	var v sql.NullInt64
	err := v.Scan(src)
	*n = nullInt(v.Int64)
	return err
}

func lightDest(d *Dossier) []any {
	return []any{&d.ID, &d.Version, &d.revision, (*db.NullText)(&d.Code), &d.State, &d.Money, &d.Delivery, &d.Sync, &d.AuthoritativeSystem, (*db.NullText)(&d.ExternalRef),
		&d.Procedure, &d.ProcedureCode, &d.Case, &d.Channel, &d.Assisted, &d.CreatedBy, &d.Party, &d.ApplicantKind,
		&d.ApplicantName, &d.Summary, &d.ReceivingUnit, &d.HandlingUnit, &d.DecidingUnit, &d.Unit, (*db.NullText)(&d.Assignee), &d.Stage, (*db.NullText)(&d.Pause),
		(*db.NullText)(&d.Outcome), (*db.NullText)(&d.Reason), (*db.NullText)(&d.Article), (*db.NullText)(&d.Number), &d.Charge, &d.Paid, (*db.NullText)(&d.Supplement), (*nullInt)(&d.Rating), (*db.Instant)(&d.StartedAt), (*db.Instant)(&d.FiledAt), (*db.Instant)(&d.ReceivedAt), (*db.Instant)(&d.ForwardBy),
		(*db.Instant)(&d.DueAt), (*db.Instant)(&d.dueOrder), (*db.Instant)(&d.NumberedAt), (*db.Instant)(&d.DecidedAt), (*db.Instant)(&d.HandedAt), (*db.Instant)(&d.ApologyDraftedAt), (*db.Instant)(&d.ApologyAt)}
}

// one returns the dossier that the condition chooses, with its heavy columns.
func one(ctx context.Context, q db.Querier, what, where string, args ...any) (*Dossier, error) {
	var d Dossier
	var answers, quote []byte
	err := q.QueryRowContext(ctx, `select `+light+`, `+heavy+` from dossier d where `+where, args...).
		Scan(append(lightDest(&d), &d.FormHash, &answers, &quote)...)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, errNotFound
	}
	if err == nil {
		err = errors.Join(json.Unmarshal(answers, &d.Answers), json.Unmarshal(quote, &d.Quote))
	}
	if err != nil {
		return nil, fmt.Errorf("dossier %s: %w", what, err)
	}
	return &d, nil
}

// get returns a dossier that the filter lets through.
func get(ctx context.Context, q db.Querier, f filter, id ID) (*Dossier, error) {
	a := args{id}
	return one(ctx, q, string(id), `d.id = $1 and `+f.sql(&a), a...)
}

func byCode(ctx context.Context, q db.Querier, f filter, code string) (*Dossier, error) {
	a := args{code}
	return one(ctx, q, code, `d.code = $1 and `+f.sql(&a), a...)
}

func byFilingKey(ctx context.Context, q db.Querier, key string) (*Dossier, string, error) {
	d, err := one(ctx, q, "filed under a key", `d.filing_key = $1`, key)
	if err != nil {
		return nil, "", err
	}
	var hash string
	err = q.QueryRowContext(ctx, `select filing_hash from dossier where id = $1`, d.ID).Scan(&hash)
	if err != nil {
		return nil, "", fmt.Errorf("filing of dossier %s: %w", d.ID, err)
	}
	return d, hash, nil
}

// byExternal returns the dossier that a master system calls ref.
func byExternal(ctx context.Context, q db.Querier, system, ref string) (*Dossier, error) {
	return one(ctx, q, system+" "+ref, `d.authoritative_system = $1 and d.external_ref = $2`, system, ref)
}

// farEnd sorts what has no due date behind all that has.
var farEnd = time.Date(9999, 12, 31, 0, 0, 0, 0, time.UTC)

func dueOrder(due time.Time) time.Time {
	if due.IsZero() {
		return farEnd
	}
	return due
}

// filing is what the store keeps of the act of filing, besides the dossier.
type filing struct {
	key, hash, secretHash string
}

// insert writes a new dossier.
func insert(ctx context.Context, tx *db.Tx, d *Dossier, f filing) error {
	answers, quote, err := documents(d)
	if err != nil {
		return err
	}
	_, err = tx.ExecContext(ctx, `
		insert into dossier (id, version, revision, code, state, open, money, delivery, sync, authoritative_system, external_ref,
			procedure_id, procedure_code, procedure_case, channel, assisted, created_by, party, applicant_kind, applicant_name, summary,
			receiving_unit, handling_unit, deciding_unit, unit, stage, filing_key, filing_hash, secret_hash,
			started_at, filed_at, due_order, charge, form_hash, answers, quote)
		values ($1, $2, 1, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20,
			$21, $22, $23, $24, $25, $26, $27, $28, $29, $30, $31, $32, $33, $34, $35)`,
		d.ID, d.Version, db.NullText(d.Code), d.State, d.State.Open(), d.Money, d.Delivery, d.Sync, d.AuthoritativeSystem, db.NullText(d.ExternalRef),
		d.Procedure, d.ProcedureCode, d.Case, d.Channel, d.Assisted, d.CreatedBy, d.Party, d.ApplicantKind, d.ApplicantName, d.Summary,
		d.ReceivingUnit, d.HandlingUnit, d.DecidingUnit, d.Unit, d.Stage, db.NullText(f.key), db.NullText(f.hash), db.NullText(f.secretHash),
		db.Instant(d.StartedAt), db.Instant(d.FiledAt), db.Instant(dueOrder(d.DueAt)), d.Charge, d.FormHash, answers, quote)
	if err != nil {
		return fmt.Errorf("insert dossier %s: %w", d.ID, err)
	}
	d.revision = 1
	return nil
}

func documents(d *Dossier) (answers, quote string, err error) {
	a, err := json.Marshal(d.Answers)
	if err != nil {
		return "", "", fmt.Errorf("answers of dossier %s: %w", d.ID, err)
	}
	if d.Answers == nil {
		a = []byte("{}")
	}
	q, err := json.Marshal(d.Quote)
	if err != nil {
		return "", "", fmt.Errorf("quote of dossier %s: %w", d.ID, err)
	}
	return string(a), string(q), nil
}

// forgetApplicant takes the applicant's name and words out of a dossier.
func forgetApplicant(ctx context.Context, tx *db.Tx, id ID) error {
	_, err := tx.ExecContext(ctx, `update dossier set applicant_name = '', summary = '' where id = $1`, id)
	if err != nil {
		return fmt.Errorf("forget applicant of dossier %s: %w", id, err)
	}
	return nil
}

// saveParty makes another party the applicant.
func saveParty(ctx context.Context, tx *db.Tx, id ID, party string) error {
	_, err := tx.ExecContext(ctx, `update dossier set party = $1, revision = revision + 1 where id = $2`, party, id)
	if err != nil {
		return fmt.Errorf("applicant of dossier %s: %w", id, err)
	}
	return nil
}

// errRaced says that somebody wrote the dossier since it was read.
var errRaced = errors.New("written by another since it was read")

// save writes d if nobody else has since it was read.
func save(ctx context.Context, tx *db.Tx, d *Dossier) error {
	res, err := tx.ExecContext(ctx, `
		update dossier
		set version = $1, revision = revision + 1, state = $2, open = $3, money = $4, delivery = $5, sync = $6,
			unit = $7, assignee = $8, stage = $9, pause = $10, outcome = $11, reason = $12, article = $13, number = $14,
			paid = $15, rating = nullif($16, 0), received_at = $17, forward_by = $18, due_at = $19, due_order = $20,
			numbered_at = $21, decided_at = $22, handed_at = $23, apology_drafted_at = $24, apology_at = $25, charge = $26, supplement_id = $27, handling_unit = $28
		where id = $29 and revision = $30`,
		d.Version, d.State, d.State.Open(), d.Money, d.Delivery, d.Sync,
		d.Unit, db.NullText(d.Assignee), d.Stage, db.NullText(d.Pause), db.NullText(d.Outcome), db.NullText(d.Reason), db.NullText(d.Article), db.NullText(d.Number),
		d.Paid, d.Rating, db.Instant(d.ReceivedAt), db.Instant(d.ForwardBy), db.Instant(d.DueAt), db.Instant(dueOrder(d.DueAt)),
		db.Instant(d.NumberedAt), db.Instant(d.DecidedAt), db.Instant(d.HandedAt), db.Instant(d.ApologyDraftedAt), db.Instant(d.ApologyAt), d.Charge, db.NullText(d.Supplement), d.HandlingUnit,
		d.ID, d.revision)
	return d.saved(res, err)
}

// saved judges an update of the row, guarded by its revision.
func (d *Dossier) saved(res sql.Result, err error) error {
	if err != nil {
		return fmt.Errorf("save dossier %s: %w", d.ID, err)
	}
	n, err := res.RowsAffected()
	if err != nil {
		return fmt.Errorf("save dossier %s: %w", d.ID, err)
	}
	if n == 0 {
		return errRaced
	}
	d.revision++
	return nil
}

// saveAnswers writes a draft's answers, or those that came with a supplement.
func saveAnswers(ctx context.Context, tx *db.Tx, d *Dossier) error {
	answers, _, err := documents(d)
	if err != nil {
		return err
	}
	_, err = tx.ExecContext(ctx, `update dossier set answers = $1, summary = $2 where id = $3`, answers, d.Summary, d.ID)
	if err != nil {
		return fmt.Errorf("save answers of dossier %s: %w", d.ID, err)
	}
	return nil
}

// keepAnswers sets aside the answers that a supplement is about to replace.
func keepAnswers(ctx context.Context, tx *db.Tx, d *Dossier) error {
	_, err := tx.ExecContext(ctx, `insert into dossier_answer (dossier_id, version, answers) select id, version, answers from dossier where id = $1`, d.ID)
	if err != nil {
		return fmt.Errorf("keep answers of dossier %s: %w", d.ID, err)
	}
	return nil
}

// saveFiling writes what filing fixes for good.
func saveFiling(ctx context.Context, tx *db.Tx, d *Dossier, f filing) error {
	answers, quote, err := documents(d)
	if err != nil {
		return err
	}
	res, err := tx.ExecContext(ctx, `
		update dossier
		set version = $1, revision = revision + 1, code = $2, state = $3, open = $4, money = $5, sync = $6, procedure_id = $7, procedure_case = $8,
			applicant_name = $9, receiving_unit = $10, handling_unit = $11, deciding_unit = $12, unit = $13, filing_key = $14, filing_hash = $15,
			secret_hash = $16, filed_at = $17, due_order = $18, form_hash = $19, answers = $20, quote = $21, charge = $22
		where id = $23 and revision = $24`,
		d.Version, d.Code, d.State, d.State.Open(), d.Money, d.Sync, d.Procedure, d.Case,
		d.ApplicantName, d.ReceivingUnit, d.HandlingUnit, d.DecidingUnit, d.Unit, db.NullText(f.key), db.NullText(f.hash),
		f.secretHash, db.Instant(d.FiledAt), db.Instant(dueOrder(d.DueAt)), d.FormHash, answers, quote, d.Charge,
		d.ID, d.revision)
	return d.saved(res, err)
}

// hold makes sure, until the end of the transaction, that the dossier stays in
// the state it was read in.
func hold(ctx context.Context, tx *db.Tx, d *Dossier) error {
	res, err := tx.ExecContext(ctx, `update dossier set state = state where id = $1 and state = $2`, d.ID, d.State)
	if err != nil {
		return fmt.Errorf("hold dossier %s: %w", d.ID, err)
	}
	if n, err := res.RowsAffected(); err != nil || n == 0 {
		return errors.Join(errRaced, err)
	}
	return nil
}

// next takes the next number of a series. Whoever asks after waits until this
// transaction ends; if it is undone, the number is not lost.
func next(ctx context.Context, tx *db.Tx, series string) (int64, error) {
	var n int64
	err := tx.QueryRowContext(ctx, `
		insert into dossier_series (series, last) values ($1, 1)
		on conflict (series) do update set last = dossier_series.last + 1
		returning last`, series).Scan(&n)
	if err != nil {
		return 0, fmt.Errorf("next of series %s: %w", series, err)
	}
	return n, nil
}

// last returns the last number taken from a series, 0 for none.
func last(ctx context.Context, q db.Querier, series string) (int64, error) {
	var n int64
	err := q.QueryRowContext(ctx, `select last from dossier_series where series = $1`, series).Scan(&n)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return 0, fmt.Errorf("last of series %s: %w", series, err)
	}
	return n, nil
}

// template returns how codes of a unit are made on a day, or "".
func template(ctx context.Context, q db.Querier, unit string, on worktime.Date) (string, error) {
	var s string
	err := q.QueryRowContext(ctx, `
		select template from dossier_template where unit = $1 and valid_from <= $2 order by valid_from desc limit 1`, unit, on).Scan(&s)
	if errors.Is(err, sql.ErrNoRows) {
		return "", nil
	}
	if err != nil {
		return "", fmt.Errorf("code template of unit %s: %w", unit, err)
	}
	return s, nil
}

func saveTemplate(ctx context.Context, tx *db.Tx, unit, template string, from worktime.Date) error {
	_, err := tx.ExecContext(ctx, `
		insert into dossier_template (unit, valid_from, template) values ($1, $2, $3)
		on conflict (unit, valid_from) do update set template = excluded.template`, unit, from, template)
	if err != nil {
		return fmt.Errorf("save code template of unit %s: %w", unit, err)
	}
	return nil
}

// insertRows writes rows of the given width in one statement.
func insertRows(ctx context.Context, tx *db.Tx, into string, width int, values []any, tail string) error {
	if len(values) == 0 {
		return nil
	}
	var b strings.Builder
	b.WriteString("insert into " + into + " values ")
	for i := range values {
		switch {
		case i%width == 0 && i > 0:
			b.WriteString("), (")
		case i == 0:
			b.WriteString("(")
		default:
			b.WriteString(", ")
		}
		fmt.Fprintf(&b, "$%d", i+1)
	}
	b.WriteString(") " + tail)
	_, err := tx.ExecContext(ctx, b.String(), values...)
	return err
}

// insertUnits lets officials of the units see the dossier.
func insertUnits(ctx context.Context, tx *db.Tx, d *Dossier, units ...string) error {
	var values []any
	for _, u := range units {
		values = append(values, d.ID, u, db.Instant(d.FiledAt))
	}
	if err := insertRows(ctx, tx, "dossier_unit (dossier_id, unit, filed_at)", 3, values, "on conflict do nothing"); err != nil {
		return fmt.Errorf("units of dossier %s: %w", d.ID, err)
	}
	return nil
}

// insertPhrases lets the dossier be found.
func insertPhrases(ctx context.Context, tx *db.Tx, d *Dossier) error {
	var values []any
	for _, p := range phrases(d.ApplicantName, d.Summary) {
		values = append(values, p, d.ID)
	}
	if err := insertRows(ctx, tx, "dossier_phrase (phrase, dossier_id)", 2, values, ""); err != nil {
		return fmt.Errorf("phrases of dossier %s: %w", d.ID, err)
	}
	return nil
}

func deletePhrases(ctx context.Context, tx *db.Tx, d *Dossier) error {
	for _, p := range phrases(d.ApplicantName, d.Summary) {
		if _, err := tx.ExecContext(ctx, `delete from dossier_phrase where phrase = $1 and dossier_id = $2`, p, d.ID); err != nil {
			return fmt.Errorf("phrases of dossier %s: %w", d.ID, err)
		}
	}
	return nil
}

func insertNote(ctx context.Context, tx *db.Tx, d *Dossier, n Note) error {
	_, err := tx.ExecContext(ctx, `
		insert into dossier_note (id, dossier_id, by_account, at, text) values ($1, $2, $3, $4, $5)`,
		n.ID, d.ID, n.By, db.Instant(n.At), n.Text)
	if err != nil {
		return fmt.Errorf("note on dossier %s: %w", d.ID, err)
	}
	return nil
}

// notes returns the texts of a dossier's notes by id.
func notes(ctx context.Context, q db.Querier, id ID) (map[string]string, error) {
	rows, err := q.QueryContext(ctx, `select id, text from dossier_note where dossier_id = $1`, id)
	texts := map[string]string{}
	_, err = db.Rows(rows, err, func(rows *sql.Rows) (struct{}, error) {
		var id, text string
		err := rows.Scan(&id, &text)
		texts[id] = text
		return struct{}{}, err
	})
	if err != nil {
		return nil, fmt.Errorf("notes on dossier %s: %w", id, err)
	}
	return texts, nil
}

func insertAttachment(ctx context.Context, tx *db.Tx, d *Dossier, a Attachment) error {
	_, err := tx.ExecContext(ctx, `
		insert into dossier_attachment (id, dossier_id, component, version, replaces, name, type, size, sha256, blob, supplement_id, by_account, at)
		values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)`,
		a.ID, d.ID, a.Component, a.Version, db.NullText(a.Replaces), a.Name, a.Type, a.Size, a.SHA256, a.Blob, db.NullText(a.Supplement), a.By, db.Instant(a.At))
	if err != nil {
		return fmt.Errorf("attach to dossier %s: %w", d.ID, err)
	}
	return nil
}

func removeAttachment(ctx context.Context, tx *db.Tx, id string, at time.Time) error {
	_, err := tx.ExecContext(ctx, `update dossier_attachment set removed_at = $1 where id = $2 and removed_at is null`, db.Instant(at), id)
	if err != nil {
		return fmt.Errorf("remove attachment %s: %w", id, err)
	}
	return nil
}

// attachments returns every file of a dossier, replaced and removed ones too, in
// the order in which they came.
func attachments(ctx context.Context, q db.Querier, id ID) ([]Attachment, error) {
	rows, err := q.QueryContext(ctx, `
		select id, component, version, replaces, name, type, size, sha256, blob, supplement_id, by_account, at, removed_at
		from dossier_attachment where dossier_id = $1 order by at, id`, id)
	files, err := db.Rows(rows, err, func(rows *sql.Rows) (Attachment, error) {
		var a Attachment
		err := rows.Scan(&a.ID, &a.Component, &a.Version, (*db.NullText)(&a.Replaces), &a.Name, &a.Type, &a.Size, &a.SHA256, &a.Blob,
			(*db.NullText)(&a.Supplement), &a.By, (*db.Instant)(&a.At), (*db.Instant)(&a.RemovedAt))
		return a, err
	})
	if err != nil {
		return nil, fmt.Errorf("attachments of dossier %s: %w", id, err)
	}
	return files, nil
}

func insertSupplement(ctx context.Context, tx *db.Tx, d *Dossier, s Supplement) error {
	items, err := json.Marshal(s.Items)
	if err != nil {
		return fmt.Errorf("supplement of dossier %s: %w", d.ID, err)
	}
	_, err = tx.ExecContext(ctx, `
		insert into dossier_supplement (id, dossier_id, kind, items, head_reason, proposed_by, proposed_at, sent_at)
		values ($1, $2, $3, $4, $5, $6, $7, $8)`,
		s.ID, d.ID, s.Kind, string(items), s.HeadReason, s.ProposedBy, db.Instant(s.ProposedAt), db.Instant(s.SentAt))
	if err != nil {
		return fmt.Errorf("supplement of dossier %s: %w", d.ID, err)
	}
	return nil
}

// markSupplement notes when a request was sent, answered or dropped.
func markSupplement(ctx context.Context, tx *db.Tx, s Supplement) error {
	_, err := tx.ExecContext(ctx, `update dossier_supplement set sent_at = $1, answered_at = $2, dropped_at = $3 where id = $4`,
		db.Instant(s.SentAt), db.Instant(s.AnsweredAt), db.Instant(s.DroppedAt), s.ID)
	if err != nil {
		return fmt.Errorf("supplement %s: %w", s.ID, err)
	}
	return nil
}

func supplements(ctx context.Context, q db.Querier, id ID) ([]Supplement, error) {
	rows, err := q.QueryContext(ctx, `
		select id, kind, items, head_reason, proposed_by, proposed_at, sent_at, answered_at, dropped_at
		from dossier_supplement where dossier_id = $1 order by proposed_at, id`, id)
	asked, err := db.Rows(rows, err, func(rows *sql.Rows) (Supplement, error) {
		var s Supplement
		var items []byte
		err := rows.Scan(&s.ID, &s.Kind, &items, &s.HeadReason, &s.ProposedBy, (*db.Instant)(&s.ProposedAt), (*db.Instant)(&s.SentAt), (*db.Instant)(&s.AnsweredAt), (*db.Instant)(&s.DroppedAt))
		if err == nil {
			err = json.Unmarshal(items, &s.Items)
		}
		return s, err
	})
	if err != nil {
		return nil, fmt.Errorf("supplements of dossier %s: %w", id, err)
	}
	return asked, nil
}

func saveSecret(ctx context.Context, tx *db.Tx, id ID, hash string) error {
	_, err := tx.ExecContext(ctx, `update dossier set secret_hash = $1 where id = $2`, hash, id)
	if err != nil {
		return fmt.Errorf("secret of dossier %s: %w", id, err)
	}
	return nil
}

// secretHash returns the hash of the secret of the dossier with that code.
func secretHash(ctx context.Context, q db.Querier, code string) (string, error) {
	var hash db.NullText
	err := q.QueryRowContext(ctx, `select secret_hash from dossier where code = $1`, code).Scan(&hash)
	if errors.Is(err, sql.ErrNoRows) {
		return "", errNotFound
	}
	if err != nil {
		return "", fmt.Errorf("secret of dossier %s: %w", code, err)
	}
	return string(hash), nil
}

func insertDueFault(ctx context.Context, tx *db.Tx, d *Dossier, counted, at time.Time) error {
	_, err := tx.ExecContext(ctx, `insert into dossier_due_fault (dossier_id, at, stored, counted) values ($1, $2, $3, $4) on conflict do nothing`,
		d.ID, db.Instant(at), db.Instant(d.DueAt), db.Instant(counted))
	if err != nil {
		return fmt.Errorf("due date of dossier %s: %w", d.ID, err)
	}
	return nil
}
