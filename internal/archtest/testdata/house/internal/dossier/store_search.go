package dossier

const also = `with e as (select id from event) select id from e`
