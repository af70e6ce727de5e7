-- +goose Up
-- What a dossier is found by: the applicant's name and the summary, folded, once
-- from each word on.
create table dossier_phrase (
	phrase     text not null,
	dossier_id text not null references dossier (id),
	primary key (phrase, dossier_id)
);
