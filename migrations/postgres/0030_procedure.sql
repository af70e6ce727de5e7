-- +goose Up
-- A version is what a procedure was during one period: never changed once
-- published, but for the day it ends. A correction that begins on the same day
-- has the next revision, and leaves the mistaken version an empty period.
--
-- A pair of files, since only PostgreSQL must be told to compare words byte by
-- byte, as SQLite does.
create table procedure_version (
	id           text        primary key,      -- code~valid_from.revision
	code         text        not null,
	valid_from   date        not null,
	valid_to     date,                         -- first day no longer in force; null while it is
	revision     bigint      not null check (revision >= 1),
	hash         text        not null,         -- SHA-256 of the definition's canonical JSON
	definition   jsonb       not null,
	field        text        not null,         -- code of the branch of administration
	sort_key     bytea       not null,         -- Vietnamese order of the plain name
	published_at timestamptz not null,
	published_by text        not null,
	unique (code, valid_from, revision),
	check (valid_to >= valid_from)
);

create unique index procedure_version_open on procedure_version (code) where valid_to is null;
create index procedure_version_order on procedure_version (sort_key, id);

-- The folded words that find a version, searched by prefix.
create table procedure_word (
	word       text collate "C" not null,
	version_id text not null references procedure_version (id),
	primary key (word, version_id)
);

-- What a list can be narrowed by: the units that take part, who may apply.
create table procedure_facet (
	facet      text not null check (facet in ('unit', 'applicant')),
	value      text not null,
	version_id text not null references procedure_version (id),
	primary key (facet, value, version_id)
);

-- The level of online service, which changes by decree within a version's life.
create table procedure_level (
	version_id text   not null references procedure_version (id),
	place      bigint not null,
	level      text   not null check (level in ('3', '4', 'partial', 'full')),
	valid_from date,
	valid_to   date,
	primary key (version_id, place)
);

-- One row: how often the catalogue has changed. Nodes compare it with what they
-- hold in memory.
create table procedure_catalogue (
	one     bigint primary key check (one = 1),
	edition bigint not null
);
insert into procedure_catalogue (one, edition) values (1, 0);
