-- +goose Up
-- What was answered to a write with an Idempotency-Key, to answer a repeated one
-- alike.
create table web_answer (
	key          text        primary key, -- account and key
	request      text        not null,    -- SHA-256 of method, address and body
	status       bigint      not null,
	content_type text        not null,
	location     text        not null,
	body         bytea       not null,
	at           timestamptz not null
);

create index web_answer_at on web_answer (at);
