-- +goose Up
-- What somebody was told, once for each fact. The text is made from the message
-- and its arguments when it is read, in the reader's language.
create table notify_notice (
	id         text        primary key,
	recipient  text        not null,              -- "party:<id>" or "account:<id>"
	fact       text        not null,              -- the event it tells of
	kind       text        not null,              -- message keys notify.<kind>.subject and .body
	args       jsonb       not null,              -- codes, names of agencies and officials, moments
	link       text        not null,              -- where to go, a path
	at         timestamptz not null,
	read_at    timestamptz,
	unique (recipient, fact, kind)
);

create index notify_notice_inbox on notify_notice (recipient, at desc, id desc);

-- One attempt to reach somebody by a channel other than the inbox.
create table notify_delivery (
	id        text        primary key,
	notice_id text        not null references notify_notice (id),
	channel   text        not null check (channel in ('email')),
	state     text        not null check (state in ('waiting', 'sent', 'undeliverable')),
	sent_at   timestamptz,
	unique (notice_id, channel)
);
