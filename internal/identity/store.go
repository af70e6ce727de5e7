package identity

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/motcua/motcua/internal/actor"
	"github.com/motcua/motcua/internal/db"
	"github.com/motcua/motcua/internal/text"
	"github.com/motcua/motcua/internal/worktime"
)

// columns of an account aliased a, as [Account.fields] reads them.
const columns = `a.id, a.login, a.name, a.password, a.must_change, a.party, a.unit, a.locale, a.state,
	a.totp_secret, a.totp_at is not null, a.totp_step, a.created_at, a.version`

func (a *Account) fields() []any {
	return []any{&a.ID, &a.Login, &a.Name, &a.password, &a.MustChange, &a.Party, &a.Unit, &a.Locale, &a.State,
		&a.totpSecret, &a.TOTP, &a.totpStep, (*db.Instant)(&a.CreatedAt), &a.Version}
}

// one turns a missing row into NotFound.
func one(err error, what string) error {
	if errors.Is(err, sql.ErrNoRows) {
		return errNotFound
	}
	if err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	return nil
}

// changed turns an update of no row into Conflict.
func changed(res sql.Result, err error, what string) error {
	if err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	if n, err := res.RowsAffected(); err != nil || n == 0 {
		return errors.Join(errChanged, err)
	}
	return nil
}

func getAccount(ctx context.Context, q db.Querier, id actor.ID) (Account, error) {
	var a Account
	err := q.QueryRowContext(ctx, `select `+columns+` from identity_account a where a.id = $1`, id).Scan(a.fields()...)
	return a, one(err, "account "+string(id))
}

func accountByLogin(ctx context.Context, q db.Querier, login string) (Account, error) {
	var a Account
	err := q.QueryRowContext(ctx, `select `+columns+` from identity_account a where a.login = $1`, login).Scan(a.fields()...)
	return a, one(err, "account by login")
}

// insertAccount reports whether the login was free.
func insertAccount(ctx context.Context, q db.Querier, a Account) (bool, error) {
	res, err := q.ExecContext(ctx, `
		insert into identity_account (id, login, name, fold, sort_key, password, must_change, party, unit, locale, state, created_at)
		values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
		on conflict (login) do nothing`,
		a.ID, a.Login, a.Name, text.Fold(a.Login+" "+a.Name), text.SortKey(a.Name), a.password, a.MustChange,
		a.Party, a.Unit, a.Locale, a.State, db.Instant(a.CreatedAt))
	if err != nil {
		return false, fmt.Errorf("insert account: %w", err)
	}
	n, err := res.RowsAffected()
	return n == 1, err
}

// saveAccount writes everything but the second factor, if nobody else has since
// the account was read.
func saveAccount(ctx context.Context, q db.Querier, a Account) error {
	res, err := q.ExecContext(ctx, `
		update identity_account
		set login = $1, name = $2, fold = $3, sort_key = $4, password = $5, must_change = $6, party = $7, unit = $8,
			locale = $9, state = $10, version = version + 1
		where id = $11 and version = $12`,
		a.Login, a.Name, text.Fold(a.Login+" "+a.Name), text.SortKey(a.Name), a.password, a.MustChange, a.Party, a.Unit,
		a.Locale, a.State, a.ID, a.Version)
	return changed(res, err, "save account "+string(a.ID))
}

// touchAccount makes every node forget what it knows of the account's grants.
func touchAccount(ctx context.Context, q db.Querier, id actor.ID) error {
	_, err := q.ExecContext(ctx, `update identity_account set version = version + 1 where id = $1`, id)
	if err != nil {
		return fmt.Errorf("touch account %s: %w", id, err)
	}
	return nil
}

// moveAccounts gives the accounts of one party to another.
func moveAccounts(ctx context.Context, q db.Querier, from, to string) ([]actor.ID, error) {
	rows, err := q.QueryContext(ctx, `
		update identity_account set party = $1, version = version + 1 where party = $2 returning id`, to, from)
	ids, err := db.Rows(rows, err, func(r *sql.Rows) (id actor.ID, err error) { return id, r.Scan(&id) })
	if err != nil {
		return nil, fmt.Errorf("accounts of party %s: %w", from, err)
	}
	return ids, nil
}

// setTOTP notes a secret, in use from at, or not yet if at is zero.
func setTOTP(ctx context.Context, q db.Querier, id actor.ID, secret string, at time.Time, step int64) error {
	res, err := q.ExecContext(ctx, `
		update identity_account set totp_secret = $1, totp_at = $2, totp_step = $3, version = version + 1 where id = $4`,
		secret, db.Instant(at), step, id)
	return changed(res, err, "second factor of "+string(id))
}

// useStep spends a step, unless it or a later one is spent.
func useStep(ctx context.Context, q db.Querier, id actor.ID, step int64) error {
	res, err := q.ExecContext(ctx, `update identity_account set totp_step = $1 where id = $2 and totp_step < $1`, step, id)
	return changed(res, err, "second factor of "+string(id))
}

func setRecovery(ctx context.Context, q db.Querier, id actor.ID, hashes [][]byte) error {
	if _, err := q.ExecContext(ctx, `delete from identity_recovery where account = $1`, id); err != nil {
		return fmt.Errorf("recovery codes of %s: %w", id, err)
	}
	for _, h := range hashes {
		if _, err := q.ExecContext(ctx, `insert into identity_recovery (account, hash) values ($1, $2)`, id, h); err != nil {
			return fmt.Errorf("recovery codes of %s: %w", id, err)
		}
	}
	return nil
}

// useRecovery spends a recovery code, if there is such a one.
func useRecovery(ctx context.Context, q db.Querier, id actor.ID, h []byte) (bool, error) {
	res, err := q.ExecContext(ctx, `delete from identity_recovery where account = $1 and hash = $2`, id, h)
	if err != nil {
		return false, fmt.Errorf("recovery code of %s: %w", id, err)
	}
	n, err := res.RowsAffected()
	return n == 1, err
}

const sessionColumns = `s.id, s.account, s.needs, s.agent, s.created_at, s.seen_at, s.expires_at, s.revoked_at`

func (s *Session) fields() []any {
	return []any{&s.ID, &s.Account, &s.Needs, &s.Agent, (*db.Instant)(&s.CreatedAt), (*db.Instant)(&s.SeenAt),
		(*db.Instant)(&s.ExpiresAt), (*db.Instant)(&s.RevokedAt)}
}

func insertSession(ctx context.Context, q db.Querier, s Session) error {
	_, err := q.ExecContext(ctx, `
		insert into identity_session (hash, id, account, needs, agent, created_at, seen_at, expires_at)
		values ($1, $2, $3, $4, $5, $6, $7, $8)`,
		hash(s.Token), s.ID, s.Account, s.Needs, s.Agent, db.Instant(s.CreatedAt), db.Instant(s.SeenAt), db.Instant(s.ExpiresAt))
	if err != nil {
		return fmt.Errorf("insert session: %w", err)
	}
	return nil
}

// sessionByToken returns a session, alive or not, with its account.
func sessionByToken(ctx context.Context, q db.Querier, token string) (Session, Account, error) {
	var s Session
	var a Account
	err := q.QueryRowContext(ctx, `
		select `+sessionColumns+`, `+columns+`
		from identity_session s join identity_account a on a.id = s.account
		where s.hash = $1`, hash(token)).Scan(append(s.fields(), a.fields()...)...)
	return s, a, one(err, "session")
}

func sessions(ctx context.Context, q db.Querier, id actor.ID, since time.Time) ([]Session, error) {
	rows, err := q.QueryContext(ctx, `
		select `+sessionColumns+`
		from identity_session s
		where s.account = $1 and s.revoked_at is null and s.expires_at > $2
		order by s.created_at desc`, id, db.Instant(since))
	all, err := db.Rows(rows, err, func(r *sql.Rows) (s Session, err error) { return s, r.Scan(s.fields()...) })
	if err != nil {
		return nil, fmt.Errorf("sessions of %s: %w", id, err)
	}
	return all, nil
}

// renewSession gives a session another token and changes what it wants.
func renewSession(ctx context.Context, q db.Querier, s Session) error {
	res, err := q.ExecContext(ctx, `
		update identity_session set hash = $1, needs = $2, seen_at = $3 where id = $4 and revoked_at is null`,
		hash(s.Token), s.Needs, db.Instant(s.SeenAt), s.ID)
	return changed(res, err, "renew session "+s.ID)
}

func seeSession(ctx context.Context, q db.Querier, id string, at time.Time) error {
	_, err := q.ExecContext(ctx, `update identity_session set seen_at = $1 where id = $2 and seen_at < $1`, db.Instant(at), id)
	if err != nil {
		return fmt.Errorf("see session %s: %w", id, err)
	}
	return nil
}

// revokeSessions ends the live sessions of an account: the one of the given id,
// or, if id is empty, all but the one of the id except. It returns their ids.
func revokeSessions(ctx context.Context, q db.Querier, account actor.ID, id, except string, at time.Time) ([]string, error) {
	rows, err := q.QueryContext(ctx, `
		update identity_session set revoked_at = $1
		where account = $2 and revoked_at is null and expires_at > $1 and ($3 = '' or id = $3) and id <> $4
		returning id`, db.Instant(at), account, id, except)
	ids, err := db.Rows(rows, err, func(r *sql.Rows) (id string, err error) { return id, r.Scan(&id) })
	if err != nil {
		return nil, fmt.Errorf("revoke sessions of %s: %w", account, err)
	}
	return ids, nil
}

// forgetAgents blanks what browsers called themselves.
func forgetAgents(ctx context.Context, q db.Querier, account actor.ID) error {
	if _, err := q.ExecContext(ctx, `update identity_session set agent = '' where account = $1`, account); err != nil {
		return fmt.Errorf("forget browsers of %s: %w", account, err)
	}
	return nil
}

// clean removes what says nothing any more.
func clean(ctx context.Context, q db.Querier, failuresBefore, sessionsBefore time.Time) error {
	if _, err := q.ExecContext(ctx, `delete from identity_failure where at < $1`, db.Instant(failuresBefore)); err != nil {
		return fmt.Errorf("clean failures: %w", err)
	}
	if _, err := q.ExecContext(ctx, `delete from identity_session where expires_at < $1`, db.Instant(sessionsBefore)); err != nil {
		return fmt.Errorf("clean sessions: %w", err)
	}
	return nil
}

const tokenColumns = `k.id, k.prefix, k.account, k.name, k.scopes, k.created_at, k.expires_at, k.used_at, k.revoked_at`

func (k *Token) fields() []any {
	return []any{&k.ID, &k.Prefix, &k.Account, &k.Name, (*scopes)(&k.Scopes), (*db.Instant)(&k.CreatedAt), (*db.Instant)(&k.ExpiresAt),
		(*db.Instant)(&k.UsedAt), (*db.Instant)(&k.RevokedAt)}
}

// scopes reads a JSON array of permissions.
type scopes []actor.Permission

func (s *scopes) Scan(src any) error {
	switch src := src.(type) {
	case string:
		return json.Unmarshal([]byte(src), s)
	case []byte:
		return json.Unmarshal(src, s)
	}
	return fmt.Errorf("scopes from %T", src)
}

func insertToken(ctx context.Context, q db.Querier, k Token, secret string) error {
	list, err := json.Marshal(k.Scopes)
	if err != nil {
		return fmt.Errorf("insert token: %w", err)
	}
	_, err = q.ExecContext(ctx, `
		insert into identity_token (id, hash, prefix, account, name, scopes, created_at, expires_at)
		values ($1, $2, $3, $4, $5, $6, $7, $8)`,
		k.ID, hash(secret), k.Prefix, k.Account, k.Name, string(list), db.Instant(k.CreatedAt), db.Instant(k.ExpiresAt))
	if err != nil {
		return fmt.Errorf("insert token: %w", err)
	}
	return nil
}

func tokenBySecret(ctx context.Context, q db.Querier, secret string) (Token, Account, error) {
	var k Token
	var a Account
	err := q.QueryRowContext(ctx, `
		select `+tokenColumns+`, `+columns+`
		from identity_token k join identity_account a on a.id = k.account
		where k.hash = $1`, hash(secret)).Scan(append(k.fields(), a.fields()...)...)
	return k, a, one(err, "token")
}

func tokens(ctx context.Context, q db.Querier, id actor.ID) ([]Token, error) {
	rows, err := q.QueryContext(ctx, `
		select `+tokenColumns+` from identity_token k where k.account = $1 order by k.created_at desc`, id)
	all, err := db.Rows(rows, err, func(r *sql.Rows) (k Token, err error) { return k, r.Scan(k.fields()...) })
	if err != nil {
		return nil, fmt.Errorf("tokens of %s: %w", id, err)
	}
	return all, nil
}

func useToken(ctx context.Context, q db.Querier, id string, at time.Time) error {
	_, err := q.ExecContext(ctx, `update identity_token set used_at = $1 where id = $2`, db.Instant(at), id)
	if err != nil {
		return fmt.Errorf("use token %s: %w", id, err)
	}
	return nil
}

// revokeTokens ends one token of an account, or all if id is empty.
func revokeTokens(ctx context.Context, q db.Querier, account actor.ID, id string, at time.Time) ([]string, error) {
	rows, err := q.QueryContext(ctx, `
		update identity_token set revoked_at = $1
		where account = $2 and revoked_at is null and ($3 = '' or id = $3)
		returning id`, db.Instant(at), account, id)
	ids, err := db.Rows(rows, err, func(r *sql.Rows) (id string, err error) { return id, r.Scan(&id) })
	if err != nil {
		return nil, fmt.Errorf("revoke tokens of %s: %w", account, err)
	}
	return ids, nil
}

func insertGrant(ctx context.Context, q db.Querier, g Grant) error {
	_, err := q.ExecContext(ctx, `
		insert into identity_grant (id, account, role, unit, subtree, valid_from, valid_to, mandate_from, mandate_to, document, granted_by, granted_at)
		values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)`,
		g.ID, g.Account, g.Role, g.Unit, g.Subtree, g.From, g.To, g.MandateFrom, g.MandateTo, g.Document, g.By, db.Instant(g.At))
	if err != nil {
		return fmt.Errorf("insert grant: %w", err)
	}
	return nil
}

func grants(ctx context.Context, q db.Querier, id actor.ID) ([]Grant, error) {
	rows, err := q.QueryContext(ctx, `
		select g.id, g.account, g.role, g.unit, g.subtree, g.valid_from, g.valid_to, g.mandate_from, g.mandate_to, g.document, g.granted_by, g.granted_at
		from identity_grant g
		where g.account = $1
		order by g.valid_from desc, g.id desc`, id)
	all, err := db.Rows(rows, err, func(r *sql.Rows) (Grant, error) {
		var g Grant
		err := r.Scan(&g.ID, &g.Account, &g.Role, &g.Unit, &g.Subtree, &g.From, &g.To, &g.MandateFrom, &g.MandateTo, &g.Document, &g.By, (*db.Instant)(&g.At))
		return g, err
	})
	if err != nil {
		return nil, fmt.Errorf("grants of %s: %w", id, err)
	}
	return all, nil
}

// endGrant ends a grant; one that has not begun is made never to begin.
func endGrant(ctx context.Context, q db.Querier, account actor.ID, id string, on worktime.Date) error {
	res, err := q.ExecContext(ctx, `
		update identity_grant
		set valid_to = case when valid_from > $1 then valid_from else $1 end
		where id = $2 and account = $3 and (valid_to is null or valid_to > $1)`, on, id, account)
	return changed(res, err, "end grant "+id)
}

// failures returns how often an attempt failed since the given moment.
func failures(ctx context.Context, q db.Querier, key string, since time.Time) (int, error) {
	var n int
	err := q.QueryRowContext(ctx, `select coalesce(max(count), 0) from identity_failure where key = $1 and at > $2`, key, db.Instant(since)).Scan(&n)
	if err != nil {
		return 0, fmt.Errorf("failed attempts: %w", err)
	}
	return n, nil
}

// fail counts one more failed attempt; those before since are forgiven.
func fail(ctx context.Context, q db.Querier, key string, at, since time.Time) error {
	_, err := q.ExecContext(ctx, `
		insert into identity_failure (key, count, at) values ($1, 1, $2)
		on conflict (key) do update
		set count = case when identity_failure.at > $3 then identity_failure.count + 1 else 1 end, at = excluded.at`,
		key, db.Instant(at), db.Instant(since))
	if err != nil {
		return fmt.Errorf("count a failed attempt: %w", err)
	}
	return nil
}

func forgive(ctx context.Context, q db.Querier, key string) error {
	if _, err := q.ExecContext(ctx, `delete from identity_failure where key = $1`, key); err != nil {
		return fmt.Errorf("forgive failed attempts: %w", err)
	}
	return nil
}

// listAccounts returns a page of accounts within units; nil units are all.
func listAccounts(ctx context.Context, q db.Querier, f Filter, units []string, on worktime.Date) ([]Account, error) {
	query := `select ` + columns + ` from identity_account a where a.state <> 'erased'`
	var args []any
	arg := func(v any) string {
		args = append(args, v)
		return fmt.Sprintf("$%d", len(args))
	}
	for _, w := range text.Words(f.Text) {
		query += ` and (' ' || a.fold) like ` + arg("% "+w+"%")
	}
	if f.State != "" {
		query += ` and a.state = ` + arg(string(f.State))
	}
	switch f.Kind {
	case Staff:
		query += ` and a.party = ''`
	case Citizens:
		query += ` and a.party <> ''`
	}
	if f.Unit != "" {
		query += ` and a.unit = ` + arg(f.Unit)
	}
	if f.Role != "" {
		day := arg(on)
		query += ` and exists (select 1 from identity_grant g where g.account = a.id and g.role = ` + arg(string(f.Role)) +
			` and g.valid_from <= ` + day + ` and (g.valid_to is null or g.valid_to > ` + day + `))`
	}
	if units != nil {
		marks := make([]string, len(units))
		for i, u := range units {
			marks[i] = arg(u)
		}
		query += ` and a.unit in (` + strings.Join(marks, ", ") + `)`
	}
	sort, ok := sorts[f.Sort]
	if !ok {
		sort = sorts["name"]
	}
	compare, direction := ">", ""
	if f.Descending {
		compare, direction = "<", " desc"
	}
	if f.After != "" {
		query += ` and (a.` + sort + `, a.id) ` + compare + ` (select b.` + sort + `, b.id from identity_account b where b.id = ` + arg(f.After) + `)`
	}
	query += ` order by a.` + sort + direction + `, a.id` + direction + ` limit ` + arg(f.Limit)
	rows, err := q.QueryContext(ctx, query, args...)
	all, err := db.Rows(rows, err, func(r *sql.Rows) (a Account, err error) { return a, r.Scan(a.fields()...) })
	if err != nil {
		return nil, fmt.Errorf("list accounts: %w", err)
	}
	return slices.Clip(all), nil
}

// sorts are the columns that a list of accounts can be ordered by.
var sorts = map[string]string{"name": "sort_key", "login": "login", "created": "created_at"}
