-- Dependencies that anybody has heard of lately, by name. $1 how many at most, $2 those behind this name.
select name, state, reprise.ms(updated_at) as updated_at, reprise.ms(now()) as now from reprise.dependency where name > $2 order by name limit $1
