-- +goose Up
-- Ranges of texts mean ranges of bytes here, as in SQLite; a collation of some
-- language would put them in another order.
alter table dossier alter column code type text collate "C";

-- What a dossier is found by: the applicant's name and the summary, folded, once
-- from each word on.
create table dossier_phrase (
	phrase     text collate "C" not null,
	dossier_id text not null references dossier (id),
	primary key (phrase, dossier_id)
);
