-- +goose Up
-- The public keys that signed checkpoints of the log. A copy of the log carries
-- them; whoever verifies a copy compares them with those published.
create table event_key (
	public text        primary key,  -- as x/mod/sumdb/note writes verifier keys
	since  timestamptz not null
);
