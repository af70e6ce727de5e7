-- +goose Up
-- An account: somebody, or a partner's machine, that signs in.
create table identity_account (
	id           text        primary key,
	login        text        not null unique,       -- folded; "erased:<id>" once erased
	name         text        not null,
	fold         text        not null,              -- login and name without accents, for search
	sort_key     bytea       not null,              -- Vietnamese order of the name
	password     text        not null,              -- argon2id in PHC form; empty: cannot sign in
	must_change  boolean     not null default false, -- the password was given, not chosen
	party        text        not null default '',   -- the person or organisation it belongs to; empty for staff
	unit         text        not null default '',   -- home unit of staff
	locale       text        not null default '',
	state        text        not null check (state in ('active', 'disabled', 'erased')),
	totp_secret  text        not null default '',
	totp_at      timestamptz,                        -- when it was confirmed; null: not in use
	totp_step    bigint      not null default 0,     -- the last step used: a code serves once
	created_at   timestamptz not null,
	version      bigint      not null default 1      -- grows with every change, grants included
);
create index identity_account_name on identity_account (sort_key, id);
create index identity_account_party on identity_account (party) where party <> '';

-- Codes for who lost the telephone; each serves once.
create table identity_recovery (
	account text  not null references identity_account (id),
	hash    bytea not null,
	primary key (account, hash)
);

-- A browser that is signed in. The cookie holds the token, this its hash.
create table identity_session (
	hash       bytea       primary key,
	id         text        not null unique,
	account    text        not null references identity_account (id),
	needs      text        not null check (needs in ('', 'second_factor', 'password')),
	agent      text        not null,                 -- the browser, as it named itself
	created_at timestamptz not null,
	seen_at    timestamptz not null,
	expires_at timestamptz not null,
	revoked_at timestamptz
);
create index identity_session_account on identity_session (account, created_at);

-- A key of a machine. Its prefix is shown, the rest only once.
create table identity_token (
	id         text        primary key,
	hash       bytea       not null unique,
	prefix     text        not null,
	account    text        not null references identity_account (id),
	name       text        not null,
	scopes     jsonb       not null,
	created_at timestamptz not null,
	expires_at timestamptz not null,
	used_at    timestamptz,
	revoked_at timestamptz
);
create index identity_token_account on identity_token (account, created_at);

-- A role for a unit, perhaps with all below it, and for a period.
create table identity_grant (
	id           text        primary key,
	account      text        not null references identity_account (id),
	role         text        not null check (role in ('one_stop_officer', 'case_officer', 'unit_head', 'leader', 'records_officer', 'inspector', 'catalogue_editor', 'administrator', 'operator', 'integration')),
	unit         text        not null,                -- empty: the whole installation
	subtree      boolean     not null,
	valid_from   date        not null,
	valid_to     date,                                -- first day no longer in force
	mandate_from date,                                -- an inspector sees what happened from this day
	mandate_to   date,                                -- until before this one
	document     text        not null default '',     -- decision that grants it
	granted_by   text        not null,
	granted_at   timestamptz not null,
	check (valid_to >= valid_from),
	check (role <> 'inspector' or mandate_from is not null and mandate_to > mandate_from)
);
create index identity_grant_account on identity_grant (account);

-- Failed attempts, by the hash of what was typed, whether or not there is such
-- an account: both answer alike.
create table identity_failure (
	key   text        primary key,
	count bigint      not null,
	at    timestamptz not null
);
