-- A run with very many tasks takes longer to delete than any other statement may.
select set_config('statement_timeout', '10min', true)
