-- Who owns a business key: asked by the key alone, whatever call or workflow it is of. Made beside the work (src/migrations/0024-keys.ts).
create index concurrently if not exists idempotency_by_key on reprise.idempotency (key);
