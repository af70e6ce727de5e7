-- +goose Up
-- Every lawful act is one row, written in the transaction that made it true.
-- Rows are never changed or removed; the triggers below refuse it.
create table event (
	id       text        primary key,           -- UUIDv7: sorts by time
	at       timestamptz not null,
	actor    text        not null,              -- account, or 'system'
	unit     text        not null default '',   -- unit the actor acted for; empty for a citizen
	subject  text        not null,              -- "dossier:<id>", "account:<id>", …
	kind     text        not null,              -- "dossier.filed", …: never renamed
	data     jsonb       not null,              -- references and codes; no personal data, no free text
	salt     bytea       not null               -- makes the public hash say nothing to who guesses
);

create index event_time on event (at, id);
create index event_subject on event (subject, at, id);
create index event_kind on event (kind, at, id);
create index event_actor on event (actor, at, id);

-- What the public log has not taken in yet. A trigger fills it, so that no event
-- can be forgotten.
create table event_pending (
	event_id text primary key references event (id)
);

-- The public log: which event is the leaf at each index, and the hashes of the
-- Merkle tree, those of the leaves included, numbered as in x/mod/sumdb/tlog.
create table event_leaf (
	idx      bigint primary key,
	event_id text   not null unique references event (id)
);
create table event_hash (
	idx  bigint primary key,
	hash bytea  not null
);

-- Signed statements of the log's size and root.
create table event_checkpoint (
	size bigint      primary key,
	at   timestamptz not null,
	note text        not null
);

-- +goose StatementBegin
create trigger event_is_pending after insert on event begin insert into event_pending (event_id) values (new.id); end;
-- +goose StatementEnd
-- +goose StatementBegin
create trigger event_no_update before update on event begin select raise(abort, 'events are never changed'); end;
-- +goose StatementEnd
-- +goose StatementBegin
create trigger event_no_delete before delete on event begin select raise(abort, 'events are never removed'); end;
-- +goose StatementEnd
-- +goose StatementBegin
create trigger event_leaf_no_update before update on event_leaf begin select raise(abort, 'the log only grows'); end;
-- +goose StatementEnd
-- +goose StatementBegin
create trigger event_leaf_no_delete before delete on event_leaf begin select raise(abort, 'the log only grows'); end;
-- +goose StatementEnd
-- +goose StatementBegin
create trigger event_hash_no_update before update on event_hash begin select raise(abort, 'the log only grows'); end;
-- +goose StatementEnd
-- +goose StatementBegin
create trigger event_hash_no_delete before delete on event_hash begin select raise(abort, 'the log only grows'); end;
-- +goose StatementEnd
-- +goose StatementBegin
create trigger event_checkpoint_no_update before update on event_checkpoint begin select raise(abort, 'what was signed stays'); end;
-- +goose StatementEnd
-- +goose StatementBegin
create trigger event_checkpoint_no_delete before delete on event_checkpoint begin select raise(abort, 'what was signed stays'); end;
-- +goose StatementEnd
