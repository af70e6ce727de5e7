-- +goose Up
-- A version of the working calendar: days off, swapped days and the office hours
-- of units. Versions are never changed; a deadline says which one it was
-- counted with.
create table calendar (
	version  bigint      primary key,
	at       timestamptz not null,
	actor    text        not null,
	reason   text        not null,              -- the document that ordered the change
	document jsonb       not null
);
