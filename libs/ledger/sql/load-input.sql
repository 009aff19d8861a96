-- A run's input. $1 run.
select input as text from reprise.run where id = $1
