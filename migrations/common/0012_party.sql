-- +goose Up
-- A person or an organisation that dealings are with. All personal data of those
-- who file live here; other tables name them by id. Erasing a person blanks the
-- row and keeps the id.
create table party (
	id          text        primary key,
	kind        text        not null check (kind in ('person', 'organisation')),
	number_kind text        not null default '' check (number_kind in ('', 'cccd', 'cmnd', 'mst')),
	number      text        not null default '',     -- identity number, digits only; MST may end in -001
	name        text        not null,
	born        date,
	phone       text        not null default '',
	email       text        not null default '',
	address     text        not null default '',
	verified_at timestamptz,                          -- an official saw the number's document
	became      text        references party (id),    -- an unverified party that proved to be another
	erased_at   timestamptz,
	created_at  timestamptz not null,
	version     bigint      not null default 1
);

-- A number belongs to one party, once an official has seen it.
create unique index party_verified on party (number) where verified_at is not null and erased_at is null;
create index party_number on party (number) where number <> '';
create index party_became on party (became) where became is not null;
create index party_phone on party (phone) where phone <> '';

-- The folded words of a name, as bytes: compared alike on every store.
create table party_word (
	word     bytea not null,
	party_id text  not null references party (id),
	primary key (word, party_id)
);
create index party_word_party on party_word (party_id);

-- Who acts for whom, during a period.
create table party_representation (
	id           text        primary key,
	principal_id text        not null references party (id),
	agent_id     text        not null references party (id),
	kind         text        not null check (kind in ('legal', 'delegated')),
	valid_from   date        not null,
	valid_to     date,                               -- first day no longer; null while in force
	document     text        not null,               -- licence, certificate or power of attorney
	created_at   timestamptz not null,
	check (principal_id <> agent_id),
	check (valid_to >= valid_from)
);
create index party_representation_agent on party_representation (agent_id);
create index party_representation_principal on party_representation (principal_id);
