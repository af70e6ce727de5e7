-- +goose Up
create table event (id text primary key);
create table party (
	id         text primary key,
	dossier_id text not null references dossier (id)
);
create table dossier (
	id       text primary key,
	party_id text not null references party (id) -- an event references dossier
);
create table stray (id text primary key);
