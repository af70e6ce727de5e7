-- +goose Up
-- A dossier is one application under one procedure version. The heavy columns
-- stand last, so that lists need not read them.
create table dossier (
	id                   text        primary key,
	version              bigint      not null,                  -- of what people act on
	revision             bigint      not null,                  -- of the row: guards every write
	code                 text        unique,                    -- mã hồ sơ; null until filed
	state                text        not null check (state in ('draft', 'filed', 'received', 'in_processing', 'waiting_supplement', 'waiting_payment', 'proposed', 'approved', 'signed', 'done', 'refused', 'returned', 'not_received', 'withdrawn', 'stopped')),
	open                 boolean     not null,                  -- filed and not yet decided
	money                text        not null check (money in ('none', 'quoted', 'due', 'paid', 'refunded')),
	delivery             text        not null check (delivery in ('pick_up', 'post', 'online')),
	sync                 text        not null check (sync in ('local', 'pending', 'synced')),
	authoritative_system text        not null,                  -- 'motcua', or the master system
	external_ref         text,                                  -- its code there
	procedure_id         text        not null,                  -- the version in force at filing
	procedure_code       text        not null,
	procedure_case       text        not null,
	channel              text        not null check (channel in ('online', 'counter', 'post', 'external')),
	assisted             boolean     not null,
	created_by           text        not null,                  -- account
	party                text        not null,                  -- the applicant
	applicant_kind       text        not null check (applicant_kind in ('individual', 'household', 'organisation')),
	applicant_name       text        not null,
	summary              text        not null,
	receiving_unit       text        not null,
	handling_unit        text        not null,
	deciding_unit        text        not null,
	unit                 text        not null,                  -- where it lies now
	assignee             text,                                  -- in whose hands; null: the unit's tray
	stage                bigint      not null,                  -- index in the stages of its case; -1 before reception
	pause                text        check (pause in ('consulting', 'suspended')),
	outcome              text        check (outcome in ('grant', 'refuse')),
	reason               text,
	article              text,
	number               text,                                  -- số, ký hiệu of the result
	charge               bigint      not null,                  -- đồng to be paid
	paid                 bigint      not null default 0,        -- đồng
	supplement_id        text,                                  -- the request proposed, or waited for
	rating               bigint      check (rating between 1 and 5),
	filing_key           text        unique,                    -- account and idempotency key
	filing_hash          text,
	secret_hash          text,                                  -- SHA-256 of the tracking secret
	started_at           timestamptz not null,
	filed_at             timestamptz,
	received_at          timestamptz,
	forward_by           timestamptz,
	due_at               timestamptz,                           -- projection of the events
	due_order            timestamptz not null,                  -- due_at, or the far end of time: what worklists sort by
	numbered_at          timestamptz,
	decided_at           timestamptz,
	handed_at            timestamptz,
	apology_drafted_at   timestamptz,
	apology_at           timestamptz,
	form_hash            text        not null,
	answers              jsonb       not null,
	quote                jsonb       not null,
	check ((state = 'draft') or filed_at is not null or state = 'withdrawn'),
	check ((authoritative_system = 'motcua') = (sync = 'local'))
);

-- What another system is the master of is here once.
create unique index dossier_external on dossier (authoritative_system, external_ref) where external_ref is not null;

create index dossier_by_due on dossier (due_order, id) where open;
create index dossier_by_unit on dossier (unit, due_order, id) where open;
create index dossier_by_assignee on dossier (assignee, due_order, id) where open and assignee is not null;
create index dossier_by_party on dossier (party, started_at, id);
create index dossier_by_creator on dossier (created_by, started_at, id);
create index dossier_by_filing on dossier (filed_at, id) where filed_at is not null;
create index dossier_by_state on dossier (state, filed_at, id) where filed_at is not null;
create index dossier_by_procedure on dossier (procedure_code, filed_at, id) where filed_at is not null;

-- Every unit that has, had or will have a part in a filed dossier: who may see
-- it among officials.
create table dossier_unit (
	dossier_id text        not null references dossier (id),
	unit       text        not null,
	filed_at   timestamptz not null,
	primary key (dossier_id, unit)
);

create index dossier_unit_newest on dossier_unit (unit, filed_at, dossier_id);

-- The last number of a series: of codes, per template and day; of issued papers,
-- per agency and year. It is taken in the transaction that uses it, so none is
-- lost and none is given twice.
create table dossier_series (
	series text   primary key,
	last   bigint not null
);

-- How the codes of a receiving unit are made, from a day on.
create table dossier_template (
	unit       text not null,
	valid_from date not null,
	template   text not null,                                   -- 000.00.12.H06-{yymmdd}-{nnnn}
	primary key (unit, valid_from)
);

-- Requests for papers.
create table dossier_supplement (
	id          text        primary key,
	dossier_id  text        not null references dossier (id),
	kind        text        not null check (kind in ('reception', 'appraisal', 'processing')),
	items       jsonb       not null,
	head_reason text        not null default '',
	proposed_by text        not null,
	proposed_at timestamptz not null,
	sent_at     timestamptz,
	answered_at timestamptz,
	dropped_at  timestamptz,
	check (answered_at is null or sent_at is not null)
);

create index dossier_supplement_dossier on dossier_supplement (dossier_id, proposed_at);

-- One of them at the most waits for an answer.
create unique index dossier_supplement_waiting on dossier_supplement (dossier_id) where sent_at is not null and answered_at is null;

-- Answers that a supplement replaced, under the version they were part of.
create table dossier_answer (
	dossier_id text   not null references dossier (id),
	version    bigint not null,
	answers    jsonb  not null,
	primary key (dossier_id, version)
);

-- What files came with a dossier; the bytes are in the blob store.
create table dossier_attachment (
	id            text        primary key,
	dossier_id    text        not null references dossier (id),
	component     text        not null,
	version       bigint      not null,
	replaces      text        references dossier_attachment (id),
	name          text        not null,
	type          text        not null,
	size          bigint      not null,
	sha256        text        not null,
	blob          text        not null,
	supplement_id text        references dossier_supplement (id),
	by_account    text        not null,
	at            timestamptz not null,
	removed_at    timestamptz
);

create index dossier_attachment_dossier on dossier_attachment (dossier_id, at);
create unique index dossier_attachment_replaced on dossier_attachment (replaces) where removed_at is null;

-- Free text that acts refer to by id, so that events need not hold it.
create table dossier_note (
	id         text        primary key,
	dossier_id text        not null references dossier (id),
	by_account text        not null,
	at         timestamptz not null,
	text       text        not null
);

create index dossier_note_dossier on dossier_note (dossier_id);

-- What the nightly comparison found: a due date that its events do not give.
create table dossier_due_fault (
	dossier_id text        not null references dossier (id),
	at         timestamptz not null,
	stored     timestamptz,
	counted    timestamptz,
	primary key (dossier_id, at)
);
