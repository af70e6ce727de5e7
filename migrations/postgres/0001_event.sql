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
create function event_is_pending() returns trigger language plpgsql as $$
begin
	insert into event_pending (event_id) values (new.id);
	return new;
end
$$;
-- +goose StatementEnd
-- +goose StatementBegin
create function event_refuse() returns trigger language plpgsql as $$
begin
	raise exception 'events and the log of them only grow';
end
$$;
-- +goose StatementEnd

create trigger event_is_pending after insert on event for each row execute function event_is_pending();

create trigger event_only_grows before update or delete on event for each row execute function event_refuse();
create trigger event_never_emptied before truncate on event execute function event_refuse();
create trigger event_leaf_only_grows before update or delete on event_leaf for each row execute function event_refuse();
create trigger event_leaf_never_emptied before truncate on event_leaf execute function event_refuse();
create trigger event_hash_only_grows before update or delete on event_hash for each row execute function event_refuse();
create trigger event_hash_never_emptied before truncate on event_hash execute function event_refuse();
create trigger event_checkpoint_only_grows before update or delete on event_checkpoint for each row execute function event_refuse();
create trigger event_checkpoint_never_emptied before truncate on event_checkpoint execute function event_refuse();
