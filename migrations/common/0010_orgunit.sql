-- +goose Up
-- A unit as it was during one period. Codes are used again with another meaning,
-- so a row is known by its code and the day it came into force, never by code
-- alone. A change closes a period and opens the next one.
create table orgunit (
	code       text   not null,
	valid_from date   not null,
	valid_to   date,                            -- first day no longer in force; null while it is
	kind       text   not null check (kind in ('province', 'district', 'commune', 'committee', 'department', 'division', 'land_office', 'branch', 'desk', 'agency')),
	parent     text   not null default '',      -- code of the unit above, as of the same day
	name       text   not null,
	name_en    text   not null default '',
	fold       text   not null,                 -- name and code without accents, for search
	sort_key   bytea  not null,                 -- Vietnamese order of the name
	document   text   not null default '',      -- decision that made it so
	primary key (code, valid_from),
	check (valid_to > valid_from)
);

create unique index orgunit_in_force on orgunit (code) where valid_to is null;
create index orgunit_children on orgunit (parent, sort_key);

-- What became of a unit: many to many, since units are merged and split.
create table orgunit_successor (
	code       text    not null,
	valid_from date    not null,
	next_code  text    not null,
	next_from  date    not null,
	whole      boolean not null,                -- false: only a part of it went there
	primary key (code, valid_from, next_code, next_from),
	foreign key (code, valid_from) references orgunit (code, valid_from),
	foreign key (next_code, next_from) references orgunit (code, valid_from)
);

create index orgunit_successor_next on orgunit_successor (next_code, next_from);
