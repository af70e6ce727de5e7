-- +goose Up
-- The job queue keeps its own tables (river_*); this number is reserved for
-- what motcua adds beside them. A fact is told to a subscriber once.
create table job_done (
	key text        primary key,
	at  timestamptz not null
);
