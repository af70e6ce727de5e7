package notify

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/motcua/motcua/internal/db"
)

// The states of a delivery.
const (
	waiting       = "waiting"
	sent          = "sent"
	undeliverable = "undeliverable"
)

// insertNotice returns the new notice's id, or "" if the recipient was told
// before.
func insertNotice(ctx context.Context, q db.Querier, n Notice, now time.Time) (string, error) {
	args, err := json.Marshal(n.Args)
	if err != nil {
		return "", fmt.Errorf("notice of %s: %w", n.Fact, err)
	}
	id := db.NewID()
	res, err := q.ExecContext(ctx, `
		insert into notify_notice (id, recipient, fact, kind, args, link, at)
		values ($1, $2, $3, $4, $5, $6, $7)
		on conflict (recipient, fact, kind) do nothing`,
		id, n.To, n.Fact, n.Kind, string(args), n.Link, db.Instant(now))
	if err != nil {
		return "", fmt.Errorf("notice of %s: %w", n.Fact, err)
	}
	if rows, err := res.RowsAffected(); err != nil || rows == 0 {
		return "", err
	}
	return id, nil
}

func insertDelivery(ctx context.Context, q db.Querier, notice string) (string, error) {
	id := db.NewID()
	_, err := q.ExecContext(ctx, `
		insert into notify_delivery (id, notice_id, channel, state) values ($1, $2, 'email', 'waiting')`, id, notice)
	if err != nil {
		return "", fmt.Errorf("delivery of notice %s: %w", notice, err)
	}
	return id, nil
}

func getDelivery(ctx context.Context, q db.Querier, id string) (Item, Recipient, string, error) {
	var i Item
	var to Recipient
	var state, args string
	err := q.QueryRowContext(ctx, `
		select n.id, n.recipient, n.kind, n.args, n.link, n.at, d.state
		from notify_delivery d join notify_notice n on n.id = d.notice_id
		where d.id = $1`, id).
		Scan(&i.ID, &to, &i.Kind, &args, &i.Link, (*db.Instant)(&i.At), &state)
	if err == nil {
		err = json.Unmarshal([]byte(args), &i.Args)
	}
	if err != nil {
		return i, to, state, fmt.Errorf("get delivery %s: %w", id, err)
	}
	return i, to, state, nil
}

func settleDelivery(ctx context.Context, q db.Querier, id, state string, now time.Time) error {
	_, err := q.ExecContext(ctx, `
		update notify_delivery set state = $1, sent_at = $2 where id = $3 and state = 'waiting'`, state, db.Instant(now), id)
	if err != nil {
		return fmt.Errorf("settle delivery %s: %w", id, err)
	}
	return nil
}

// among returns "$n, $n+1, …" for the recipients and their arguments.
func among(recipients []Recipient, n int) (string, []any) {
	var marks []string
	var args []any
	for i, r := range recipients {
		marks = append(marks, fmt.Sprintf("$%d", n+i))
		args = append(args, r)
	}
	return strings.Join(marks, ", "), args
}

func listInbox(ctx context.Context, q db.Querier, of []Recipient, before string, limit int) ([]Item, error) {
	marks, args := among(of, 3)
	rows, err := q.QueryContext(ctx, `
		select id, kind, args, link, at, read_at
		from notify_notice
		where recipient in (`+marks+`)
		  and ($1 = '' or (at, id) < (select at, id from notify_notice where id = $1))
		order by at desc, id desc
		limit $2`, append([]any{before, limit}, args...)...)
	items, err := db.Rows(rows, err, func(rows *sql.Rows) (Item, error) {
		var i Item
		var args string
		if err := rows.Scan(&i.ID, &i.Kind, &args, &i.Link, (*db.Instant)(&i.At), (*db.Instant)(&i.ReadAt)); err != nil {
			return i, err
		}
		return i, json.Unmarshal([]byte(args), &i.Args)
	})
	if err != nil {
		return nil, fmt.Errorf("list inbox: %w", err)
	}
	return items, nil
}

func countUnread(ctx context.Context, q db.Querier, of []Recipient) (int, error) {
	marks, args := among(of, 1)
	var n int
	err := q.QueryRowContext(ctx, `
		select count(*) from (
			select 1 from notify_notice where recipient in (`+marks+`) and read_at is null limit 100
		) as unread`, args...).Scan(&n)
	if err != nil {
		return 0, fmt.Errorf("count unread: %w", err)
	}
	return n, nil
}

// markRead returns the notice's link, or "" if it is none of the recipients'.
func markRead(ctx context.Context, q db.Querier, of []Recipient, id string, now time.Time) (string, error) {
	marks, args := among(of, 2)
	var link string
	err := q.QueryRowContext(ctx, `
		select link from notify_notice where id = $1 and recipient in (`+marks+`)`, append([]any{id}, args...)...).Scan(&link)
	if errors.Is(err, sql.ErrNoRows) {
		return "", nil
	}
	if err == nil {
		_, err = q.ExecContext(ctx, `update notify_notice set read_at = $1 where id = $2 and read_at is null`, db.Instant(now), id)
	}
	if err != nil {
		return "", fmt.Errorf("read notice %s: %w", id, err)
	}
	return link, nil
}

func markAllRead(ctx context.Context, q db.Querier, of []Recipient, now time.Time) error {
	marks, args := among(of, 2)
	_, err := q.ExecContext(ctx, `
		update notify_notice set read_at = $1 where recipient in (`+marks+`) and read_at is null`, append([]any{db.Instant(now)}, args...)...)
	if err != nil {
		return fmt.Errorf("read inbox: %w", err)
	}
	return nil
}
